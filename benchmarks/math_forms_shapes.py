# ruff: noqa: E501 (one row per way to write an answer)
"""Random answers that are no single expression: lists, systems, cases, congruences, words, times.

As in `math_forms.py`: a reference, an equal form of it, and a near miss, known by construction.
"""

from __future__ import annotations

import random
from fractions import Fraction

from math_values import Triple, fraction_text, rational


def list_of(rng: random.Random) -> Triple:
    values = sorted({rational(rng) for _ in range(rng.randrange(2, 5))})
    values = [values[0] - 1, *values] if len(values) < 2 else values
    rng.shuffle(values)
    text = ", ".join(fraction_text(v, rng) for v in values)
    rng.shuffle(values)
    items = [fraction_text(v, rng) for v in values]
    equal = rng.choice([", ".join(items), " \\text{ and } ".join(items) if len(items) == 2 else ",".join(items),
                        " \\text{ or } ".join(f"x={item}" for item in items), f"\\{{{', '.join(items)}\\}}"])  # fmt: skip
    wrong = rng.choice([", ".join(items[:-1]), ", ".join([*items, items[0]]), f"({', '.join(items)})",
                        ", ".join([*items[:-1], fraction_text(max(values) + 1, rng)])])  # fmt: skip
    return text, equal, wrong


def system(rng: random.Random) -> Triple:
    names = rng.choice(["xy", "xyz", "ab", "mn"])
    values = [rational(rng) for _ in names]
    pairs = [f"{n}={fraction_text(v, rng)}" for n, v in zip(names, values, strict=True)]
    text = ", ".join(pairs)
    again = [f"{n} = {fraction_text(v, rng)}" for n, v in zip(names, values, strict=True)]
    bare = ", ".join(fraction_text(v, rng) for v in values)
    equal = rng.choice([
        ", ".join(reversed(again)), f"({bare})", f"({', '.join(names)}) = ({bare})", " \\text{ and } ".join(again),
        "\\begin{cases} " + " \\\\ ".join(again) + " \\end{cases}",
        "\\begin{aligned} " + " \\\\ ".join(p.replace("=", "&=") for p in again) + " \\end{aligned}",
    ])  # fmt: skip
    changed = list(values)
    changed[rng.randrange(len(changed))] += rng.choice([1, -1])
    swapped = [changed[-1], *changed[1:-1], changed[0]] if values[0] != values[-1] else changed
    other = rng.choice([changed, swapped])
    if other == values:
        other = changed
    wrong = ", ".join(f"{n}={fraction_text(v, rng)}" for n, v in zip(names, other, strict=True))
    return text, equal, rng.choice([wrong, ", ".join(pairs[:-1])])


def union(rng: random.Random) -> Triple:
    a = rng.randrange(-20, 10)
    b, c = a + rng.randrange(1, 9), a + rng.randrange(10, 20)
    text = f"(-\\infty, {a}) \\cup [{b}, {c})"
    equal = rng.choice([
        f"[{b},{c}) \\cup (-\\infty,{a})", f"x < {a} \\text{{ or }} {b} \\le x < {c}",
        f"(-\\infty, {a}) \\cup [{b}, {b + 1}] \\cup ({b},{c})", f"\\{{x \\mid x<{a} \\text{{ or }} {b} \\le x<{c}\\}}",
        f"]-\\infty, {a}[ \\cup [{b}, {c}[", f"(-\\infty, {a}) \\text{{ or }} [{b}, {c})",
    ])  # fmt: skip
    wrong = rng.choice([
        f"(-\\infty, {a}] \\cup [{b}, {c})", f"(-\\infty, {a}) \\cup ({b}, {c})", f"(-\\infty, {c})",
        f"(-\\infty, {a}) \\cap [{b}, {c})", f"]-\\infty, {a}[ \\cup ]{b}, {c}[", f"(-\\infty, {a}) \\cup [{b}, {c + 1})",
    ])  # fmt: skip
    return text, equal, wrong


