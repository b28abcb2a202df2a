"""Isabelle, by its command line, inside our sandbox.

Two theories: `Challenge.thy` (trusted) states the goal as a definition of type bool, `Solution.thy`
proves `lemma goal`. A trusted `Check.thy` derives the challenge from `Solution.goal` and prints its
oracles. Isabelle checks every proof in its kernel while it runs, so there is no separate replay:
the assurance is `axioms_checked`.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.verifiers.base import Policy
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.proofs.base import Assurance, Checked, ProofVerifier, challenge_fields
from verigrad.verifiers.proofs.provers import (
    ProverPolicy,
    find_banned,
    run_script,
    without_comments,
)

BANNED = {
    name: re.compile(pattern)
    for name, pattern in {
        "an unfinished proof": r"\b(?:sorry|oops|quick_and_dirty|skip_proof)\b",
        "an axiom": r"\b(?:axiomatization|axioms|oracle|consts|typedecl)\b",
        "ML code": r"\b(?:ML|ML_file|ML_val|ML_command|ML_prf|setup|local_setup|SML_file)\b",
        "a parser": r"\b(?:parse_translation|print_translation|translations|syntax|no_syntax"
        r"|notation|no_notation|abbreviation|method_setup|attribute_setup|declaration)\b",
        "a command outside the theory": r"\b(?:export_code|external_file"
        r"|generate_file|compile_generated_files)\b",
    }.items()
}
_CHECK = """theory Check imports Challenge Solution begin
theorem check: "Challenge.statement" unfolding Challenge.statement_def by (rule Solution.goal)
thm_oracles check
end
"""
_ROOT = "session Verigrad = {logic} +\n  theories Challenge Solution Check\n"
_MARK = "verigrad-checked"
_INSTALL = "isabelle is not on the PATH, or not below /usr: unpack it in /usr/local and link it"


class IsabellePolicy(ProverPolicy):
    """logic: the session that theories build on; it must have been built before."""

    logic: str = "HOL"
    least_assurance: Assurance = Assurance.AXIOMS_CHECKED
    wall_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Challenge:
    """`Challenge.thy`, and the statement as written."""

    source: str
    statement: str


class Isabelle(ProofVerifier):
    """An Isabelle/HOL proof of the challenge's statement without oracles.

    The challenge is `{"statement": "ALL n::nat. n + 0 = n"}`, a closed formula of HOL; a further
    field is `preamble` (definitions in front of it). The solution is the body of a theory that
    imports Challenge: lemmas, the last one `lemma goal: "STATEMENT"`.
    """

    name: ClassVar[str] = "isabelle"
    version: ClassVar[str] = "1"
    language: ClassVar[str] = "isabelle"
    policy_type: ClassVar[type[Policy]] = IsabellePolicy
    proves: ClassVar[str] = "the statement is a theorem of the session's logic, without oracles"
    cannot: ClassVar[str] = "tell whether the statement says what its author meant"
    assurance: ClassVar[str] = "axioms_checked"
    cost: ClassVar[str] = "a build of three theories"

    def read_challenge(self, problem: Problem) -> Challenge:
        """The trusted theory."""
        fields: dict[str, Any] = challenge_fields(problem, needs=("statement",))
        statement = fields["statement"].strip()
        if '"' in statement:
            raise UnreadableError(Reason.BAD_REFERENCE, "the statement must be one formula")
        source = (
            f"theory Challenge imports Main begin\n{fields.get('preamble', '')}\n"
            f'definition statement :: bool where "statement = ({statement})"\nend\n'
        )
        return Challenge(source, statement)

    def check(self, challenge: Challenge, proof: str) -> Checked:
        """Early reject, then one build in the sandbox."""
        found = shutil.which("isabelle")
        if found is None or not Path(found).resolve().is_relative_to("/usr"):
            return Checked(Reason.INFRASTRUCTURE, _INSTALL)
        plain = without_comments(proof, opening="(*", closing="*)", quote="\0")
        if not plain.strip():
            return Checked(Reason.MALFORMED, "comments that do not end, or no proof")
        if banned := find_banned(plain, BANNED):
            return Checked(Reason.VIOLATION, f"{banned} in the solution")
        solution = f"theory Solution imports Challenge begin\n{proof}\nend\n"
        files = {
            "ROOT": _ROOT.format(logic=self.policy.logic).encode(),
            "Challenge.thy": challenge.source.encode(),
            "Solution.thy": solution.encode(),
            "Check.thy": _CHECK.encode(),
        }
        script = (
            f"HOME=$PWD {found} build -o quick_and_dirty=false -v -D . || exit 1\necho {_MARK}\n"
        )
        run = run_script(script, files, policy=self.policy)
        if run.early is not None:
            return run.early
        if run.result.exit_code != 0 or not run.text.rstrip().endswith(_MARK):
            return Checked(Reason.WRONG, (run.text + run.errors).strip()[-400:])
        if re.search(r"oracles:\s*\S", run.text):
            why = "the proof uses an oracle"
            return Checked(Reason.VIOLATION, why, Assurance.ELABORATED)
        return Checked(
            Reason.CORRECT, assurance=Assurance.AXIOMS_CHECKED, proves=challenge.statement
        )
