"""`pattern`: the answer matches a regular expression, without back-tracking.

The problem's `answer` is the pattern, or `{"pattern": "(?P<n>[0-9]+) km", "groups": {"n": "12"}}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from verigrad.core.types import Problem
from verigrad.core.verdict import Extracted, Reason, Verdict
from verigrad.verifiers.base import Policy, correct, rejected
from verigrad.verifiers.extract import AnswerIn, ExtractPolicy
from verigrad.verifiers.final_answer import FinalAnswerVerifier, UnreadableError
from verigrad.verifiers.structure.patterns import Pattern, PatternError, compile_pattern

MAX_ANSWER_CHARS = 100_000
_UNRELATED = ("\x02", "zqj \u4e00!", "0")


class PatternPolicy(ExtractPolicy):
    """Where the answer stands; the whole response unless said otherwise."""

    answer_in: AnswerIn = "whole"


@dataclass(frozen=True, slots=True)
class _Wanted:
    text: str
    pattern: Pattern
    groups: tuple[tuple[str, str], ...]


class Matching(FinalAnswerVerifier):
    """All of the answer matches; a pattern that matches anything at all is refused.

    >>> Matching().verify(Problem.of("?", "[A-Z]{2}-[0-9]{3}"), "AB-123").is_correct
    True
    """

    name: ClassVar[str] = "pattern"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = PatternPolicy
    proves: ClassVar[str] = "all of the answer matches the problem's pattern"
    cannot: ClassVar[str] = "more than the pattern says"
    assurance: ClassVar[str] = "exact"
    cost: ClassVar[str] = "under 1 ms"

    def read_reference(self, problem: Problem) -> _Wanted:
        """The compiled pattern and the values its groups must have."""
        given = problem.answer
        given = {"pattern": given} if isinstance(given, str) else given
        groups = given.get("groups", {}) if isinstance(given, Mapping) else None
        if not isinstance(groups, Mapping) or not isinstance(given.get("pattern"), str):
            raise UnreadableError(Reason.BAD_REFERENCE, "the reference is no pattern")
        try:
            pattern = compile_pattern(given["pattern"])
        except PatternError as error:
            raise UnreadableError(Reason.BAD_REFERENCE, f"the pattern: {error}") from None
        if pattern.fullmatch("") or all(map(pattern.fullmatch, _UNRELATED)):
            raise UnreadableError(Reason.BAD_REFERENCE, "the pattern matches anything, or nothing")
        values = tuple(sorted((str(k), str(v)) for k, v in groups.items()))
        return _Wanted(given["pattern"], pattern, values)

    def read(self, text: str, problem: Problem) -> str:  # noqa: ARG002 (the contract's signature)
        """The answer without white space at its ends."""
        if len(text) > MAX_ANSWER_CHARS:
            raise UnreadableError(Reason.OVER_LIMIT, f"over {MAX_ANSWER_CHARS} characters")
        if not text.strip():
            raise UnreadableError(Reason.NO_ANSWER, "the answer is empty")
        return text.strip()

    def compare(self, reference: _Wanted, answer: str, *, extracted: Extracted) -> Verdict:
        """A full match, whose groups are as they should be."""
        facts: dict[str, Any] = {
            "canonical_response": answer[:200],
            "canonical_reference": reference.text[:200],
            "method": "pattern",
            "certainty": "exact",
        }
        matched = reference.pattern.fullmatch(answer)
        if matched and reference.groups:
            found = next(iter(reference.pattern.groups(answer)), {})
            matched = all(found.get(name) == value for name, value in reference.groups)
        if matched:
            return correct(extracted=extracted, **facts)
        return rejected(Reason.WRONG, extracted=extracted, **facts)
