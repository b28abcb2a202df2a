"""What puzzle verifiers share: read the puzzle, find the answer, read it, look for a broken rule.

A family writes `puzzle_type` (a frozen model of `info`, with its caps), `read_solution` and
`first_fault`. A puzzle that is solved before anything is done (no blank, a goal that holds) is
refused as a bad reference: a response could pass it by saying nothing.
"""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from verigrad.core.types import Problem
from verigrad.core.verdict import Extracted, Reason, Verdict
from verigrad.verifiers.base import correct, rejected
from verigrad.verifiers.extract import Extraction, ExtractPolicy, extract
from verigrad.verifiers.final_answer import FinalAnswerVerifier, UnreadableError

MAX_ANSWER_CHARS = 20_000
_PLACES = ("boxed", "tag", "fenced", "anchor")
_MAX_SHOWN_CHARS = 500
TEMPLATES = {
    "auto": "\\boxed{%s}",
    "boxed": "\\boxed{%s}",
    "tag": "<%t>%s</%t>",
    "fenced": "```\n%s\n```",
    "whole": "%s",
}


def find_answer(response: str, policy: ExtractPolicy) -> Extraction:
    """With `answer_in = "auto"` the first of box, tag, fenced block and answer line that holds
    something (a later place is not looked at then); else the place that the policy names.
    """
    if policy.answer_in != "auto":
        return extract(response, policy)
    for place in _PLACES:
        there = extract(response, policy.model_copy(update={"answer_in": place}))
        if there.fault is not Reason.NO_ANSWER:
            return there
    return Extraction(fault=Reason.NO_ANSWER, why="no box, tag, fenced block or answer line")


class Puzzle(BaseModel):
    """A puzzle, read from `info`. Names it does not know are left to others."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class PuzzleVerifier(FinalAnswerVerifier):
    r"""Judges one solution of a puzzle by the puzzle's rules.

    Where the answer stands is `find_answer`'s. Several answers that read alike are one.
    """

    puzzle_type: ClassVar[type[Puzzle]]
    assurance: ClassVar[str] = "exact"
    cost: ClassVar[str] = "under 1 ms"

    @abstractmethod
    def read_solution(self, text: str, puzzle: Any) -> Any:
        """The solution in one normal form (with `==`); UnreadableError where it is none."""

    @abstractmethod
    def first_fault(self, puzzle: Any, solution: Any) -> str | None:
        """The first rule that the solution breaks, in words; None where it breaks none."""

    def unfit(self, puzzle: Any) -> str | None:
        """Why a well-formed puzzle cannot be judged (already solved, no solution); else None."""

    def show(self, solution: Any) -> str:
        """The solution as verdicts show it."""
        return str(solution)

    def find(self, response: str) -> Extraction:
        """The places of a puzzle's answer in order, or the one that the policy names."""
        return find_answer(response, self.policy)

    @classmethod
    def sources(cls) -> list[Path]:
        """The family's folder, this one, and what it builds on."""
        return sorted({*super().sources(), *Path(__file__).parent.glob("*.py")})

    def read_reference(self, problem: Problem) -> Any:
        """The puzzle; UnreadableError where it cannot be judged."""
        try:
            puzzle = self.puzzle_type.model_validate(dict(problem.info))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            why = f"info[{place}]: {first['msg']}" if place else first["msg"]
            raise UnreadableError(Reason.BAD_REFERENCE, why) from None
        if (why := self.unfit(puzzle)) is not None:
            raise UnreadableError(Reason.BAD_REFERENCE, why)
        return puzzle

    def read(self, text: str, problem: Problem) -> Any:
        """The solution of a candidate."""
        if len(text) > MAX_ANSWER_CHARS:
            raise UnreadableError(Reason.OVER_LIMIT, f"over {MAX_ANSWER_CHARS} characters")
        return self.read_solution(text, self.read_reference(problem))

    def compare(self, reference: Any, answer: Any, *, extracted: Extracted) -> Verdict:
        """Correct exactly where no rule is broken."""
        shown = self.show(answer)[:_MAX_SHOWN_CHARS]
        fault = self.first_fault(reference, answer)
        if fault is None:
            return correct(
                extracted=extracted, canonical_response=shown, method="rules", certainty="exact"
            )
        return rejected(
            Reason.WRONG,
            extracted=extracted,
            canonical_response=shown,
            method="rules",
            certainty="exact",
            evidence={"why": fault},
        )

    def reference_response(self, problem: Problem) -> str | None:
        """The problem's own solution in the place where the policy looks; None without one."""
        template = TEMPLATES.get(self.policy.answer_in)
        if template is None or not isinstance(problem.answer, str) or not problem.answer:
            return None
        return template.replace("%t", self.policy.tag).replace("%s", problem.answer)