def absolute(rng: random.Random) -> Triple:
    centre, width = rng.randrange(-20, 21), rng.randrange(1, 15)
    inner = f"x-{centre}" if centre > 0 else f"x+{-centre}" if centre else "x"
    low, high = centre - width, centre + width
    if rng.random() < 0.5:
        return (f"|{inner}| < {width}", rng.choice([f"({low}, {high})", f"{low} < x < {high}"]),
                rng.choice([f"[{low}, {high})", f"{low} < x < {high + 1}", f"x < {high}", f"({low}, {high}]"]))  # fmt: skip
    return (f"\\left|{inner}\\right| \\ge {width}", f"x \\le {low} \\text{{ or }} x \\ge {high}",
            rng.choice([f"x < {low} \\text{{ or }} x \\ge {high}", f"[{low}, {high}]", f"x \\ge {high}"]))  # fmt: skip


def congruence(rng: random.Random) -> Triple:
    modulus = rng.randrange(3, 40)
    r = rng.randrange(modulus)
    shifted = r + modulus * rng.randrange(-4, 5)
    text = f"x \\equiv {r} \\pmod{{{modulus}}}"
    equal = rng.choice([f"x\\equiv {shifted}\\pmod{{{modulus}}}", f"x \\equiv {r} \\ (\\text{{mod }} {modulus})",
                        f"{r} \\pmod{{{modulus}}}", f"x ≡ {shifted} (mod {modulus})"])  # fmt: skip
    wrong = rng.choice([f"x \\equiv {r + 1} \\pmod{{{modulus}}}", f"x \\equiv {r} \\pmod{{{modulus + 1}}}",
                        f"y \\equiv {r} \\pmod{{{modulus}}}", f"x = {r}"])  # fmt: skip
    return text, equal, wrong


def cases(rng: random.Random) -> Triple:
    a, b, c = rng.randrange(-9, 10), rng.randrange(-9, 10), rng.randrange(1, 10)
    first, second = f"{c}x+{a}" if a >= 0 else f"{c}x-{-a}", f"x^2+{c}"

    def write(rows: list[tuple[str, str]], style: int) -> str:
        glue = [" & ", " & \\text{if } ", ", & "][style]
        return "\\begin{cases} " + " \\\\ ".join(v + glue + w for v, w in rows) + " \\end{cases}"

    rows = [(first, f"x < {b}"), (second, f"x \\ge {b}")]
    equal = rng.choice([rows[::-1], [(f"{c}(x+\\frac{{{a}}}{{{c}}})", f"{b} > x"), rows[1]],
                        [rows[0], (second, "\\text{otherwise}")]])  # fmt: skip
    wrong = rng.choice([[(first, f"x \\le {b}"), (second, f"x > {b}")], [(second, f"x < {b}"), (first, f"x \\ge {b}")],
                        [(first, f"x < {b + 1}"), (second, f"x \\ge {b + 1}")], [(f"{first}+1", f"x < {b}"), rows[1]]])  # fmt: skip
    style = rng.randrange(3)
    if any("otherwise" in w for _, w in equal):
        return write(rows, 0), write(equal, 0), write(wrong, style)
    return write(rows, 0), write(equal, style), write(wrong, style)


def determinant(rng: random.Random) -> Triple:
    a, b, c, d = (rng.randrange(-12, 13) for _ in range(4))
    value = a * d - b * c
    text = rng.choice([f"\\begin{{vmatrix}} {a} & {b} \\\\ {c} & {d} \\end{{vmatrix}}",
                       f"\\det\\begin{{pmatrix}} {a} & {b} \\\\ {c} & {d} \\end{{pmatrix}}",
                       f"\\begin{{vmatrix}} {a} & {b} & 0 \\\\ {c} & {d} & 0 \\\\ 7 & 5 & 1 \\end{{vmatrix}}"])  # fmt: skip
    return (
        text,
        str(value),
        str(value + rng.choice([1, -1]) if not value or rng.random() < 0.5 else -value),
    )


