r"""Countdown: an expression over given numbers that reaches the target, whichever it is.

The problem's `answer` is the target, its `info["numbers"]` the numbers. The numbers used are
checked before anything is computed, so the cost is bounded by the problem, not by the response.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from verigrad.core.types import Problem
from verigrad.core.verdict import Extracted, Reason, Verdict
from verigrad.verifiers.base import Policy, correct, rejected
from verigrad.verifiers.extract import ExtractPolicy
from verigrad.verifiers.final_answer import FinalAnswerVerifier, UnreadableError, unwrap

MAX_EXPRESSION_CHARS = 1_000
MAX_DEPTH = 50
_MAX_DIGITS = 15
_SIGNS = (
    ("\\left", ""),
    ("\\right", ""),
    ("\\times", "*"),
    ("\\cdot", "*"),
    ("\\div", "/"),
    ("\u00d7", "*"),
    ("\u00b7", "*"),
    ("\u00f7", "/"),
    ("\u2212", "-"),
    ("\u2013", "-"),
)
_TOKEN = re.compile(r"\s*(?:([0-9]+)|([-+*/(){}]|\\[dt]?frac))")
_INTEGER = re.compile(rf"[-+]?[0-9]{{1,{_MAX_DIGITS}}}")
_CLOSING = {"(": ")", "{": "}"}


class CountdownPolicy(ExtractPolicy):
    """The rules of the game.

    `use_all`: every number exactly once; without it, every number at most once.
    `numbers_in`: the name in `info` that holds the numbers.
    """

    use_all: bool = True
    numbers_in: str = "numbers"


@dataclass(frozen=True, slots=True)
class _Goal:
    target: int
    numbers: tuple[int, ...]


class Countdown(FinalAnswerVerifier):
    r"""The value of the expression, in exact fractions, and the numbers it uses.

    `+ - * /`, their typeset forms (`\times`, `\frac{}{}`) and parentheses; no sign in front of a
    number, no powers, no joined digits. `= 22` behind the expression is allowed where 22 is the
    target.

    >>> problem = Problem.of("Make 22 from 3 5 7, each once:", "22", numbers=[3, 5, 7])
    >>> Countdown().verify(problem, r"\boxed{7+5*3}").is_correct
    True
    """

    name: ClassVar[str] = "countdown"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = CountdownPolicy
    proves: ClassVar[str] = "the expression uses the given numbers and equals the target exactly"
    cannot: ClassVar[str] = "tell whether a target can be reached at all"
    assurance: ClassVar[str] = "exact"
    cost: ClassVar[str] = "under 1 ms"

    def reference_response(self, problem: Problem) -> str | None:
        """The problem's own expression, if it has one in `info["expression"]`."""
        expression = problem.info.get("expression")
        in_box = self.policy.answer_in in ("auto", "boxed")
        return f"\\boxed{{{expression}}}" if expression and in_box else None

    def read_reference(self, problem: Problem) -> _Goal:
        """Target and numbers: whole numbers of at most 15 digits."""
        numbers = problem.info.get(self.policy.numbers_in)
        if not isinstance(numbers, list | tuple) or not numbers:
            why = f'info["{self.policy.numbers_in}"] must be a list of whole numbers'
            raise UnreadableError(Reason.BAD_REFERENCE, why)
        return _Goal(_whole(problem.answer), tuple(_whole(number) for number in numbers))

    def read(self, text: str, problem: Problem) -> Fraction:
        """The value, once the numbers used are found to be the ones given."""
        goal = self.read_reference(problem)
        expression, equals, right = _plain(text).partition("=")
        tokens = _tokenize(expression)
        self._check_numbers([token for token in tokens if isinstance(token, int)], goal)
        value = _Reader(tokens).read()
        if equals and right.strip() != str(goal.target):
            why = f'"= {right.strip()[:40]}" does not name the target'
            raise UnreadableError(Reason.WRONG, why)
        return value

    def compare(self, reference: _Goal, answer: Fraction, *, extracted: Extracted) -> Verdict:
        """Exact equality of value and target."""
        facts = {
            "canonical_response": str(answer),
            "canonical_reference": str(reference.target),
            "method": "expression",
            "certainty": "exact",
        }
        if answer == reference.target:
            return correct(extracted=extracted, **facts)
        return rejected(Reason.WRONG, extracted=extracted, **facts)

    def _check_numbers(self, used: list[int], goal: _Goal) -> None:
        given, spent = Counter(goal.numbers), Counter(used)
        if extra := spent - given:
            why = f"not among the numbers, or used too often: {sorted(extra.elements())[:5]}"
            raise UnreadableError(Reason.VIOLATION, why)
        if self.policy.use_all and (left := given - spent):
            raise UnreadableError(Reason.VIOLATION, f"not used: {sorted(left.elements())[:5]}")


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise UnreadableError(Reason.BAD_REFERENCE, f"{value!r:.40} is not a whole number")
    if not _INTEGER.fullmatch(text := str(value).strip()):
        raise UnreadableError(Reason.BAD_REFERENCE, f"{text[:40]!r} is not a whole number")
    return int(text)


