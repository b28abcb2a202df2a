"""`layout`: tags in a stated order, each once, closed, not nested, with nothing between them.

The problem's `answer` names them: `["think", "answer"]`, or with demands on their content:
`[{"tag": "think", "least_chars": 20}, {"tag": "answer", "pattern": "[0-9]+"}]`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

from pydantic import Field

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Verdict
from verigrad.verifiers.base import Policy, Verifier, abstained, correct, rejected
from verigrad.verifiers.structure.patterns import Pattern, PatternError, compile_pattern

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
MAX_TAGS = 50


class LayoutPolicy(Policy):
    """text_outside: whether text may stand before, between and after the tags."""

    text_outside: bool = False
    max_response_chars: int = Field(default=500_000, ge=1, le=500_000)


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    least_chars: int
    pattern: Pattern | None


class Layout(Verifier):
    """The response is laid out in the problem's tags.

    >>> problem = Problem.of("?", ["think", "answer"])
    >>> Layout().verify(problem, "<think>2+2</think> <answer>4</answer>").is_correct
    True
    """

    name: ClassVar[str] = "layout"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = LayoutPolicy
    proves: ClassVar[str] = "each tag stands there once, closed, in order and not empty"
    cannot: ClassVar[str] = "that what stands in the tags is right"
    assurance: ClassVar[str] = "exact"
    cost: ClassVar[str] = "under 1 ms"

    def judge(self, problem: Problem, response: str) -> Verdict:
        """Find every opening and closing tag of the names; they must be exactly the wanted ones."""
        try:
            wanted = _read(problem.answer)
        except (ValueError, TypeError) as error:
            return abstained(Reason.BAD_REFERENCE, str(error))
        if len(response) > self.policy.max_response_chars:
            return rejected(Reason.OVER_LIMIT, evidence={"why": "the response is too long"})
        why = self._fault(wanted, response)
        facts: dict[str, Any] = {"method": "tags", "certainty": "exact"}
        if why is None:
            return correct(**facts)
        return rejected(Reason.MALFORMED, evidence={"why": why}, **facts)

    def _fault(self, wanted: list[_Tag], response: str) -> str | None:
        names = "|".join(re.escape(tag.name) for tag in wanted)
        found = list(re.finditer(rf"<(/?)({names})>", response))
        marks = [match.group(1) + match.group(2) for match in found]
        due = [mark for tag in wanted for mark in (tag.name, "/" + tag.name)]
        if marks != due:
            return f"the tags are {' '.join(marks[:10])!r}, not {' '.join(due[:10])!r}"
        if not self.policy.text_outside and (outside := _outside(response, found)):
            return f"text outside the tags: {outside[:40]!r}"
        for tag, opening, closing in zip(wanted, found[::2], found[1::2], strict=True):
            content = response[opening.end() : closing.start()].strip()
            if len(content) < tag.least_chars:
                return f"<{tag.name}> holds {len(content)} characters, not {tag.least_chars}"
            if tag.pattern is not None and not tag.pattern.fullmatch(content):
                return f"<{tag.name}> does not match its pattern"
        return None


def _outside(response: str, found: list[re.Match[str]]) -> str:
    ends = [(0, found[0].start())]
    ends += [(a.end(), b.start()) for a, b in list(pairwise(found))[1::2]]
    ends.append((found[-1].end(), len(response)))
    return "".join(response[start:end].strip() for start, end in ends)


def _read(answer: Any) -> list[_Tag]:
    if not isinstance(answer, list) or not 0 < len(answer) <= MAX_TAGS:
        raise ValueError(f"the reference is no list of 1 to {MAX_TAGS} tags")
    tags = [_read_tag(item) for item in answer]
    if len({tag.name for tag in tags}) != len(tags):
        raise ValueError("a tag is named twice")
    return tags


def _read_tag(item: Any) -> _Tag:
    given = {"tag": item} if isinstance(item, str) else item
    if not isinstance(given, dict) or set(given) - {"tag", "least_chars", "pattern"}:
        raise ValueError(f"no tag: {item!r:.60}")
    name, least = given.get("tag"), given.get("least_chars", 1)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"no name of a tag: {name!r:.40}")
    if not isinstance(least, int) or isinstance(least, bool) or least < 1:
        raise ValueError("least_chars must be a number from 1 on")
    try:
        pattern = compile_pattern(given["pattern"]) if "pattern" in given else None
    except PatternError as error:
        raise ValueError(f"pattern of {name}: {error}") from None
    return _Tag(name, least, pattern)
