"""The `deduction` verifier: a natural-deduction proof of a formula from premises."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.verifiers.base import Policy
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.logic import parsing
from verigrad.verifiers.logic.formulas import Formula, write
from verigrad.verifiers.logic.parsing import parse
from verigrad.verifiers.proofs.base import (
    Assurance,
    Checked,
    ProofPolicy,
    ProofVerifier,
    challenge_fields,
)
from verigrad.verifiers.proofs.deduction.proof import DeductionError, check_deduction


class DeductionPolicy(ProofPolicy):
    """logic: `intuitionistic` refuses DNE, RAA and LEM."""

    logic: Literal["classical", "intuitionistic"] = "classical"


@dataclass(frozen=True, slots=True)
class Challenge:
    """The sequent to be shown."""

    premises: tuple[Formula, ...]
    goal: Formula


class Deduction(ProofVerifier):
    r"""A Fitch-style proof, one line a step: `3. | q  ->E 1 2`, bars for the boxes it stands in.

    The challenge is `{"statement": "p -> p", "premises": ["q"]}`. Rules: premise, assumption, R,
    &I, &E, \/I, \/E, ->I, ->E, <->I, <->E, ~I, ~E, _|_E and, in classical logic, DNE, RAA, LEM.

    >>> problem = Problem.of("Show it.", {"statement": "p -> p & p"})
    >>> proof = "1. | p  assumption\n2. | p & p  &I 1 1\n3. p -> p & p  ->I 1-2"
    >>> Deduction().verify(problem, proof).certainty
    'statement_compared'
    """

    name: ClassVar[str] = "deduction"
    version: ClassVar[str] = "1"
    language: ClassVar[str] = "deduction"
    policy_type: ClassVar[type[Policy]] = DeductionPolicy
    proves: ClassVar[str] = "the formula follows from the premises, line by line"
    cannot: ClassVar[str] = "tell whether the formula says what its author meant"
    assurance: ClassVar[str] = "kernel: statement_compared"
    cost: ClassVar[str] = "under 1 ms"

    @classmethod
    def sources(cls) -> list[Path]:
        """Also the reader of formulas."""
        return sorted({*super().sources(), *Path(parsing.__file__).parent.glob("*.py")})

    def read_challenge(self, problem: Problem) -> Challenge:
        """Premises and goal."""
        fields: dict[str, Any] = challenge_fields(problem, needs=("statement",))
        premises = fields.get("premises", [])
        if not isinstance(premises, list | tuple) or not all(isinstance(p, str) for p in premises):
            raise UnreadableError(Reason.BAD_REFERENCE, "premises must be a list of formulas")
        return Challenge(tuple(map(parse, premises)), parse(fields["statement"]))

    def check(self, challenge: Challenge, proof: str) -> Checked:
        """Every line in turn."""
        try:
            lines = check_deduction(
                proof,
                challenge.premises,
                challenge.goal,
                classical=self.policy.logic == "classical",
            )
        except DeductionError as error:
            evidence = {"step": error.line} if error.line else {}
            return Checked(error.reason, str(error), evidence=evidence)
        return Checked(
            Reason.CORRECT,
            assurance=Assurance.STATEMENT_COMPARED,
            proves=write(challenge.goal),
            evidence={"lines": lines},
        )
