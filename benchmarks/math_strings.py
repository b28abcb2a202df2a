# ruff: noqa: E501, RUF001, RUF005 (one row per way to be hostile, with confusable signs)
"""Hostile and broken answers for the fuzz run: grammar, mutation, bombs, signs, injections."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

CANARY = Path("/tmp/verigrad-canary")
_LEAVES = ["0", "1", "2", "7", "10", "99", "0.5", "1.25", "x", "y", "n", "e", "i", "\\pi", "\\infty",
           "\\theta", "1,234", "12345678901234567890", "0.\\overline{3}", "\\frac12", "-3"]  # fmt: skip
_FUNCTIONS = [
    "\\sin",
    "\\cos",
    "\\tan",
    "\\ln",
    "\\log",
    "\\exp",
    "\\arctan",
    "\\arcsin",
    "\\sqrt",
    "\\log_2",
]
_ALPHABET = list("0123456789+-*/^_=<>(){}[]|!,;:%&'.~$\\ xyabei") + [
    "\\frac", "\\sqrt", "\\left(", "\\right)", "\\{", "\\}", "\\cup", "\\pm", "\\text{", "\\boxed{", "\\begin{pmatrix}",
    "\\end{pmatrix}", "\\\\", "\\sum_{n=1}^{9}", "\\int_0^1", " dx", "\\binom", "^{", "_{", "\\infty", "\\in", "\\le",
    "\\pi", "and", "or", "not", "cm", "\\%", "^\\circ", "**", "\\over", "\\choose",
]  # fmt: skip
_SIGNS = ["\x00", "\u200b", "\u200e", "\u202e", "\u2066", "\ufeff", "\u0305", "²", "½", "٣", "４", "−", "√", "\ud800", "🙂",
          "\x1b[31m", "\r", "\u2028", "∞", "π", "Ⅷ", "①", "𝟗", "\u0000\u0000"]  # fmt: skip


def expression(rng: random.Random, depth: int = 4) -> str:
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(_LEAVES)
    a, b = expression(rng, depth - 1), expression(rng, depth - 1)
    return rng.choice([
        f"{a}+{b}", f"{a}-{b}", f"{a}\\cdot {b}", f"\\frac{{{a}}}{{{b}}}", f"({a})^{{{b}}}", f"\\sqrt{{{a}}}",
        f"\\sqrt[3]{{{a}}}", f"{rng.choice(_FUNCTIONS)}({a})", f"|{a}|", f"({a})!", f"\\binom{{{a}}}{{{b}}}",
        f"({a}, {b})", f"\\{{{a}, {b}\\}}", f"[{a}, {b})", f"{a} = {b}", f"{a} < {b}", f"{a}, {b}", f"{a} \\pm {b}",
        f"\\sum_{{n=1}}^{{{a}}} {b}", f"\\int_0^{{{a}}} {b} dx", f"{a}/({b})", f"({a})({b})", f"{a}\\%", f"{a}^\\circ",
        f"\\begin{{pmatrix}} {a} & {b} \\end{{pmatrix}}", f"{a} \\cup {b}", f"{a} \\text{{ cm}}", f"{a}:{b}",
        f"\\lfloor {a} \\rfloor", f"\\max({a}, {b})", f"\\prod_{{k=1}}^{{9}} ({a})", f"\\gcd({a},{b})",
        f"{a} \\equiv {b} \\pmod{{7}}", f"{a} \\bmod {b}", f"\\begin{{cases}} {a} & x>0 \\\\ {b} & \\text{{otherwise}} \\end{{cases}}",
        f"\\det\\begin{{pmatrix}} {a} & {b} \\\\ {b} & {a} \\end{{pmatrix}}", f"\\begin{{pmatrix}} {a} & 1 \\\\ 0 & {b} \\end{{pmatrix}}^{{3}}",
        f"\\{{{a}, {b}, \\ldots, 99\\}}", f"P(A)={a}", f"f({a})={b}", f"({a})\\mathbf{{i}}+({b})\\mathbf{{j}}", f"]{a}, {b}[",
        f"{a}!!", f"C({a},{b})", f"\\overline{{{a}+i}}", f"{a}^{{th}}", f"{a}^\\circ 15' 30''", f"\\$3\\frac{{{a}}}{{{b}}}",
        f"{a} \\frac{{\\text{{m}}}}{{\\text{{s}}^2}}", f"|{a}| < {b}", f"{a} \\approx {b}", f"{a} \\text{{ min}} 5 \\text{{ sec}}",
        f"\\begin{{aligned}} x&={a} \\\\ y&={b} \\end{{aligned}}", f"\\log_57({a})", f"cis({a})",
    ])  # fmt: skip


def soup(rng: random.Random) -> str:
    return "".join(rng.choice(_ALPHABET) for _ in range(rng.randrange(1, 80)))


def nested(rng: random.Random) -> str:
    n = rng.choice([3, 10, 30, 45, 60, 300, 2000, 100_000 if rng.random() < 0.01 else 900])
    opener, closer = rng.choice([
        ("(", ")"), ("{", "}"), ("[", "]"), ("|", "|"), ("\\{", "\\}"), ("\\frac{1}{", "}"), ("\\sqrt{", "}"), ("2^{", "}"),
        ("\\text{", "}"), ("\\left(", "\\right)"), ("\\boxed{", "}"), ("((", "))"), ("-", ""), ("1+", ""), ("2\\frac{1}{", "}"),
        ("\\sin ", ""), ("\\begin{pmatrix}", "\\end{pmatrix}"), ("\\sum_{n=1}^{", "} n"), ("\\log_{", "} 3"), ("1/(1+", ")"),
        ("x^{y^{", "}}"), ("\\pm ", ""), ("\\{x|", "\\}"), ("$", "$"), ("\\sqrt[3]{1+", "}"), ("\\sin(", ")"), ("e^{", "}"),
        ("\\ln(1+", ")"), ("|1-", "|"), ("C(", ",1)"), ("f(", ")=1"), ("P(", ")=1"), ("\\overline{i", "}"), ("]", "["),
        ("\\begin{vmatrix}1&2\\\\3&", "\\end{vmatrix}"), ("\\begin{cases}1&x>0\\\\", "&x<0\\end{cases}"), ("\\$1\\frac{1}{", "}"),
        ("\\frac{\\text{m}}{", "}"), ("\\log_{10", "}"), ("<1,", ">"), ("\\{1,\\ldots,", "\\}"), ("1!", "!"), ("3^{th", "}"), ("(x+", ")(x-1)"), ("(1+", ")^2"), ("\\arctan(", ")"), ("3!", "!"), ("\\lfloor ", "\\rfloor"),
    ])  # fmt: skip
    return opener * n + "1" + closer * rng.choice([n, n, n - 1, 0])


def bomb(rng: random.Random) -> str:
    a, b = rng.randrange(2, 10**6), rng.randrange(2, 99)
    return rng.choice([
        f"{b}^{{{b}^{{{b}^{{{b}}}}}}}", f"{a}**{a}**{a}", f"(((({b}!)!)!)!)!", f"{a}!", f"10^{{10^{{{b}}}}}", f"2^{{{a}}}",
        f"(x+y+z+{b})^{{{a}}}", f"(x+1)^{{{a}}}", f"(1+\\sqrt{{2}}+\\sqrt{{3}}+\\sqrt{{5}}+\\sqrt{{7}})^{{{b}}}",
        f"\\sum_{{n=1}}^{{{a}}} \\frac{{1}}{{n}}", f"\\prod_{{n=1}}^{{{a}}} n", f"\\binom{{{a}}}{{{a // 2}}}", f"e^{{e^{{e^{{{b}}}}}}}",
        f"\\sin({a}^{{{a}}})", f"\\sqrt[{b}]{{{a}^{{{b}}}+1}}", f"1e{a}", f"1e-{a}", "9" * rng.randrange(1, 5000),
        f"\\cos({b}^\\circ)^{{{a}}}", f"\\ln({a}!)", f"({b}+i)^{{{a}}}", f"\\frac{{1}}{{{a}!}}", f"0.{'3' * rng.randrange(1, 4000)}",
        "+".join(f"\\sqrt{{{p}}}" for p in range(2, b)), "*".join(f"(x+{p})" for p in range(b)),
        ",".join(f"\\sqrt{{{p}}}" for p in range(b)), "\\{" + ",".join(f"x+{p}" for p in range(b * 3)) + "\\}",
        "+".join(f"\\sin({p}x)" for p in range(b)), "\\sum_{n=1}^{999} \\sqrt{n}", "+".join(["x"] * rng.randrange(1, 6000)),
        "\\sum_{n=1}^{999} \\frac{x^n}{n}", f"|{'+'.join(f'{p}i^{p}' for p in range(b))}|", f"\\arcsin({a}/{a + 1})",
        "\\sum_{n=1}^{900} \\sum_{m=1}^{900} nm", f"\\int_0^1 (x+1)^{{{a}}} dx", f"\\gcd({a}!,{b}!)", "-" * rng.randrange(9000) + "1",
        "/".join(str(p) for p in range(1, b * 9)), " ".join(["\\pm 1"] * b), f"(\\sqrt{{x+1}}+\\sqrt{{x+2}}+\\sqrt{{x+3}})^{{{b}}}",
        " \\cup ".join(f"({p},{p + 1})" for p in range(b)), f"{a}^{{{a}/{b}}}", f"(e^x+e^{{-x}}+1)^{{{b}}}", f"x^{{{a}}} \\cdot y^{{-{a}}}",
        f"\\frac{{\\sin({a})}}{{{b}}}^{{{a}}}", "(" + "+".join(f"x_{{{p}}}" for p in range(b)) + f")^{{{b}}}",
        "(" * b + "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}" + ")^3" * b, "\\begin{pmatrix}1&x\\\\3&4\\end{pmatrix}" * b,
        "\\begin{vmatrix}" + " \\\\ ".join(" & ".join(f"x+{p * q}" for q in range(b % 7 + 1)) for p in range(b % 7 + 1)) + "\\end{vmatrix}",
        "P(A)=1," * b * 20, f"\\{{1,2,\\ldots,{a}\\}}", f"x \\equiv {a}^{{{a}}} \\pmod{{{a}!}}", " hundred".join(["one"] * b * 9), f"{a}!!",
        f"{a}" + "!" * b, "\\lim" * b * 20 + "=1", f"\\overline{{({b}+i)^{{{a}}}}}", "1\\text{ ft}" * b, "'" * b + "5", "5" + "'" * b,
        f"\\sqrt{{{'9' * rng.randrange(1, 999)}}}", f"\\ln {'7' * rng.randrange(1, 999)}",
    ])  # fmt: skip


def injection(rng: random.Random) -> str:
    path = CANARY / f"fuzz{rng.randrange(10**9)}"
    return rng.choice([
        f"__import__('os').system('touch {path}')", f"[__import__('os').system('touch {path}'),1]", f"eval(\"open('{path}','w')\")",
        f"exec(\"open('{path}','w')\")", f"\\write18{{touch {path}}}", f"\\input{{{path}}}", f"`touch {path}`", f"$(touch {path})",
        f"(lambda: open('{path}','w'))()", f"().__class__.__base__.__subclasses__() #{path}", f"sympify(\"open('{path}','w')\")",
        f"{{{{config.__class__}}}}{path}", f"1;import os;os.system('touch {path}')", f"pi+__import__('pathlib').Path('{path}').touch()",
    ])  # fmt: skip


def signs(rng: random.Random, seeds: list[str]) -> str:
    text = list(rng.choice(seeds)[:200])
    for _ in range(rng.randrange(1, 6)):
        text.insert(rng.randrange(len(text) + 1), rng.choice(_SIGNS))
    return "".join(text)


def mutated(rng: random.Random, seeds: list[str]) -> str:
    text = list(rng.choice(seeds)[:400])
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(text) + 1)
        match rng.randrange(4):
            case 0:
                del text[at : at + rng.randrange(1, 4)]
            case 1:
                text.insert(at, rng.choice(_ALPHABET))
            case 2:
                text[at:at] = text[at : at + rng.randrange(1, 12)] * rng.randrange(1, 5)
            case _:
                text[at : at + 1] = rng.choice(_ALPHABET)
    return "".join(text)


def real_answers() -> list[str]:
    """References and responses of this repository's own cases."""
    folder = Path(__file__).parents[1] / "tests" / "cases" / "math"
    rows = [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    return [row[key] for row in rows for key in ("reference", "response") if row[key]]


def strings(seed: object) -> Callable[[], tuple[str, str]]:
    """A source of (kind, answer)."""
    rng = random.Random(str(seed))
    seeds = real_answers()
    kinds: list[tuple[str, Callable[[], str], int]] = [
        ("grammar", lambda: expression(rng, rng.randrange(1, 6)), 30), ("mutated", lambda: mutated(rng, seeds), 30),
        ("soup", lambda: soup(rng), 15), ("signs", lambda: signs(rng, seeds), 10), ("bomb", lambda: bomb(rng), 8),
        ("nested", lambda: nested(rng), 5), ("injection", lambda: injection(rng), 2),
    ]  # fmt: skip
    weights = [weight for _, _, weight in kinds]

    def draw() -> tuple[str, str]:
        name, make, _ = rng.choices(kinds, weights)[0]
        return name, make()

    return draw