def sequence(rng: random.Random) -> Triple:
    start, step, count = rng.randrange(-9, 30), rng.randrange(1, 9), rng.randrange(4, 12)
    terms = [start + step * k for k in range(count)]
    text = f"\\{{{terms[0]}, {terms[1]}, \\ldots, {terms[-1]}\\}}"
    equal = rng.choice(
        [
            f"\\{{{', '.join(map(str, terms))}\\}}",
            f"\\{{{terms[0]}, {terms[1]}, {terms[2]}, \\dots, {terms[-1]}\\}}",
        ]
    )
    wrong = rng.choice([f"\\{{{', '.join(map(str, terms[:-1]))}\\}}", f"\\{{{terms[0]}, {terms[1]}, \\ldots, {terms[-1] + step}\\}}",
                        f"\\{{{terms[0]}, {terms[1]}, {terms[-1]}\\}}", f"({', '.join(map(str, terms))})"])  # fmt: skip
    return text, equal, wrong


def vector(rng: random.Random) -> Triple:
    values = [rng.randrange(-30, 31) for _ in range(rng.randrange(2, 4))]
    bare = ",".join(map(str, values))
    text = f"\\langle {bare} \\rangle"
    axes = "+".join(f"({v})\\mathbf{{{axis}}}" for v, axis in zip(values, "ijk", strict=False))
    equal = rng.choice([f"({bare})", "\\begin{pmatrix} " + " \\\\ ".join(map(str, values)) + " \\end{pmatrix}", axes,
                        f"\\vec{{v}} = \\langle {bare}\\rangle"])  # fmt: skip
    changed = list(values)
    changed[rng.randrange(len(changed))] += 1
    reverse = values[::-1] if values != values[::-1] else changed
    other = ",".join(map(str, rng.choice([changed, reverse])))
    return text, equal, rng.choice([f"\\langle {other}\\rangle", f"({bare},0)", f"\\{{{bare}\\}}"])


def ratio(rng: random.Random) -> Triple:
    a, b, k = rng.randrange(25, 90), rng.randrange(1, 90), rng.randrange(2, 9)  # no time of day
    equal = rng.choice(
        [f"{k * a}:{k * b}", f"{a} \\text{{ to }} {b}", f"\\frac{{{a}}}{{{b}}}", f"{a} : {b}"]
    )
    wrong = rng.choice(
        [f"{b}:{a}" if a != b else f"{a}:{b + 1}", f"{a + 1}:{b}", f"{a}:{b}:1", str(a)]
    )
    if wrong == str(a) and b == 1:
        wrong = f"{a + 1}:{b}"
    return f"{a}:{b}", equal, wrong


def time_of_day(rng: random.Random) -> Triple:
    hour, minute, half = rng.randrange(1, 12), rng.randrange(60), rng.choice("ap")
    text = f"{hour}:{minute:02d} \\text{{ {half.upper()}M}}"
    full = hour + 12 * (half == "p")
    equal = rng.choice([f"{hour}:{minute:02d} \\text{{ {half}.m.}}", f"\\text{{{hour}:{minute:02d}{half}m}}",
                        f"{full}:{minute:02d}" if half == "p" else f"{hour}:{minute:02d} \\text{{ am}}"])  # fmt: skip
    other = "a" if half == "p" else "p"
    wrong = rng.choice([f"{hour}:{minute:02d} \\text{{ {other.upper()}M}}", f"{hour + 1}:{minute:02d} \\text{{ {half.upper()}M}}",
                        f"{hour}:{(minute + 1) % 60:02d} \\text{{ {half.upper()}M}}"])  # fmt: skip
    return text, equal, wrong


def choice(rng: random.Random) -> Triple:
    letter = rng.choice("ABCDE")
    other = rng.choice([c for c in "ABCDE" if c != letter])
    text = rng.choice([letter, f"({letter})", f"\\text{{({letter})}}"])
    equal = rng.choice(
        [
            f"({letter})",
            f"\\textbf{{({letter})}}\\ {rng.randrange(99)}",
            f"\\text{{{letter}}}",
            f"{letter}) 17",
        ]
    )
    return (
        text,
        equal,
        rng.choice(
            [
                f"({other})",
                f"{letter} \\text{{ or }} {other}",
                f"\\textbf{{({other})}}\\ 17",
                f"({letter}), ({other})",
            ]
        ),
    )


