"""What is declared at a point of Metamath text: symbols, hypotheses, distinct variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from types import MappingProxyType

from verigrad.core.verdict import Reason
from verigrad.verifiers.proofs.metamath.errors import MetamathError
from verigrad.verifiers.proofs.metamath.frames import Expression, Hypothesis, body_of

MAX_PAIRS = 10_000  # of distinct variables in force at one place


@dataclass(frozen=True, slots=True)
class _Mark:
    """The state when a scope was opened, to return to."""

    variables: int
    hypotheses: int
    distinct: frozenset[tuple[str, str]]


@dataclass(slots=True)
class Scopes:
    """All that is in force now; `open` and `close` are `${` and `$}`."""

    constants: set[str] = field(default_factory=set)
    variables: dict[str, None] = field(default_factory=dict)  # active ones, oldest first
    ever_variables: set[str] = field(default_factory=set)
    hypotheses: list[Hypothesis] = field(default_factory=list)
    distinct: frozenset[tuple[str, str]] = frozenset()
    _float_of: dict[str, Hypothesis] = field(default_factory=dict)
    _floats: Mapping[str, Hypothesis] | None = None
    _marks: list[_Mark] = field(default_factory=list)

    def copy(self) -> Scopes:
        """An independent copy."""
        return Scopes(
            set(self.constants),
            dict(self.variables),
            set(self.ever_variables),
            list(self.hypotheses),
            self.distinct,
            dict(self._float_of),
            None,
            list(self._marks),
        )

    def open(self) -> None:
        """`${`."""
        self._marks.append(_Mark(len(self.variables), len(self.hypotheses), self.distinct))

    def close(self) -> None:
        """`$}`: everything declared since its `${` is forgotten."""
        if not self._marks:
            raise _malformed("`$}` without `${`")
        mark = self._marks.pop()
        for hypothesis in self.hypotheses[mark.hypotheses :]:
            self._float_of.pop(hypothesis.variable or "", None)
        if len(self.hypotheses) > mark.hypotheses:
            del self.hypotheses[mark.hypotheses :]
            self._floats = None
        while len(self.variables) > mark.variables:
            self.variables.popitem()
        self.distinct = mark.distinct

    def check_closed(self) -> None:
        """MetamathError where a `${` is open."""
        if self._marks:
            raise _malformed("`${` without `$}`")

    def is_symbol(self, name: str) -> bool:
        """Whether it is a constant, or was ever a variable."""
        return name in self.constants or name in self.ever_variables

    def add_constants(self, symbols: Sequence[str]) -> None:
        """`$c`: outermost only, each once."""
        if self._marks:
            raise _malformed("`$c` inside a scope")
        self._check_new(symbols, taken=self.constants | self.ever_variables)
        self.constants.update(symbols)

    def add_variables(self, symbols: Sequence[str]) -> None:
        """`$v`: not active now, never a constant."""
        self._check_new(symbols, taken=self.constants | self.variables.keys())
        self.variables.update(dict.fromkeys(symbols))
        self.ever_variables.update(symbols)

    @staticmethod
    def _check_new(symbols: Sequence[str], *, taken: set[str]) -> None:
        if not symbols or len(set(symbols)) != len(symbols) or not taken.isdisjoint(symbols):
            raise _malformed(f"symbols declared twice, or none: {' '.join(symbols)[:80]}")

    def add_distinct(self, symbols: Sequence[str]) -> None:
        """`$d`: at least two different active variables; every pair of them."""
        if len(symbols) < 2 or len(set(symbols)) != len(symbols):
            raise _malformed("`$d` needs different variables")
        if not self.variables.keys() >= set(symbols):
            raise _malformed("`$d` names what is no variable here")
        if len(symbols) ** 2 // 2 + len(self.distinct) > MAX_PAIRS:
            why = f"over {MAX_PAIRS} pairs of distinct variables"
            raise MetamathError(why, reason=Reason.OVER_LIMIT)
        self.distinct |= {(min(pair), max(pair)) for pair in combinations(symbols, 2)}

    def add_float(self, label: str, words: Sequence[str]) -> Hypothesis:
        """`$f`: a typecode and a variable that has none yet."""
        if len(words) != 2 or words[0] not in self.constants or words[1] not in self.variables:
            raise _malformed("`$f` needs a constant and a variable")
        typecode, variable = words
        if variable in self._float_of:
            raise _malformed(f"{variable} has a type already")
        hypothesis = Hypothesis(label, Expression(typecode, body_of([variable])), variable)
        self._float_of[variable] = hypothesis
        self.hypotheses.append(hypothesis)
        self._floats = None
        return hypothesis

    def add_essential(self, label: str, words: Sequence[str]) -> Hypothesis:
        """`$e`."""
        hypothesis = Hypothesis(label, self.expression(words))
        self.hypotheses.append(hypothesis)
        return hypothesis

    def expression(self, words: Sequence[str]) -> Expression:
        """Words as an expression of constants and typed variables that are active."""
        if not words or words[0] not in self.constants:
            raise _malformed("an expression must begin with a constant")
        for word in words:
            if word not in self.constants and word not in self._float_of:
                raise _malformed(f"{word[:40]!r} is no constant and no typed variable here")
        return Expression(words[0], body_of(words[1:]))

    def mandatory(self, expression: Expression) -> tuple[Hypothesis, ...]:
        """Every `$e` in force, and the `$f` of every variable in them and in `expression`."""
        used = set(expression.body.split())
        for hypothesis in self.hypotheses:
            if hypothesis.variable is None:
                used.update(hypothesis.expression.body.split())
        return tuple(h for h in self.hypotheses if h.variable is None or h.variable in used)

    @property
    def floats(self) -> Mapping[str, Hypothesis]:
        """The `$f` statements in force, by label; shared between statements, not to be changed."""
        if self._floats is None:
            self._floats = MappingProxyType({h.label: h for h in self._float_of.values()})
        return self._floats


def _malformed(why: str) -> MetamathError:
    return MetamathError(why, reason=Reason.MALFORMED)
