"""Metamath source text -> a database of assertions, with everything the language asks checked.

Reading checks the declarations; `verify` checks proofs. A database is trusted for its axioms.
`extended` reads further text on top of it, as a response's, without changing it: axioms and
constants are refused there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from verigrad.core.verdict import Reason
from verigrad.verifiers.proofs.metamath.errors import MetamathError
from verigrad.verifiers.proofs.metamath.frames import Assertion, Hypothesis, Proof
from verigrad.verifiers.proofs.metamath.proof import Budget, check_proof
from verigrad.verifiers.proofs.metamath.scopes import Scopes

_LABEL = re.compile(r"[A-Za-z0-9._-]+")
_SYMBOL = re.compile(r"[!-#%-~]+")  # printable ASCII without the dollar sign
UNTRUSTED = frozenset({"$v", "$f", "$e", "$d", "$p", "${", "$}"})
_ALL = UNTRUSTED | {"$c", "$a"}
MAX_STATEMENTS = 4_000  # of a text read on top; reading costs their square


@dataclass(slots=True)
class Database:
    """What has been declared so far."""

    scopes: Scopes = field(default_factory=Scopes)
    named: dict[str, Assertion | Hypothesis] = field(default_factory=dict)
    assertions: list[Assertion] = field(default_factory=list)
    base: Database | None = None
    keywords: frozenset[str] = _ALL

    @classmethod
    def read(cls, text: str) -> Database:
        """The database of `text`. MetamathError where it breaks a rule of the language."""
        database = cls()
        database.take(text)
        database.scopes.check_closed()
        return database

    def extended(self, text: str) -> Database:
        """A database of `text` on top of this one, with no axioms and no constants of its own."""
        further = Database(self.scopes.copy(), {}, [], self, UNTRUSTED)
        if text.count("$.") > MAX_STATEMENTS:
            raise MetamathError(f"over {MAX_STATEMENTS} statements", reason=Reason.OVER_LIMIT)
        further.take(text)
        further.scopes.check_closed()
        return further

    def find(self, label: str) -> Assertion | Hypothesis | None:
        """What `label` names, here or below."""
        found = self.named.get(label)
        return self.base.find(label) if found is None and self.base is not None else found

    @property
    def size(self) -> int:
        """How many assertions there are, those below included."""
        return len(self.assertions) + (self.base.size if self.base else 0)

    def theorems(self) -> list[Assertion]:
        """The `$p` statements read here, in order."""
        return [assertion for assertion in self.assertions if not assertion.is_axiom]

    def verify(
        self, theorem: Assertion, *, before: int | None = None, budget: Budget | None = None
    ) -> int:
        """Check one theorem's proof; returns its steps. MetamathError where it does not hold.

        It may use what stands before it; with `before` only what has a smaller index than that,
        and what was read on top.
        """
        hypotheses = {hypothesis.label: hypothesis for hypothesis in theorem.hypotheses}

        def lookup(label: str) -> Assertion | Hypothesis:
            own = hypotheses.get(label) or theorem.scope_floats.get(label)
            if own is not None:
                return own
            found = self.find(label)
            if not isinstance(found, Assertion) or found.index >= theorem.index:
                raise MetamathError(f"{label[:80]!r} names nothing that may be used here")
            is_below = self.base is not None and found.index < self.base.size
            if before is not None and is_below and found.index >= before:
                raise MetamathError(f"{label} stands behind what is to be shown")
            return found

        variables = frozenset(self.scopes.ever_variables)
        return check_proof(theorem, lookup, variables=variables, budget=budget or Budget())

    # reading ----------------------------------------------------------------------------------

    def take(self, text: str) -> None:
        """Read further statements."""
        for words in _statements(text):
            self._statement(words)

    def _statement(self, words: list[str]) -> None:
        """Brackets of scopes, an optional label, a keyword, and the rest up to `$.`."""
        place = 0
        while place < len(words) and words[place] in ("${", "$}"):
            (self.scopes.open if words[place] == "${" else self.scopes.close)()
            place += 1
        if place == len(words):
            return
        label = "" if words[place].startswith("$") else words[place]
        place += bool(label)
        keyword = words[place] if place < len(words) else ""
        if keyword not in self.keywords:
            reason = Reason.VIOLATION if keyword in _ALL else Reason.MALFORMED
            raise MetamathError(
                f"{keyword[:40]!r} may not stand here", label=label[:80], reason=reason
            )
        rest = words[place + 1 :]
        if bool(label) != (keyword in ("$f", "$e", "$a", "$p")):
            raise _malformed(f"{keyword} with{'' if label else 'out'} a label", label)
        try:
            self._declare(keyword, label, rest)
        except MetamathError as error:
            raise MetamathError(error.why, label=label[:80], reason=error.reason) from None

    def _declare(self, keyword: str, label: str, rest: list[str]) -> None:
        if keyword in ("$c", "$v"):
            self._declare_symbols(rest, is_constant=keyword == "$c")
        elif keyword == "$d":
            self.scopes.add_distinct(rest)
        else:
            self._check_label(label)
            if keyword in ("$a", "$p"):
                self._add_assertion(keyword, label, rest)
            else:
                add = self.scopes.add_float if keyword == "$f" else self.scopes.add_essential
                self.named[label] = add(label, rest)

    def _declare_symbols(self, symbols: Sequence[str], *, is_constant: bool) -> None:
        for symbol in symbols:
            if not _SYMBOL.fullmatch(symbol):
                raise _malformed(f"{symbol[:40]!r} is no symbol")
            if self.find(symbol) is not None:
                raise _malformed(f"{symbol} is a label already")
        (self.scopes.add_constants if is_constant else self.scopes.add_variables)(symbols)

    def _check_label(self, label: str) -> None:
        if not _LABEL.fullmatch(label):
            raise _malformed("no label")
        if self.find(label) is not None or self.scopes.is_symbol(label):
            raise _malformed("this name is taken")

    def _add_assertion(self, keyword: str, label: str, rest: list[str]) -> None:
        proof = None
        if keyword == "$p":
            if "$=" not in rest:
                raise _malformed("a $p without a proof")
            at = rest.index("$=")
            rest, proof = rest[:at], _read_proof(rest[at + 1 :])
        expression = self.scopes.expression(rest)
        hypotheses = self.scopes.mandatory(expression)
        variables = {h.variable for h in hypotheses}
        everything = self.scopes.distinct
        distinct = {pair for pair in everything if variables.issuperset(pair)}
        assertion = Assertion(
            label,
            self.size,
            expression,
            hypotheses,
            frozenset(distinct),
            proof,
            everything if proof else frozenset(),
            self.scopes.floats if proof else {},
        )
        self.named[label] = assertion
        self.assertions.append(assertion)


def _read_proof(words: Sequence[str]) -> Proof:
    if not words:
        raise _malformed("an empty proof")
    if words[0] != "(":
        return Proof(tuple(words), None)
    if ")" not in words:
        raise _malformed("a compressed proof without its `)`")
    at = list(words).index(")")
    return Proof(tuple(words[1:at]), "".join(words[at + 1 :]))


def _statements(text: str) -> Iterator[list[str]]:
    """Words up to each `$.`, without comments; then what is left, which must be brackets."""
    text = _without_comments(text)
    start = 0
    while (end := text.find("$.", start)) >= 0:
        words = text[start:end].split()
        if not words or not text[end - 1].isspace() or not text[end + 2 : end + 3].strip() == "":
            raise _malformed("`$.` stands alone or touches another word")
        yield words
        start = end + 2
    rest = text[start:].split()
    if any(word not in ("${", "$}") for word in rest):
        raise _malformed("a statement is not ended by `$.`")
    if rest:
        yield rest


def _without_comments(text: str) -> str:
    if not text.isascii():
        raise _malformed("Metamath is written in ASCII")
    parts, start = [], 0
    while (begin := text.find("$(", start)) >= 0:
        end = text.find("$)", begin + 2)
        if end < 0 or "$(" in text[begin + 2 : end]:
            raise _malformed("a comment is not closed")
        parts.append(text[start:begin])
        start = end + 2
    return " ".join([*parts, text[start:]])


def _malformed(why: str, label: str = "") -> MetamathError:
    return MetamathError(why, label=label[:80], reason=Reason.MALFORMED)


def axioms_of(database: Database, theorem: Assertion) -> frozenset[str]:
    """Labels of the `$a` statements that `theorem` rests on, through everything it uses."""
    found: set[str] = set()
    seen: set[str] = set()
    todo = [theorem]
    while todo:
        assertion = todo.pop()
        if assertion.is_axiom:
            found.add(assertion.label)
        labels = assertion.proof.labels if assertion.proof else ()
        for label in {*labels} - seen:
            seen.add(label)
            used = database.find(label)
            if isinstance(used, Assertion):
                todo.append(used)
    return frozenset(found)
