"""The one protocol of proofs: challenge (trusted) + solution (untrusted) -> verdict + assurance.

A family writes `read_challenge` and `check`. The statement is always the challenge's: a solution
never gets to say what it proves.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from verigrad.core.types import Problem
from verigrad.core.verdict import Extracted, Reason, Verdict
from verigrad.verifiers.base import Policy, Verifier, abstained, correct, failed, rejected
from verigrad.verifiers.code import extract as fences
from verigrad.verifiers.code.extract import NotFound, Wanted, find_code
from verigrad.verifiers.final_answer import UnreadableError


class Assurance(StrEnum):
    """How much was shown of a proof, weakest first. A verdict claims no more than it saw."""

    ELABORATED = "elaborated"  # the prover accepted the text
    AXIOMS_CHECKED = "axioms_checked"  # and it rests on the allowed axioms alone
    KERNEL_REPLAYED = "kernel_replayed"  # and a kernel went through every step again
    STATEMENT_COMPARED = (
        "statement_compared"  # and what it proves is the challenge, symbol by symbol
    )

    @property
    def rank(self) -> int:
        """1 for `elaborated` up to 4 for `statement_compared`."""
        return list(Assurance).index(self) + 1


class ProofPolicy(Policy):
    """Switches of every proof verifier.

    least_assurance: what a pass needs; a proof shown to less is `undecided`.
    max_proof_chars: longer solutions are `over_limit`.
    """

    least_assurance: Assurance = Assurance.STATEMENT_COMPARED
    max_proof_chars: int = 200_000


@dataclass(frozen=True, slots=True)
class Checked:
    """What a prover found: `reason` is `correct` or what is wrong, `assurance` what was reached."""

    reason: Reason
    why: str = ""
    assurance: Assurance | None = None
    proves: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


class ProofVerifier(Verifier):
    """Finds the one proof of a response and has it checked against the challenge."""

    policy_type: ClassVar[type[Policy]] = ProofPolicy
    language: ClassVar[str]  # of the fence that holds a proof

    @abstractmethod
    def read_challenge(self, problem: Problem) -> Any:
        """The trusted side; UnreadableError where the problem cannot be judged."""

    @abstractmethod
    def check(self, challenge: Any, proof: str) -> Checked:
        """The prover's word on `proof`."""

    def judge(self, problem: Problem, response: str) -> Verdict:
        """Challenge first, then the one proof in the response, then the prover."""
        try:
            challenge = self.read_challenge(problem)
        except UnreadableError as error:
            return abstained(Reason.BAD_REFERENCE, error.why)
        wanted = Wanted(language=self.language)
        found = find_code(response, wanted, max_chars=self.policy.max_proof_chars)
        if isinstance(found, NotFound):
            return rejected(found.reason, evidence={"why": found.why})
        proof = found.extracted.text
        if any("\ud800" <= sign <= "\udfff" for sign in proof):
            why = "half a character: no file can hold it"
            return rejected(Reason.MALFORMED, extracted=found.extracted, evidence={"why": why})
        return self._verdict(self.check(challenge, proof), found.extracted)

    def _verdict(self, checked: Checked, extracted: Extracted) -> Verdict:
        evidence = {"why": checked.why[:500]} if checked.why else {}
        evidence |= dict(checked.evidence)
        if checked.assurance is not None:
            evidence["assurance"] = str(checked.assurance)
        if checked.reason is Reason.INFRASTRUCTURE:
            return failed(checked.why)
        if checked.reason is Reason.BAD_REFERENCE:
            return abstained(Reason.BAD_REFERENCE, checked.why)
        if checked.reason is not Reason.CORRECT:
            return rejected(checked.reason, extracted=extracted, evidence=evidence)
        assert checked.assurance is not None
        if checked.assurance.rank < self.policy.least_assurance.rank:
            evidence["why"] = f"shown to `{checked.assurance}` only"
            return rejected(Reason.UNDECIDED, extracted=extracted, evidence=evidence)
        return correct(
            extracted=extracted,
            canonical_response=checked.proves[:1000],
            canonical_reference=checked.proves[:1000],
            method=self.name,
            certainty=str(checked.assurance),
            evidence=evidence,
        )

    def reference_response(self, problem: Problem) -> str | None:
        """The problem's own proof, if its `info["proof"]` or `solution` holds one."""
        proof = problem.info.get("proof")
        return f"```{self.language}\n{proof}\n```" if isinstance(proof, str) and proof else None

    @classmethod
    def sources(cls) -> list[Path]:
        """The family's own files, this one and the extraction."""
        return sorted({*super().sources(), Path(__file__), Path(fences.__file__)})


def challenge_fields(problem: Problem, *, needs: tuple[str, ...]) -> dict[str, Any]:
    """The challenge's JSON object; UnreadableError where a string field of `needs` is missing."""
    answer = problem.answer
    if not isinstance(answer, dict):
        raise UnreadableError(Reason.BAD_REFERENCE, "the challenge must be a JSON object")
    for name in needs:
        if not isinstance(answer.get(name), str) or not answer[name].strip():
            raise UnreadableError(Reason.BAD_REFERENCE, f"the challenge has no {name!r}")
    return answer
