"""The `unsat` verifier: a refutation of the problem's formula, clause by clause."""

from __future__ import annotations

from typing import ClassVar

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.verifiers.base import Policy
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.proofs.base import Assurance, Checked, ProofPolicy, ProofVerifier
from verigrad.verifiers.proofs.unsat.clauses import (
    Budget,
    Clause,
    RefutationError,
    read_dimacs,
    read_refutation,
)
from verigrad.verifiers.proofs.unsat.lrat import check_lrat
from verigrad.verifiers.proofs.unsat.rup import check_rup


class UnsatPolicy(ProofPolicy):
    """max_literals: literals that checking may look at, the bound of its time."""

    max_literals: int = 20_000_000


class Unsat(ProofVerifier):
    r"""The formula has no model: an LRAT or DRUP proof that ends in the empty clause.

    The challenge is the formula in DIMACS, a string. RAT additions need LRAT's hints.

    >>> problem = Problem.of("Refute it.", "p cnf 1 2\n1 0\n-1 0\n")
    >>> Unsat().verify(problem, "```lrat\n3 0 1 2 0\n```").is_correct
    True
    """

    name: ClassVar[str] = "unsat"
    version: ClassVar[str] = "1"
    language: ClassVar[str] = "lrat"
    policy_type: ClassVar[type[Policy]] = UnsatPolicy
    proves: ClassVar[str] = "the formula has no model: every clause of the refutation follows"
    assurance: ClassVar[str] = "kernel: statement_compared"
    cost: ClassVar[str] = "propagation over the formula"
    cannot: ClassVar[str] = "tell whether the formula says what its author meant"

    def read_challenge(self, problem: Problem) -> list[Clause]:
        """The formula's clauses."""
        if not isinstance(problem.answer, str):
            raise UnreadableError(Reason.BAD_REFERENCE, "the formula must be DIMACS text")
        try:
            return read_dimacs(problem.answer)
        except RefutationError as error:
            raise UnreadableError(Reason.BAD_REFERENCE, str(error)) from None

    def check(self, challenge: list[Clause], proof: str) -> Checked:
        """Every line in turn, within the budget."""
        budget = Budget(self.policy.max_literals)
        try:
            form, steps = read_refutation(proof)
            checker = check_lrat if form == "lrat" else check_rup
            lines = checker(challenge, steps, budget=budget)
        except RefutationError as error:
            evidence = {"step": error.step} if error.step else {}
            return Checked(error.reason, str(error), evidence=evidence)
        return Checked(
            Reason.CORRECT,
            assurance=Assurance.STATEMENT_COMPARED,
            proves=f"no model of {len(challenge)} clauses",
            evidence={"form": form, "lines": lines},
        )
