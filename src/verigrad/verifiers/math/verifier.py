"""The math verifier: extract, read both sides, compare by the reference's type."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from verigrad.core.types import Problem
from verigrad.core.verdict import Extracted, Reason, Verdict
from verigrad.verifiers import extract as extract_package
from verigrad.verifiers.base import Policy, Verifier, abstained, correct, rejected
from verigrad.verifiers.extract import extract, extract_reference
from verigrad.verifiers.math.fast import read_plain
from verigrad.verifiers.math.policy import MathPolicy


class Math(Verifier):
    r"""`Math(answer_in="boxed").verify(Problem.of("3 * 4?", "12"), r"\boxed{12}")`."""

    name: ClassVar[str] = "math"
    version: ClassVar[str] = "0.1.0"
    policy_type: ClassVar[type[Policy]] = MathPolicy
    proves: ClassVar[str] = "the final answer equals the reference as mathematics"
    cannot: ClassVar[str] = "that the reasoning is right, or that the reference is"

    def judge(self, problem: Problem, response: str) -> Verdict:
        """Compare the one final answer with the reference."""
        if not isinstance(problem.answer, str) or not problem.answer.strip():
            return abstained(Reason.BAD_REFERENCE, "the reference is not a non-empty string")
        reference = extract_reference(problem.answer)
        extraction = extract(response, self.policy)
        if extraction.fault is not None:
            return rejected(extraction.fault, evidence={"why": extraction.why})
        verdicts = [_compare(reference, found) for found in extraction.candidates]
        if len({verdict.reason for verdict in verdicts}) > 1:
            return rejected(Reason.AMBIGUOUS, evidence={"why": "answers that differ"})
        return verdicts[-1]

    def reference_response(self, problem: Problem) -> str | None:
        """The bare reference, placed where the policy looks."""
        if not isinstance(problem.answer, str) or not problem.answer.strip():
            return None
        answer = extract_reference(problem.answer)
        policy: MathPolicy = self.policy
        if policy.answer_in in ("auto", "boxed"):
            return f"\\boxed{{{answer}}}"
        if policy.answer_in in ("hash", "anchor"):
            return f"#### {answer}"
        if policy.answer_in == "tag":
            return f"<{policy.tag}>{answer}</{policy.tag}>"
        return None if policy.answer_in == "regex" else answer

    @classmethod
    def sources(cls) -> list[Path]:
        """The files of this folder and the extraction it rests on."""
        folders = (Path(__file__).parent, Path(extract_package.__file__).parent)
        return sorted(path for folder in folders for path in folder.rglob("*.py"))


@lru_cache(maxsize=64)
def _verifier(switches: tuple[tuple[str, Any], ...]) -> Math:
    return Math(**dict(switches))


def verify(response: str, reference: str, **policy: Any) -> Verdict:
    r"""One call for users of any trainer.

    >>> verify(r"so it is \boxed{0.5}", r"\frac{1}{2}").is_correct
    True
    """
    verifier = _verifier(tuple(sorted(policy.items())))
    return verifier.verify(Problem(prompt=(), answer=reference, id="-"), response)


def _compare(reference: str, found: Extracted) -> Verdict:
    left, right = read_plain(reference), read_plain(found.text)
    if left is not None and right is not None:
        equal = left[0] * right[1] == right[0] * left[1]
        verdict = correct if equal else rejected
        arguments = () if equal else (Reason.WRONG,)
        return verdict(*arguments, extracted=found, method="rational", certainty="exact")
    if "".join(reference.split()).casefold() == "".join(found.text.split()).casefold():
        return correct(extracted=found, method="same text", certainty="structural")
    return rejected(Reason.WRONG, extracted=found, method="same text", certainty="structural")