def _plain(text: str) -> str:
    if len(text) > MAX_EXPRESSION_CHARS:
        raise UnreadableError(Reason.OVER_LIMIT, f"over {MAX_EXPRESSION_CHARS} characters")
    text = unwrap(text)
    for written, sign in _SIGNS:
        text = text.replace(written, sign)
    return text


def _tokenize(text: str) -> list[int | str]:
    tokens: list[int | str] = []
    position, text = 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            why = f"cannot read {text[position : position + 20]!r}"
            raise UnreadableError(Reason.MALFORMED, why)
        digits, sign = match.groups()
        if digits and len(digits) > _MAX_DIGITS:
            raise UnreadableError(Reason.VIOLATION, f"a number of {len(digits)} digits")
        tokens.append(int(digits) if digits else sign)
        position = match.end()
    return tokens


def _divide(dividend: Fraction, divisor: Fraction) -> Fraction:
    if divisor == 0:
        raise UnreadableError(Reason.WRONG, "divides by zero")
    return dividend / divisor


class _Reader:
    """Recursive descent over the tokens: sums of products of numbers and parentheses."""

    def __init__(self, tokens: list[int | str]) -> None:
        self.tokens = tokens
        self.position = 0

    def read(self) -> Fraction:
        """The value of all tokens; UnreadableError where they are no expression."""
        value = self._sum(0)
        if self.position < len(self.tokens):
            raise UnreadableError(Reason.MALFORMED, f"unexpected {self._next()!r}")
        return value

    def _sum(self, depth: int) -> Fraction:
        value = self._product(depth)
        while self._peek() in ("+", "-"):
            sign = self._next()
            other = self._product(depth)
            value = value + other if sign == "+" else value - other
        return value

    def _product(self, depth: int) -> Fraction:
        value = self._atom(depth)
        while self._peek() in ("*", "/"):
            sign = self._next()
            other = self._atom(depth)
            value = value * other if sign == "*" else _divide(value, other)
        return value

    def _atom(self, depth: int) -> Fraction:
        first = self._next()
        if isinstance(first, int):
            return Fraction(first)
        if first == "(":
            return self._group(first, depth)
        if not first.endswith("frac"):
            raise UnreadableError(Reason.MALFORMED, f"a number must stand at {first!r}")
        return _divide(*(self._group(self._next(), depth) for _ in range(2)))

    def _group(self, opening: int | str, depth: int) -> Fraction:
        if depth >= MAX_DEPTH:
            raise UnreadableError(Reason.OVER_LIMIT, f"over {MAX_DEPTH} parentheses deep")
        closing = _CLOSING.get(str(opening))
        value = self._sum(depth + 1)
        if closing is None or self._next() != closing:
            raise UnreadableError(Reason.MALFORMED, "parentheses or braces do not match")
        return value

    def _peek(self) -> int | str | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def _next(self) -> int | str:
        token = self._peek()
        if token is None:
            raise UnreadableError(Reason.MALFORMED, "the expression breaks off")
        self.position += 1
        return token
