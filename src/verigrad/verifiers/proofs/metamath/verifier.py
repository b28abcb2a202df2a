"""The Metamath verifier: the challenge's statement, derived step by step in our own kernel."""

from __future__ import annotations

from typing import ClassVar

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.verifiers.base import Policy
from verigrad.verifiers.proofs.base import (
    Assurance,
    Checked,
    ProofPolicy,
    ProofVerifier,
    challenge_fields,
)
from verigrad.verifiers.proofs.metamath.challenge import Challenge, read_challenge
from verigrad.verifiers.proofs.metamath.database import axioms_of
from verigrad.verifiers.proofs.metamath.errors import MetamathError
from verigrad.verifiers.proofs.metamath.frames import Assertion
from verigrad.verifiers.proofs.metamath.proof import Budget


class MetamathPolicy(ProofPolicy):
    """database: a trusted `.mm` file, for challenges that bring none. The others bound the work."""

    database: str | None = None
    max_steps: int = 100_000
    max_expression_chars: int = 100_000
    max_total_chars: int = 50_000_000


class Metamath(ProofVerifier):
    """A Metamath proof, normal or compressed, alone or behind lemmas of its own.

    The challenge is `{"statement": "|- ( ph -> ph )", "database": SOURCE}`; further fields are
    `theorem` (its label), `hypotheses` ({label: statement}), `distinct` ([["x", "y"]]), `before`
    (only what stands before that label may be used) and `axioms` (labels allowed). The solution is
    a bare proof, or Metamath source whose last statement is the theorem itself; `$a`, `$c` and
    includes are refused.

    >>> from verigrad.verifiers.proofs.metamath.samples import DEMO, IDENTITY
    >>> problem = Problem.of("Prove it.", {"database": DEMO, "statement": "|- ( p -> p )"})
    >>> Metamath().verify(problem, IDENTITY).certainty
    'statement_compared'
    """

    name: ClassVar[str] = "metamath"
    version: ClassVar[str] = "1"
    language: ClassVar[str] = "metamath"
    policy_type: ClassVar[type[Policy]] = MetamathPolicy
    proves: ClassVar[str] = "the statement follows from the database's axioms, step by step"
    assurance: ClassVar[str] = "kernel: statement_compared"
    cost: ClassVar[str] = "under 1 ms a hundred steps"
    cannot: ClassVar[str] = "tell whether the statement says what its author meant"

    def read_challenge(self, problem: Problem) -> Challenge:
        """The statement, read in its database."""
        fields = challenge_fields(problem, needs=("statement",))
        return read_challenge(fields, default_path=self.policy.database)

    def check(self, challenge: Challenge, proof: str) -> Checked:
        """Read the solution on top of the database, compare its last statement, replay all."""
        try:
            return self._check(challenge, proof)
        except MetamathError as error:
            evidence = {"step": error.step, "statement": error.label} if error.step else {}
            return Checked(error.reason, str(error), evidence=evidence)

    def _check(self, challenge: Challenge, proof: str) -> Checked:
        source = proof if "$p" in proof.split() else f"${{ {challenge.text} $= {proof} $. $}}"
        further = challenge.database.extended(source)
        theorems = further.theorems()
        if not theorems or theorems[-1].label != challenge.label:
            return Checked(Reason.WRONG, f"the last statement is not {challenge.label}")
        goal = theorems[-1]
        if difference := _difference(goal, challenge.wanted):
            return Checked(Reason.VIOLATION, f"another statement is proved: {difference}")
        policy = self.policy
        budget = Budget(policy.max_steps, policy.max_total_chars, policy.max_expression_chars)
        steps = sum(
            further.verify(theorem, before=challenge.before, budget=budget) for theorem in theorems
        )
        used = axioms_of(further, goal)
        if challenge.axioms is not None and (extra := sorted(used - challenge.axioms)):
            return Checked(
                Reason.VIOLATION,
                f"rests on axioms that are not allowed: {', '.join(extra[:10])}",
                Assurance.ELABORATED,
            )
        return Checked(
            Reason.CORRECT,
            assurance=Assurance.STATEMENT_COMPARED,
            proves=str(goal.expression),
            evidence={
                "proof_steps": steps,
                "lemmas": len(theorems) - 1,
                "axioms": sorted(used)[:100],
            },
        )


def _difference(goal: Assertion, wanted: Assertion) -> str:
    """Where two frames differ; empty where `goal` is at least as strong as `wanted`."""
    if goal.expression != wanted.expression:
        return f"`{str(goal.expression)[:200]}`"
    if goal.essentials != wanted.essentials:
        return "it has other hypotheses"
    floats = [[h.expression for h in a.hypotheses if h.variable] for a in (goal, wanted)]
    if floats[0] != floats[1]:
        return "its variables have other types"
    if extra := sorted(goal.distinct - wanted.distinct):
        return f"it asks for distinct variables {extra[:5]}"
    return ""
