"""What verifiers of one final answer share: extract it, read it, refuse faults, then compare.

A family writes `read_reference`, `read` and `compare`. Two candidates that read alike are one
answer; two that do not are `ambiguous`, whichever of them is right.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from verigrad.core.types import Problem
from verigrad.core.verdict import Extracted, Reason, Verdict
from verigrad.verifiers import extract as extraction_package
from verigrad.verifiers.base import Policy, Verifier, abstained, rejected
from verigrad.verifiers.extract import Extraction, ExtractPolicy, extract

_WRAPPERS = (
    re.compile(r"\\(?:text|textbf|textit|texttt|mathrm|mathbf|mbox)\{([^{}]*)\}"),
    re.compile(r"\$\$([^$]*)\$\$|\$([^$]*)\$|\\\(((?:(?!\\\)).)*)\\\)", re.DOTALL),
    re.compile(r"\*\*([^*]*)\*\*"),
)
_MAX_WRAPPED_CHARS = 10_000


class UnreadableError(Exception):
    """A text that cannot be read as an answer, with the reason code for a response."""

    def __init__(self, reason: Reason, why: str, *, text: str = "") -> None:
        super().__init__(why)
        self.reason = reason
        self.why = why
        self.text = text


class FinalAnswerVerifier(Verifier):
    """Judges the one final answer of a response against the problem's reference."""

    policy_type: ClassVar[type[Policy]] = ExtractPolicy

    @abstractmethod
    def read_reference(self, problem: Problem) -> Any:
        """The reference, read; UnreadableError where the problem cannot be judged."""

    @abstractmethod
    def read(self, text: str, problem: Problem) -> Any:
        """A candidate, read (equal values are the same answer); UnreadableError for a fault."""

    @abstractmethod
    def compare(self, reference: Any, answer: Any, *, extracted: Extracted) -> Verdict:
        """The verdict on two readings."""

    def find(self, response: str) -> Extraction:
        """Where the family looks for candidates."""
        return extract(response, self.policy)

    def judge(self, problem: Problem, response: str) -> Verdict:
        """Reference first, then extraction, then every candidate, then the comparison."""
        try:
            reference = self.read_reference(problem)
        except UnreadableError as error:
            return abstained(Reason.BAD_REFERENCE, error.why)
        extraction = self.find(response)
        if extraction.fault is not None:
            first = next(iter(extraction.candidates), None)
            return rejected(extraction.fault, extracted=first, evidence={"why": extraction.why})
        answers = []
        for candidate in extraction.candidates:
            try:
                answers.append(self.read(candidate.text, problem))
            except UnreadableError as error:
                return rejected(error.reason, extracted=candidate, evidence={"why": error.why})
        last = extraction.candidates[-1]
        if any(answer != answers[-1] for answer in answers):
            why = f"{len(answers)} answers that differ"
            return rejected(Reason.AMBIGUOUS, extracted=last, evidence={"why": why})
        return self.compare(reference, answers[-1], extracted=last)

    @classmethod
    def sources(cls) -> list[Path]:
        """The family's own file, this one and the extraction."""
        folder = Path(extraction_package.__file__).parent
        return sorted({*super().sources(), Path(__file__), *folder.glob("*.py")})


def unwrap(text: str) -> str:
    r"""Without typesetting around the whole: `\text{}`, `$ $`, `\( \)`, markdown bold, spaces.

    >>> unwrap(r" $\text{abc}$ ")
    'abc'
    """
    if len(text) > _MAX_WRAPPED_CHARS:
        return text.strip()
    while True:
        text = text.strip()
        match = next((m for w in _WRAPPERS if (m := w.fullmatch(text))), None)
        if match is None:
            return text
        text = next(group for group in match.groups() if group is not None)
