"""Statements of a Metamath database, in the form in which proofs use them.

An expression is a typecode and a body; a body is its symbols with one space behind each
("( ph -> ps ) "), so that substitution is one `%` and equality one comparison, and an empty
substitution leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple


class Expression(NamedTuple):
    """`|- ( ph -> ph )` is `Expression("|-", "( ph -> ph ) ")`."""

    typecode: str
    body: str

    def __str__(self) -> str:
        return f"{self.typecode} {self.body}".rstrip()


def body_of(symbols: Sequence[str]) -> str:
    """The body of a sequence of symbols.

    >>> body_of(["(", "ph", ")"])
    '( ph ) '
    """
    return "".join([f"{symbol} " for symbol in symbols])


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A `$f` (then `variable` is its variable) or a `$e` statement."""

    label: str
    expression: Expression
    variable: str | None = None


class Template(NamedTuple):
    """An expression with holes: `render(values)` fills in the values of the frame's variables."""

    typecode: str
    pattern: str
    pick: Callable[[Sequence[str]], Any] | None

    def render(self, values: Sequence[str]) -> str:
        """The body under a substitution, given as the values in the frame's order."""
        return self.pattern if self.pick is None else self.pattern % self.pick(values)


def template(expression: Expression, places: Mapping[str, int]) -> Template:
    """The template of `expression`; `places` says where each variable's value stands."""
    symbols = expression.body.split()
    holes = [places[symbol] for symbol in symbols if symbol in places]
    if not holes:
        return Template(expression.typecode, expression.body, None)
    parts = ["%s" if symbol in places else f"{symbol} ".replace("%", "%%") for symbol in symbols]
    return Template(expression.typecode, "".join(parts), itemgetter(*holes))


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as written: labels of its own, and letters (None for a proof in normal form)."""

    labels: tuple[str, ...]
    letters: str | None


@dataclass(frozen=True, slots=True)
class Assertion:
    """A `$a` or `$p` statement with its frame.

    hypotheses: the mandatory ones, in order. distinct: pairs of variables that substitutions must
    keep apart, each sorted, among the mandatory ones. scope_*: all that is in force where it
    stands, dummy variables included; a proof may use it. `index` is its place in the database.
    """

    label: str
    index: int
    expression: Expression
    hypotheses: tuple[Hypothesis, ...]
    distinct: frozenset[tuple[str, str]]
    proof: Proof | None = None
    scope_distinct: frozenset[tuple[str, str]] = frozenset()
    scope_floats: Mapping[str, Hypothesis] = field(default_factory=dict)
    compiled: list[Step] = field(default_factory=list)  # filled at first use

    @property
    def is_axiom(self) -> bool:
        """True for `$a`."""
        return self.proof is None

    @property
    def essentials(self) -> tuple[Expression, ...]:
        """What must be shown before the assertion may be used."""
        return tuple(h.expression for h in self.hypotheses if h.variable is None)

    def step(self) -> Step:
        """The form in which a proof applies it."""
        if not self.compiled:
            self.compiled.append(_compile(self))
        return self.compiled[0]


class Step(NamedTuple):
    """How to apply an assertion to the top of the stack.

    floats: place in the arguments and typecode of each variable; essentials: place and template;
    apart: pairs of places in the list of values that must share no variable.
    """

    label: str
    size: int
    floats: tuple[tuple[int, str], ...]
    essentials: tuple[tuple[int, Template], ...]
    conclusion: Template
    apart: tuple[tuple[int, int], ...]


def _compile(assertion: Assertion) -> Step:
    floats = [(i, h) for i, h in enumerate(assertion.hypotheses) if h.variable is not None]
    places = {h.variable: place for place, (_, h) in enumerate(floats) if h.variable}
    essentials = [(i, h) for i, h in enumerate(assertion.hypotheses) if h.variable is None]
    return Step(
        assertion.label,
        len(assertion.hypotheses),
        tuple((i, h.expression.typecode) for i, h in floats),
        tuple((i, template(h.expression, places)) for i, h in essentials),
        template(assertion.expression, places),
        tuple(sorted((places[a], places[b]) for a, b in assertion.distinct)),
    )
