"""Canonical forms as text: what a person sees in `--explain`, and what a record keeps."""

from __future__ import annotations

from flint import fmpq

from verigrad.verifiers.math.limits import Meter, RefusedError, UndefinedError
from verigrad.verifiers.math.lower import Lowering
from verigrad.verifiers.math.nodes import (
    Atom,
    BaseNumber,
    Bracket,
    Choice,
    Infinity,
    Listing,
    Matrix,
    Moment,
    Node,
    Number,
    Percent,
    PlusMinus,
    Quantity,
    Ratio,
    Relation,
    SetOf,
    SetOperation,
    Words,
)
from verigrad.verifiers.math.ring import UNITY, Exponent, Form, Monomial, Poly, Ring
from verigrad.verifiers.math.scalar import Forms, literal
from verigrad.verifiers.math.units import shown

MAX_CHARS = 400
MAX_SHOWN_TERMS = 60
_STEPS = 1_000


def show(node: Node, forms: Forms | None = None) -> str:
    r"""One line for one answer; equal scalar expressions show equally wherever they are decided
    by normal form. `forms` are those that a comparison has already made.

    >>> from verigrad.verifiers.math.reading import read
    >>> show(read(r"\frac{6}{8}").node), show(read(r"(1+x)^2").node), show(read(r"\sqrt{12}").node)
    ('3/4', '1 + 2*x + x^2', '2*3^(1/2)')
    """
    known = (forms or {}).get(id(node))
    text = form_text(*known) if known is not None else _show(node)
    return text if len(text) <= MAX_CHARS else text[: MAX_CHARS - 3] + "..."


def _show(node: Node) -> str:  # noqa: C901, PLR0911, PLR0912 (one line per kind of answer)
    match node:
        case Number(value, _):
            return _integer_or_fraction(value)
        case Words(text) | Atom(text):
            return text
        case Choice(letter, _):
            return letter
        case Infinity(sign):
            return "oo" if sign > 0 else "-oo"
        case Moment(kind, fields):
            return _moment(kind, fields)
        case BaseNumber(digits, base):
            return f"{digits}_{base}"
        case Quantity(value, unit):
            return f"{_show(value)} [{shown(unit)}]"
        case Percent(value):
            return f"{_show(value)}%"
        case Bracket(opener, closer, items):
            return f"{opener.lstrip(chr(92))}{_joined(items)}{closer.lstrip(chr(92))}"
        case SetOf(items):
            return "{" + ", ".join(sorted(map(_show, items))) + "}"
        case Listing(items, joiner):
            return f" {joiner} ".join(map(_show, items)) if joiner != "," else _joined(items)
        case SetOperation(name, parts):
            return f" {name} ".join(map(_show, parts))
        case Ratio(parts):
            return ":".join(map(_show, parts))
        case Matrix(rows):
            return "[" + "; ".join(map(_joined, rows)) + "]"
        case Relation(operators, sides):
            ends = zip((*operators, ""), map(_show, sides), strict=True)
            return "".join(f"{side} {operator} " for operator, side in ends).strip()
        case PlusMinus(left, right, sign):
            head = "" if left is None else f"{_show(left)} "
            return f"{head}{'+-' if sign > 0 else '-+'} {_show(right)}"
    return _scalar(node)


def _joined(items: tuple[Node, ...]) -> str:
    return ", ".join(map(_show, items))


def _moment(kind: str, fields: tuple[int, ...]) -> str:
    if kind == "date":
        return "-".join(f"{field:02}" for field in fields if field)
    return f"{fields[0] // 60:02}:{fields[0] % 60:02}" + (
        "" if kind == "time" else " (a.m. or p.m.)"
    )


def _scalar(node: Node) -> str:
    value = literal(node)
    if value is not None:
        return _integer_or_fraction(value)
    ring = Ring(Meter(_STEPS))
    try:
        return form_text(ring, Lowering(ring).form(node))
    except UndefinedError:
        return "undefined"
    except (RefusedError, ValueError):
        return f"{type(node).__name__} too large to show"


def form_text(ring: Ring, form: Form) -> str:
    """A form with its terms in alphabetical order."""
    return _Writer(ring).form(form)


class _Writer:
    """Writes the forms of one ring; every kernel is written once, and cut short where long."""

    def __init__(self, ring: Ring) -> None:
        self.ring = ring
        self.names: dict[int, str] = {}

    def form(self, form: Form) -> str:
        over = self.poly(form.over)
        if form.under.keys() == {()} and form.under[()] == 1:
            return over
        return f"({over})/({self.poly(form.under)})"

    def poly(self, poly: Poly) -> str:
        if not poly:
            return "0"
        if len(poly) > MAX_SHOWN_TERMS:
            return f"sum of {len(poly)} terms"
        terms = sorted((self.monomial(monomial), c) for monomial, c in poly.items())
        text = ""
        for name, coefficient in terms:
            sign = "-" if coefficient < 0 else "+"
            size = _integer_or_fraction(abs(coefficient))
            body = name if size == "1" and name else f"{size}*{name}" if name else size
            text += f" {sign} {body}" if text else f"{'-' if sign == '-' else ''}{body}"
        return text

    def monomial(self, monomial: Monomial) -> str:
        return "*".join(sorted(self.power(index, exponent) for index, exponent in monomial))

    def power(self, index: int, exponent: Exponent) -> str:
        size = _exponent(exponent)
        if index == UNITY:
            return "i" if exponent * 2 == 1 else f"exp(i*pi*{size})"
        name = self.kernel(index)
        if exponent == 1:
            return name
        plain = exponent.denominator == 1 and exponent > 0
        return f"{name}^{size}" if plain else f"{name}^({size})"

    def kernel(self, index: int) -> str:
        name = self.names.get(index)
        if name is None:
            name = self._kernel(index)
            name = self.names[index] = name if len(name) < MAX_CHARS else f"{name[:40]}...#{index}"
        return name

    def _kernel(self, index: int) -> str:
        kernel = self.ring.kernels[index]
        match kernel.kind:
            case "pi":
                return "pi"
            case "symbol":
                return str(kernel.key)
            case "prime":
                return _integer(kernel.key)
            case "exp":
                monomial, under = kernel.key  # type: ignore[misc]
                inner = self.monomial(monomial)
                return (
                    "e" if not inner else f"exp({inner})" if under is None else f"exp({inner}/...)"
                )
            case "log":
                inner = _integer(kernel.key) if kernel.form is None else self.form(kernel.form)
                return f"log({inner})"
            case "root" if kernel.form is not None:
                return f"({self.form(kernel.form)})"
        return self._call(kernel.key)

    def _call(self, key: object) -> str:
        name, args = key  # type: ignore[misc]
        shown_args = []
        for arg in args:
            over, under = ({m: fmpq(p, q) for m, (p, q) in part} for part in arg)
            shown_args.append(self.form(Form(over, under)))
        return f"{name}({', '.join(shown_args)})"


def _exponent(value: Exponent) -> str:
    if type(value) is int and -1_000 < value < 1_000:
        return str(value)
    over = _integer(value.numerator)
    return over if value.denominator == 1 else f"{over}/{_integer(value.denominator)}"


def _integer(value: object) -> str:
    assert isinstance(value, int)
    bits = value.bit_length()
    return str(value) if bits <= 1_000 else f"integer of {bits} bits"


def _integer_or_fraction(value: fmpq) -> str:
    if max(value.p.bit_length(), value.q.bit_length()) > 2_000:
        return f"rational of {value.p.bit_length()} bits"
    return str(value.p) if value.q == 1 else f"{value.p}/{value.q}"
