# ruff: noqa: E501 (one row per way to write an answer)
"""Random answers of one type each: a reference, an equal form of it, and a near miss.

Every generator knows by construction that its second text equals its first and that its third
does not: it changes the form (order, expansion, factors, LaTeX or plain, decimal or fraction), or
the value by the least that people and models get wrong (one off, a sign, two swapped, an open
for a closed end, the last digit, a power of ten).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from fractions import Fraction

from math_forms_shapes import SHAPES
from math_values import Triple, fraction_text, rational


def integer(rng: random.Random) -> Triple:
    n = rng.randrange(-(10 ** rng.randrange(1, 25)), 10 ** rng.randrange(1, 25))
    equal = rng.choice([f"{n:,}", f"{n}.0", f"{n:,}".replace(",", "{,}"), f" {n} ", f"{n:+d}",
                        f"{n - 7} + 7", f"\\frac{{{3 * n}}}{{3}}"])  # fmt: skip
    wrong = rng.choice([n + 1, n - 1, -n if n else 1, n * 10 or 1])
    return str(n), equal, str(wrong)


def decimal(rng: random.Random) -> Triple:
    places = rng.randrange(1, 8)
    n = rng.randrange(1, 10**places * 100)
    value = Fraction(n, 10**places)
    text = f"{n // 10**places}.{n % 10**places:0{places}d}"
    equal = rng.choice([text + "0", fraction_text(value, rng), text.removeprefix("0"), f"+{text}"])
    wrong = rng.choice([n + 1, n * 10, -n])
    sign, wrong = ("-", -wrong) if wrong < 0 else ("", wrong)
    return text, equal, f"{sign}{wrong // 10**places}.{wrong % 10**places:0{places}d}"


def fraction(rng: random.Random) -> Triple:
    value = rational(rng)
    other = rng.choice([value + Fraction(1, value.denominator), -value or Fraction(1),
                        1 / value if value not in (0, 1, -1) else value + 1, value * 10 or Fraction(1)])  # fmt: skip
    return fraction_text(value, rng), fraction_text(value, rng), fraction_text(other, rng)


def mixed_number(rng: random.Random) -> Triple:
    whole, b = rng.randrange(1, 40), rng.randrange(2, 30)
    a = rng.randrange(1, b)
    value = whole + Fraction(a, b)
    text = f"{whole}\\frac{{{a}}}{{{b}}}"
    equal = rng.choice(
        [fraction_text(value, rng), f"{whole} {a}/{b}", f"{whole}+\\frac{{{a}}}{{{b}}}"]
    )
    wrong = rng.choice([fraction_text(whole * Fraction(a, b) if whole * Fraction(a, b) != value else value + 1, rng),
                        f"{whole + 1}\\frac{{{a}}}{{{b}}}"])  # fmt: skip
    return text, equal, wrong


def percent(rng: random.Random) -> Triple:
    n = rng.randrange(1, 2000)
    value = Fraction(n, 1000)
    text = f"{n // 10}.{n % 10}\\%" if n % 10 else f"{n // 10}\\%"
    equal = rng.choice(
        [
            fraction_text(value, rng),
            text.replace("\\%", "%"),
            text.replace("\\%", " \\text{ percent}"),
        ]
    )
    wrong = rng.choice([f"{n}\\%", f"{Fraction(n, 10)}", fraction_text(value / 10, rng)])
    return text, equal, wrong


def scientific(rng: random.Random) -> Triple:
    n, power = rng.randrange(11, 999), rng.randrange(-20, 20)
    mantissa = f"{n // 100}.{n % 100:02d}"
    text = f"{mantissa} \\times 10^{{{power}}}"
    equal = rng.choice([f"{mantissa}e{power}", f"{n} \\times 10^{{{power - 2}}}", f"{mantissa}*10^({power})",
                        f"{mantissa}\\cdot 10^{{{power}}}"])  # fmt: skip
    wrong = rng.choice([f"{mantissa} \\times 10^{{{power + 1}}}", f"-{mantissa} \\times 10^{{{power}}}",
                        f"{n + 1} \\times 10^{{{power - 2}}}"])  # fmt: skip
    return text, equal, wrong


def repeating(rng: random.Random) -> Triple:
    fixed = "".join(rng.choice("0123456789") for _ in range(rng.randrange(3)))
    period = "".join(rng.choice("0123456789") for _ in range(rng.randrange(1, 5)))
    value = Fraction(
        int(fixed + period) - int(fixed or 0), 10 ** len(fixed) * (10 ** len(period) - 1)
    )
    text = f"0.{fixed}\\overline{{{period}}}"
    digit = str((int(period[-1]) + 1) % 10)
    changed = f"0.{fixed}\\overline{{{period[:-1]}{digit}}}"
    is_zero = (
        set(period) <= {"0"}
        or set(period[:-1] + digit) <= {"0"}
        or set(period[:-1] + digit) == {"9"}
        or set(period) == {"9"}
    )
    wrong = (
        fraction_text(value + Fraction(1, value.denominator), rng)
        if is_zero
        else rng.choice([changed, f"0.{fixed}{period}"])
    )
    return (
        text,
        rng.choice(
            [
                fraction_text(value, rng),
                f"0.{fixed}({period})",
                f"0.{fixed}{period}\\overline{{{period}}}",
            ]
        ),
        wrong,
    )


def radical(rng: random.Random) -> Triple:
    k, n = rng.randrange(1, 40), rng.choice([2, 3, 5, 6, 7, 10, 11, 13, 14, 15, 17, 19, 21, 22, 23])
    a = rng.randrange(-30, 31)
    text = f"{a}+{k}\\sqrt{{{n}}}"
    equal = rng.choice([f"{k}\\sqrt{{{n}}}+{a}" if a >= 0 else f"{k}\\sqrt{{{n}}}-{-a}", f"\\sqrt{{{k * k * n}}}+({a})",
                        f"{a}+\\frac{{{k * n}}}{{\\sqrt{{{n}}}}}", f"{a}+{k}*{n}^(1/2)",
                        f"{a} + {k} \\cdot \\sqrt {n}"])  # fmt: skip
    wrong = rng.choice(
        [
            f"{a}-{k}\\sqrt{{{n}}}",
            f"{a + 1}+{k}\\sqrt{{{n}}}",
            f"{a}+{k}\\sqrt{{{n + 1}}}",
            f"{a}+{k + 1}\\sqrt{{{n}}}",
        ]
    )
    return text, equal, wrong


def nested_radical(rng: random.Random) -> Triple:
    a, b = rng.sample(range(2, 60), 2)
    text = f"\\sqrt{{{a}}}+\\sqrt{{{b}}}"
    equal = rng.choice([f"\\sqrt{{{a + b}+2\\sqrt{{{a * b}}}}}", f"\\sqrt{{{b}}}+\\sqrt{{{a}}}"])
    wrong = rng.choice(
        [
            f"\\sqrt{{{a + b}}}",
            f"\\sqrt{{{a + b}+2\\sqrt{{{a * b + 1}}}}}",
            f"\\sqrt{{{a}}}-\\sqrt{{{b}}}",
        ]
    )
    return text, equal, wrong


def pi_multiple(rng: random.Random) -> Triple:
    value = rational(rng) or Fraction(1)
    a, b = value.numerator, value.denominator
    text = f"\\frac{{{a}\\pi}}{{{b}}}"
    equal = rng.choice([f"\\frac{{{a}}}{{{b}}}\\pi", f"\\pi \\cdot {fraction_text(value, rng)}" if value > 0 else f"\\pi({fraction_text(value, rng)})",
                        f"{a}\\pi/{b}"])  # fmt: skip
    wrong = rng.choice(
        [
            f"\\frac{{{a + 1}\\pi}}{{{b}}}",
            f"\\frac{{{-a}\\pi}}{{{b}}}",
            repr(float(value) * math.pi),
        ]
    )
    return text, equal, wrong


def complex_number(rng: random.Random) -> Triple:
    a, b = rng.randrange(-50, 51), rng.randrange(1, 51)
    c, d = rng.randrange(-9, 10), rng.randrange(1, 10)
    text = f"{a}+{b}i"
    real, imaginary = a * c + b * d, b * c - a * d  # (a+bi)(c-di)
    equal = rng.choice(
        [
            f"{b}i+{a}" if a >= 0 else f"{b}i-{-a}",
            f"\\frac{{({real})+({imaginary})i}}{{({c})-{d}i}}",
            f"{a} + {b} \\cdot i",
        ]
    )
    wrong = rng.choice(
        [f"{a}-{b}i", f"{a + 1}+{b}i", f"{b}+({a})i" if a != b else f"{a}+{b + 1}i", f"-({a})-{b}i"]
    )
    return text, equal, wrong


def _poly(coefficients: list[int], name: str, rng: random.Random) -> str:
    terms = [
        f"{'+' if c > 0 else '-'}{abs(c)}{name}^{{{n}}}" for n, c in enumerate(coefficients) if c
    ]
    rng.shuffle(terms)
    return "".join(terms).removeprefix("+") or "0"


def polynomial(rng: random.Random) -> Triple:
    name = rng.choice("xyztn")
    roots = [rng.randrange(-12, 13) for _ in range(rng.randrange(1, 4))]
    lead = rng.choice([1, 2, 3, -1, 5])
    coefficients = [lead]
    for root in roots:
        shifted = [0, *coefficients]
        coefficients = [s - root * c for s, c in zip(shifted, [*coefficients, 0], strict=True)]
    factored = f"{lead}" + "".join(f"({name}{'-' if r >= 0 else '+'}{abs(r)})" for r in roots)
    changed = list(coefficients)
    changed[rng.randrange(len(changed))] += rng.choice([1, -1])
    return (
        _poly(coefficients, name, rng),
        rng.choice([factored, _poly(coefficients, name, rng)]),
        _poly(changed, name, rng),
    )


def rational_function(rng: random.Random) -> Triple:
    a, b, c = rng.sample(range(1, 30), 3)
    text = f"\\frac{{x+{a}}}{{x-{b}}}"
    equal = rng.choice([f"\\frac{{(x+{a})(x+{c})}}{{(x-{b})(x+{c})}}", f"1+\\frac{{{a + b}}}{{x-{b}}}",
                        f"({a}+x)/(x-{b})", f"\\frac{{x^2+{a + c}x+{a * c}}}{{x^2+{c}x-{b}x-{b * c}}}"])  # fmt: skip
    wrong = rng.choice(
        [
            f"\\frac{{x-{b}}}{{x+{a}}}",
            f"\\frac{{x+{a}}}{{x+{b}}}",
            f"1+\\frac{{{a + b + 1}}}{{x-{b}}}",
        ]
    )
    return text, equal, wrong


def tuple_of(rng: random.Random) -> Triple:
    values = [rational(rng) for _ in range(rng.randrange(2, 5))]
    text = f"({', '.join(fraction_text(v, rng) for v in values)})"
    equal = f"\\left({','.join(fraction_text(v, rng) for v in values)}\\right)"
    changed = list(values)
    if rng.random() < 0.5 and len(set(values)) > 1:
        while changed == values:
            rng.shuffle(changed)
    else:
        changed[rng.randrange(len(changed))] += 1
    wrong = f"({', '.join(fraction_text(v, rng) for v in changed)})"
    return text, equal, rng.choice([wrong, f"[{text[1:-1]}]", f"\\{{{text[1:-1]}\\}}"])


def set_of(rng: random.Random) -> Triple:
    values = list({rational(rng) for _ in range(rng.randrange(2, 6))})
    if len(values) < 2:
        values += [values[0] + 1]
    text = f"\\{{{', '.join(fraction_text(v, rng) for v in values)}\\}}"
    rng.shuffle(values)
    items = ", ".join(fraction_text(v, rng) for v in values)
    changed = [*values[:-1], values[-1] + max(abs(v) for v in values) + 1]
    wrong = rng.choice(
        [
            f"\\{{{', '.join(fraction_text(v, rng) for v in changed)}\\}}",
            f"\\{{{', '.join(fraction_text(v, rng) for v in values[:-1])}\\}}",
        ]
    )
    return text, rng.choice([f"\\{{{items}\\}}", items]), rng.choice([wrong, f"({items})"])


def interval(rng: random.Random) -> Triple:
    low = rational(rng)
    high = low + abs(rational(rng)) + 1
    left, right = rng.choice("(["), rng.choice(")]")
    a, b = fraction_text(low, rng), fraction_text(high, rng)
    text = f"{left}{a}, {b}{right}"
    signs = ("<" if left == "(" else "\\le", "<" if right == ")" else "\\le")
    middle = fraction_text((low + high) / 2, rng)
    equal = rng.choice([f"\\left{left}{fraction_text(low, rng)},{fraction_text(high, rng)}\\right{right}",
                        f"{a} {signs[0]} x {signs[1]} {b}", f"x \\in {text}",
                        f"{left}{a},{middle}] \\cup ({middle},{b}{right}"])  # fmt: skip
    other = {"(": "[", "[": "(", ")": "]", "]": ")"}
    wrong = rng.choice([f"{other[left]}{a}, {b}{right}", f"{left}{a}, {b}{other[right]}",
                        f"{left}{a}, {fraction_text(high + 1, rng)}{right}", f"{left}{a},{middle}) \\cup ({middle},{b}{right}"])  # fmt: skip
    return text, equal, wrong


def inequality(rng: random.Random) -> Triple:
    value = fraction_text(rational(rng), rng)
    sign, turned, shut = rng.choice([("<", ">", False), ("\\le", "\\ge", True)])
    opposite = "<" if shut else "\\le"
    text = f"x {sign} {value}"
    equal = rng.choice(
        [
            f"{value} {turned} x",
            f"(-\\infty, {value}{']' if shut else ')'}",
            f"\\{{x \\mid x {sign} {value}\\}}",
        ]
    )
    wrong = rng.choice([f"x {turned} {value}", f"x {opposite} {value}", f"y {sign} {value}", f"x {sign} {value}+1",
                        f"(-\\infty, {value}{')' if shut else ']'}"])  # fmt: skip
    return text, equal, wrong


def matrix(rng: random.Random) -> Triple:
    rows, columns = rng.randrange(1, 4), rng.randrange(2, 4)
    cells = [[rational(rng) for _ in range(columns)] for _ in range(rows)]

    def write(kind: str, grid: list[list[Fraction]]) -> str:
        body = " \\\\ ".join(" & ".join(fraction_text(v, rng) for v in row) for row in grid)
        return f"\\begin{{{kind}}} {body} \\end{{{kind}}}"

    k = rng.randrange(2, 9)
    equal = rng.choice(
        [
            write("bmatrix", cells),
            f"{k}" + write("pmatrix", [[v / k for v in row] for row in cells]),
        ]
    )
    changed = [list(row) for row in cells]
    changed[rng.randrange(rows)][rng.randrange(columns)] += 1
    wrong = rng.choice(
        [changed, [list(r) for r in zip(*cells, strict=True)] if rows != columns else changed]
    )
    return write("pmatrix", cells), equal, write("pmatrix", wrong)


def equation(rng: random.Random) -> Triple:
    m, c = rng.randrange(1, 30), rng.randrange(1, 60)
    k = rng.randrange(2, 9)
    text = f"y={m}x+{c}"
    equal = rng.choice(
        [f"y-{c}={m}x", f"{k * m}x-{k}y+{k * c}=0", f"y = {c} + {m}x", f"-{m}x+y={c}"]
    )
    wrong = rng.choice(
        [
            f"y={m}x-{c}",
            f"y=-{m}x+{c}",
            f"x={m}y+{c}" if m > 1 else f"y=2x+{c}",
            f"y={m}x+{c + 1}",
            f"{m}x+y={c}",
        ]
    )
    return text, equal, wrong


def trigonometric(rng: random.Random) -> Triple:
    k, a = rng.randrange(1, 9), rng.choice(["x", "\\theta", "t"])
    pairs = [
        (f"\\sin({2 * k}{a})", f"2\\sin({k}{a})\\cos({k}{a})"),
        (f"\\cos({2 * k}{a})", f"1-2\\sin^2({k}{a})"),
        (f"\\cos({2 * k}{a})", f"\\cos^2({k}{a})-\\sin^2({k}{a})"),
        (f"\\sec^2({k}{a})", f"1+\\tan^2({k}{a})"),
        (f"\\tan({k}{a})", f"\\frac{{\\sin({k}{a})}}{{\\cos({k}{a})}}"),
        (f"\\sin({a}+{k})", f"\\sin({a})\\cos({k})+\\cos({a})\\sin({k})"),
        (f"\\cos({3 * k}{a})", f"4\\cos^3({k}{a})-3\\cos({k}{a})"),
    ]
    text, equal = rng.choice(pairs)
    wrong = rng.choice([f"-{text}", text.replace("\\sin", "\\cos") if "\\sin" in text else text.replace(str(k), str(k + 1), 1) + "+1",
                        f"2{text}", f"{equal}+\\frac{{1}}{{1000}}"])  # fmt: skip
    return text, equal, wrong


def special_angle(rng: random.Random) -> Triple:
    n = rng.randrange(-360, 721, 3)
    text = f"\\cos {n}^\\circ" if n >= 0 else f"\\cos({n}^\\circ)"
    g = math.gcd(n, 180) or 1
    equal = rng.choice(
        [
            f"\\sin({90 - n}^\\circ)",
            f"\\cos\\left(\\frac{{{n // g}\\pi}}{{{180 // g}}}\\right)",
            f"\\cos({n + 360}^\\circ)",
        ]
    )
    wrong = rng.choice(
        [
            f"\\cos({n + 1}^\\circ)" if (2 * n + 1) % 360 else f"\\cos({n + 2}^\\circ)",
            f"\\cos({n}^\\circ)+\\frac{{1}}{{10^9}}",
        ]
    )
    return text, equal, wrong


def logarithm(rng: random.Random) -> Triple:
    a, b, k = rng.randrange(2, 60), rng.randrange(2, 60), rng.randrange(2, 5)
    text, equal = rng.choice([
        (f"\\ln {a * b}", f"\\ln {a}+\\ln {b}"),
        (f"\\ln \\frac{{{a}}}{{{b}}}", f"\\ln {a}-\\ln {b}"),
        (f"{k}\\ln {a}", f"\\ln {a**k}"),
        (f"\\log_{{{b}}} {a}", f"\\frac{{\\ln {a}}}{{\\ln {b}}}"),
        (f"\\log_{{{b}}} {a}", f"\\log_{{{b**k}}} {a**k}"),
        (f"{a}", f"e^{{\\ln {a}}}"),
        (str(k), f"\\log_{{{b}}} {b**k}"),
    ])  # fmt: skip
    return (
        text,
        equal,
        rng.choice(
            [
                f"{text}+1",
                f"-{equal}" if "+" not in equal[1:] and "-" not in equal else f"{equal}+1",
                f"{equal}+\\ln 2",
            ]
        ),
    )


def exponential(rng: random.Random) -> Triple:
    a, b, p = rng.randrange(1, 20), rng.randrange(1, 20), rng.choice([2, 3, 5, 6, 10])
    text, equal = rng.choice([
        (f"e^{{{a}x+{b}}}", f"e^{{{b}}}e^{{{a}x}}"),
        (f"{p}^{{n+{b}}}", f"{p**b}\\cdot {p}^n"),
        (f"{p * p}^n", f"{p}^{{2n}}"),
        (f"(e^x+{a})^2", f"e^{{2x}}+{2 * a}e^x+{a * a}"),
        (f"{a}e^{{-x}}", f"\\frac{{{a}}}{{e^x}}"),
    ])  # fmt: skip
    return (
        text,
        equal,
        rng.choice([f"{text}+1", f"2({equal})", equal.replace("x", "y").replace("n", "m")]),
    )


def quantity(rng: random.Random) -> Triple:
    n = rng.randrange(1, 500)
    big, small, ratio, other = rng.choice([
        ("km", "m", 1000, "cm"), ("m", "cm", 100, "mm"), ("hours", "minutes", 60, "seconds"),
        ("kg", "g", 1000, "mg"), ("ft", "inches", 12, "yards"), ("km^2", "m^2", 10**6, "km"),
    ])  # fmt: skip
    text = f"{n}\\text{{ {big}}}"
    equal = rng.choice(
        [
            f"{n * ratio}\\text{{ {small}}}",
            f"{n}\\,\\mathrm{{{big}}}",
            f"{n * ratio:,} \\text{{ {small}}}",
        ]
    )
    wrong = rng.choice(
        [
            f"{n}\\text{{ {small}}}",
            f"{n + 1}\\text{{ {big}}}",
            f"{n}\\text{{ {other}}}",
            f"{n * ratio * 10}\\text{{ {small}}}",
        ]
    )
    return text, equal, wrong


def base_number(rng: random.Random) -> Triple:
    base = rng.randrange(2, 10)
    digits = str(rng.randrange(1, base)) + "".join(
        str(rng.randrange(base)) for _ in range(rng.randrange(1, 8))
    )
    wrong_digit = str((int(digits[-1]) + 1) % base)
    wrong = rng.choice([f"{digits[:-1]}{wrong_digit}_{base}", f"{digits}_{{{base + 1}}}", digits])
    return (
        f"{digits}_{{{base}}}",
        rng.choice([f"{digits}_{base}", f"({digits})_{{{base}}}", f"0{digits}_{base}"]),
        wrong,
    )


def plus_minus(rng: random.Random) -> Triple:
    a, b = rng.randrange(-30, 31), rng.choice([2, 3, 5, 7, 11])
    text = f"{a} \\pm \\sqrt{{{b}}}"
    equal = rng.choice(
        [
            f"{a}+\\sqrt{{{b}}}, {a}-\\sqrt{{{b}}}",
            f"x={a}-\\sqrt{b} \\text{{ or }} x={a}+\\sqrt{b}",
            f"\\{{{a}-\\sqrt{b}, {a}+\\sqrt{b}\\}}",
        ]
    )
    wrong = rng.choice(
        [
            f"{a}+\\sqrt{{{b}}}",
            f"{a + 1} \\pm \\sqrt{{{b}}}",
            f"{a} \\pm \\sqrt{{{b + 1}}}",
            f"{a}-\\sqrt{b}, {a}-\\sqrt{b}",
        ]
    )
    return text, equal, wrong


def counting(rng: random.Random) -> Triple:
    n = rng.randrange(3, 40)
    k = rng.randrange(1, n)
    text, value = rng.choice(
        [
            (f"\\binom{{{n}}}{{{k}}}", math.comb(n, k)),
            (f"{n}!", math.factorial(n)),
            (f"{k + 1}^{{{n}}}", (k + 1) ** n),
        ]
    )
    return text, str(value), str(value + rng.choice([1, -1]))


def moment(rng: random.Random) -> Triple:
    months = ["January", "February", "March", "April", "May", "June", "July", "August", "September",
              "October", "November", "December"]  # fmt: skip
    month, day, year = rng.randrange(12), rng.randrange(1, 28), rng.randrange(1500, 2100)
    text = f"{months[month]} {day}, {year}"
    equal = rng.choice(
        [
            f"\\text{{{day} {months[month]} {year}}}",
            f"{year}-{month + 1:02d}-{day:02d}",
            f"\\text{{{months[month][:3]} {day}, {year}}}",
        ]
    )
    wrong = rng.choice(
        [
            f"\\text{{{months[month]} {day + 1}, {year}}}",
            f"\\text{{{months[(month + 1) % 12]} {day}, {year}}}",
            f"\\text{{{months[month]} {day}, {year + 1}}}",
        ]
    )
    return text, equal, wrong


FORMS: dict[str, Callable[[random.Random], Triple]] = {
    function.__name__: function
    for function in (
        integer, decimal, fraction, mixed_number, percent, scientific, repeating, radical,
        nested_radical, pi_multiple, complex_number, polynomial, rational_function, tuple_of, set_of,
        interval, inequality, matrix, equation, trigonometric, special_angle, logarithm,
        exponential, quantity, base_number, plus_minus, counting, moment, *SHAPES,
    )
}  # fmt: skip