def words(rng: random.Random) -> Triple:
    pool = [
        "red",
        "blue",
        "isosceles",
        "parallelogram",
        "Tuesday",
        "odd",
        "even",
        "Alice",
        "ellipse",
        "obtuse",
    ]
    word, other = rng.sample(pool, 2)
    equal = rng.choice(
        [
            f"\\text{{{word}}}",
            f"\\textbf{{{word.upper()}}}",
            f"\\text{{ {word}. }}",
            word.capitalize(),
        ]
    )
    return (
        word,
        equal,
        rng.choice(
            [
                f"\\text{{{other}}}",
                f"\\text{{not {word}}}",
                f"\\text{{{word} or {other}}}",
                f"\\text{{{word}, {other}}}",
            ]
        ),
    )


def atom(rng: random.Random) -> Triple:
    group = [
        (["\\infty", "+\\infty", "\\text{infinity}", "∞"], ["-\\infty", "10^{99}", "\\text{DNE}", "0"]),
        (["-\\infty", "\\text{negative infinity}", "-∞"], ["\\infty", "-10^{99}", "\\text{undefined}"]),
        (["\\text{DNE}", "\\text{does not exist}", "\\text{The limit does not exist}"], ["0", "\\infty", "\\text{exists}"]),
        (["\\text{no solution}", "\\emptyset", "\\{\\}", "\\text{No solutions}"], ["0", "\\{0\\}", "\\text{one solution}"]),
        (["\\text{infinitely many}", "\\text{infinitely many solutions}"], ["\\infty", "\\text{no solution}", "2"]),
        (["\\mathbb{R}", "(-\\infty, \\infty)", "\\text{all real numbers}"], ["\\mathbb{Z}", "(0, \\infty)", "\\emptyset"]),
    ]  # fmt: skip
    same, near = rng.choice(group)
    return rng.choice(same), rng.choice(same), rng.choice(near)


_ONES = ["", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
         "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]  # fmt: skip
_TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def _spell(n: int) -> str:
    if n < 20:
        return _ONES[n]
    if n < 100:
        return _TENS[n // 10] + ("-" + _ONES[n % 10] if n % 10 else "")
    if n < 1000:
        return _ONES[n // 100] + " hundred" + (f" and {_spell(n % 100)}" if n % 100 else "")
    return _spell(n // 1000) + " thousand" + (f" {_spell(n % 1000)}" if n % 1000 else "")


def spelled(rng: random.Random) -> Triple:
    n = rng.randrange(1, 10 ** rng.randrange(1, 6))
    wrong = _spell(rng.choice([n + 1, n * 10, n + 100]) if n > 1 else 2)
    return str(n), f"\\text{{{_spell(n)}}}", f"\\text{{{wrong}}}"


def labelled(rng: random.Random) -> Triple:
    value = abs(rational(rng)) or Fraction(1)
    label = rng.choice(["P(A \\cap B)", "P(X=2)", "\\Pr(X > 1)", "f(3)", "f'(2)", "\\det A", "\\lim_{x \\to 2} f(x)", "P(A|B)",
                        "\\mathbb{E}[X]", "\\frac{dy}{dx}", "g^{-1}(4)"])  # fmt: skip
    plain, other = fraction_text(value, rng), fraction_text(value + 1, rng)
    text = rng.choice([plain, f"{label} = {plain}"])
    wrong = [f"{label} = {other}", other] + ([f"P(Y=9) = {plain}"] if "=" in text else [])
    return (
        text,
        rng.choice([f"{label} = {fraction_text(value, rng)}", fraction_text(value, rng)]),
        rng.choice(wrong),
    )


SHAPES = (
    list_of, system, union, absolute, congruence, cases, determinant, sequence, vector, ratio, time_of_day, choice, words, atom,
    spelled, labelled,
)  # fmt: skip
