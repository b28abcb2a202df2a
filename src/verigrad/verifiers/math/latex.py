"""LaTeX commands that are primaries: fractions, roots, functions, matrices, named symbols."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flint import fmpq

from verigrad.verifiers.math.environments import environment, read_determinant
from verigrad.verifiers.math.lexicon import ALIASES, FUNCTIONS
from verigrad.verifiers.math.limits import MAX_ITEMS, RefusedError
from verigrad.verifiers.math.matrices import determinant
from verigrad.verifiers.math.naming import decorated, labelled, overlined, subscript, unit_vector
from verigrad.verifiers.math.nodes import (
    DOTS,
    REALS,
    Atom,
    Bracket,
    Call,
    Constant,
    Div,
    Fold,
    Infinity,
    Matrix,
    Node,
    Number,
    Pow,
    Quantity,
    Relation,
    Root,
    SetOf,
    Symbol,
    Words,
    integer,
    negative,
)
from verigrad.verifiers.math.suffixes import mixed_with_fraction
from verigrad.verifiers.math.tokens import Token, UnreadableError
from verigrad.verifiers.math.units import DOLLAR, UNITS

if TYPE_CHECKING:
    from verigrad.verifiers.math.expressions import Expressions

_GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "varepsilon",
        "zeta",
        "eta",
        "theta",
        "vartheta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "rho",
        "sigma",
        "tau",
        "phi",
        "varphi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Pi",
        "Sigma",
        "Phi",
        "Psi",
        "Omega",
        "ell",
        "angle",
        "triangle",
        "top",
        "hbar",
        "partial",
    ]
)
_INVERSE = {"sin": "asin", "cos": "acos", "tan": "atan", "cot": "acot", "sec": "asec",
            "csc": "acsc", "sinh": "asinh", "cosh": "acosh", "tanh": "atanh"}  # fmt: skip
_SEVERAL = frozenset({"gcd", "lcm", "max", "min", "binom"})


def read_command(parser: Expressions, token: Token) -> Node:
    """What a command, already taken, stands for together with its arguments."""
    if token.kind == "environment":
        return environment(parser, token.text)
    name = token.text[1:]
    name = ALIASES.get(name, name)
    if name in FUNCTIONS and name not in ("sqrt", "cbrt", "binom"):
        return _function(parser, FUNCTIONS[name])
    reader = _READERS.get(token.text)
    if reader is not None:
        return reader(parser)
    if name in _GREEK:
        if parser.accept("_"):
            return Symbol(f"{name}_{subscript(parser)}")
        return Symbol(name)
    raise UnreadableError(f"command {token.text!r}")


def _fraction(parser: Expressions) -> Node:
    return Div(parser.argument(), parser.argument())


def _binomial(parser: Expressions) -> Node:
    return Call("binom", (parser.argument(), parser.argument()))


def _root(parser: Expressions) -> Node:
    index = 2
    if parser.accept("["):
        degree = parser.expression()
        parser.expect("]")
        if not (isinstance(degree, Number) and degree.value.q == 1 and 2 <= degree.value <= 64):
            raise UnreadableError("degree of a root")
        index = int(degree.value.p)
    return Root(parser.primary(), index)


def _function(parser: Expressions, name: str) -> Node:
    base = None
    power = None
    for _ in range(2):
        if name in ("log", "ln") and parser.accept("_"):
            base = _base(parser)
        elif parser.token.text == "^":
            parser.at += 1
            power = parser.exponent()
    if power == Number(fmpq(-1)) and name in _INVERSE:
        name, power = _INVERSE[name], None
    argument = _function_argument(parser)
    if isinstance(argument, SetOf) and name in (*_SEVERAL, "exp") and argument.items:
        argument = Bracket("(", ")", argument.items) if name in _SEVERAL else argument.items[0]
    if isinstance(argument, Bracket) and name in _SEVERAL:
        call: Node = Call(name, argument.items)
    elif name in _SEVERAL:
        raise UnreadableError(f"{name} of one argument")
    else:
        call = Call(name, (argument,) if base is None else (argument, base))
    return call if power is None else Pow(call, power)


def _base(parser: Expressions) -> Node:
    r"""Below a logarithm: `\log_{10} 2`, `\log_2 3`, `\log_10 2`, and `\log_57` for `\log_5 7`."""
    token = parser.token
    if token.kind != "number" or len(token.text) < 2:
        return parser.argument() if token.text == "{" else parser.primary()
    parser.at += 1
    has_argument = parser.starts_factor()
    parser.at -= 1
    return parser.primary() if has_argument else parser.argument()


def _function_argument(parser: Expressions) -> Node:
    """A bracket, or factors up to the next function or sign."""
    parser.descend()
    if parser.token.text in ("(", "{", "["):
        node = parser.primary()
    elif parser.accept("-"):
        node = negative(_factors(parser))
    else:
        node = _factors(parser)
    parser.depth -= 1
    return node


def _factors(parser: Expressions) -> Node:
    from verigrad.verifiers.math.nodes import Mul

    factors = [parser.power()]
    while parser.starts_factor() and not _is_function(parser.token) and len(factors) < MAX_ITEMS:
        if parser.token.kind == "number":
            raise UnreadableError("two numbers side by side")
        factors.append(parser.power())
    return factors[0] if len(factors) == 1 else Mul(tuple(factors))


def _is_function(token: Token) -> bool:
    return token.kind == "command" and token.text[1:] in FUNCTIONS and token.text != "\\sqrt"


def absolute(parser: Expressions) -> Node:
    """The rest of `|...|`."""
    parser.descend()
    parser.bars += 1
    node = parser.expression()
    parser.bars -= 1
    parser.expect("|")
    parser.depth -= 1
    return determinant(node) if isinstance(node, Matrix) else Call("abs", (node,))


def _fenced(name: str, closer: str) -> Callable[[Expressions], Node]:
    def read(parser: Expressions) -> Node:
        parser.descend()
        node = parser.expression()
        parser.expect(closer)
        parser.depth -= 1
        return Call(name, (node,))

    return read


def _set(parser: Expressions) -> Node:
    r"""The rest of `\{...\}`: elements, or a condition after a bar."""
    parser.descend()
    closers = ("\\}", "\\rbrace")
    if parser.token.text in closers:
        parser.at += 1
        parser.depth -= 1
        return SetOf(())
    bars, braces = parser.bars, parser.braces
    parser.bars, parser.braces = 1, 1  # a bar closes here, and a colon is no ratio
    items = [parser.clause()]
    condition = None
    if parser.token.text in ("|", "\\mid", "\\vert", ":") and isinstance(
        items[0], Symbol | Relation
    ):
        parser.at += 1
        condition = parser.statements(closers=closers)
    while condition is None and parser.token.text in (",", ";"):
        parser.at += 1
        items.append(parser.clause())
        if len(items) > MAX_ITEMS:
            raise RefusedError("too many items")
    parser.bars, parser.braces = bars, braces
    if parser.take().text not in closers:
        raise UnreadableError("a set that does not close")
    parser.depth -= 1
    return SetOf(tuple(items)) if condition is None else condition


def _bounds(parser: Expressions) -> tuple[Node, Node]:
    low = high = None
    for _ in range(2):
        if parser.accept("_"):
            low = parser.argument()
        elif parser.accept("^"):
            high = parser.exponent()
    if low is None or high is None:
        raise UnreadableError("bounds expected")
    return low, high


def _fold(kind: str) -> Callable[[Expressions], Node]:
    def read(parser: Expressions) -> Node:
        low, high = _bounds(parser)
        match low:
            case Relation(("=",), (Symbol(name), start)):
                return Fold(kind, name, start, high, parser.term())
            case Relation(("=",), (Constant("i"), start)):
                body = _rename_i(parser.term())
                return Fold(kind, "i", start, high, body)
        raise UnreadableError("variable of a sum")

    return read


def _rename_i(node: Node) -> Node:
    from verigrad.verifiers.math.nodes import children, rebuild

    if node == Constant("i"):
        return Symbol("i")
    return rebuild(node, tuple(map(_rename_i, children(node))))


def _integral(parser: Expressions) -> Node:
    low, high = _bounds(parser)
    parser.integrals += 1
    body = integer(1) if parser._at_differential() else parser.expression()
    parser.integrals -= 1
    parser.expect("d")
    variable = parser.primary()
    if not isinstance(variable, Symbol):
        raise UnreadableError("variable of an integral")
    return Fold("integral", variable.name, low, high, body)


def _blackboard(parser: Expressions) -> Node:
    name = parser.argument()
    if name == Symbol("R"):
        return REALS
    if isinstance(name, Symbol):
        return Atom(f"all {name.name}")
    raise UnreadableError("number set")


def _currency(unit: str) -> Callable[[Expressions], Node]:
    def read(parser: Expressions) -> Node:
        value = mixed_with_fraction(parser, parser.power())
        return Quantity(value, DOLLAR if unit == "dollar" else UNITS[unit])

    return read


_READERS: dict[str, Callable[[Expressions], Node]] = {
    "\\frac": _fraction, "\\dfrac": _fraction, "\\tfrac": _fraction, "\\cfrac": _fraction,
    "\\binom": _binomial, "\\dbinom": _binomial, "\\tbinom": _binomial,
    "\\sqrt": _root, "\\surd": _root, "\\cbrt": lambda parser: Root(parser.primary(), 3),
    "\\pi": lambda _: Constant("pi"), "\\infty": lambda _: Infinity(1),
    "\\imath": lambda _: Constant("i"), "\\mathbb": _blackboard,
    "\\emptyset": lambda _: SetOf(()), "\\varnothing": lambda _: SetOf(()),
    "\\{": _set, "\\lbrace": _set, "\\langle": lambda parser: parser.bracket("\\langle"),
    "\\lfloor": _fenced("floor", "\\rfloor"), "\\lceil": _fenced("ceil", "\\rceil"),
    "\\lvert": _fenced("abs", "\\rvert"), "\\vert": _fenced("abs", "\\vert"),
    "\\sum": _fold("sum"), "\\prod": _fold("product"), "\\int": _integral,
    "\\boxed": lambda parser: parser.argument(), "\\fbox": lambda parser: parser.argument(),
    "\\$": _currency("dollar"), "\\pounds": _currency("sterling"), "\\euro": _currency("euro"),
    "\\rupee": _currency("rupee"), "\\yen": _currency("yen"),
    "\\overline": overlined, "\\hat": unit_vector, "\\labelled": labelled,
    "\\det": read_determinant, "\\otherwise": lambda _: Words("otherwise"),
    "\\ldots": lambda _: DOTS, "\\dots": lambda _: DOTS, "\\cdots": lambda _: DOTS,
    "\\dotsc": lambda _: DOTS, "\\vec": decorated, "\\overrightarrow": decorated,
    "\\mathcal": decorated,
}  # fmt: skip
PRIMARIES = frozenset(
    {*_READERS, *(f"\\{name}" for name in FUNCTIONS), *(f"\\{name}" for name in _GREEK)}
) - {
    "\\rfloor",
    "\\{",
    "\\lbrace",
    "\\emptyset",
    "\\varnothing",
    "\\vert",
    "\\$",
    "\\pounds",
    "\\euro",
    "\\rupee",
    "\\yen",
    "\\otherwise",
    "\\ldots",
    "\\dots",
    "\\cdots",
    "\\dotsc",
    "\\top",
}
