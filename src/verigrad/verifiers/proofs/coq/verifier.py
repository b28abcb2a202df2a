"""The Coq verifier.

Three jobs, each in a sandbox of its own, so that what a solution does while it is compiled cannot
reach what judges it:

1. the challenge is compiled: `Challenge.v`, trusted, kept;
2. the solution is compiled beside it; only its `Solution.vo` leaves the sandbox;
3. a trusted `Check.v` gives `Solution.goal` the type `Challenge.statement` (parsed in step 1,
   before any notation of the solution existed), prints its assumptions, and coqchk replays both
   files in its own kernel.
"""

from __future__ import annotations

import re
import shutil
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from verigrad.core.digests import digest_bytes
from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.verifiers.base import Policy
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.proofs.base import Assurance, Checked, ProofVerifier, challenge_fields
from verigrad.verifiers.proofs.coq.reading import (
    UnknownOutputError,
    read_assumptions,
    read_summary,
)
from verigrad.verifiers.proofs.provers import (
    ProverPolicy,
    Run,
    find_banned,
    run_script,
    without_comments,
)

BANNED = {
    name: re.compile(pattern)
    for name, pattern in {
        "an unfinished proof": r"\b(?:Admitted|admit|give_up|Abort)\b",
        "an axiom": r"\b(?:Axioms?|Conjectures?|Parameters?|Primitive|Symbols?)\b",
        "a plug-in": r"\bDeclare\s+ML\b",
        "another file": r"\b(?:Load|LoadPath|Redirect|Extraction|Extract|Cd|Drop|Back|Undo)\b",
        "a check switched off": r"\bbypass_check\b|\bUnset\s+(?:Guard|Positivity|Universe)\b",
        "impredicative types": r"\bSet\s+(?:Impredicative|Universe\s+Checking)\b|type-in-type",
    }.items()
}
COMPILE = "coqc -q -noglob {name}.v >&2 || exit 1\n"
GIVE = "cat {name}.vo >&4\n"
CHECK = (
    "Require Challenge.\nRequire Solution.\n"
    "Definition check : Challenge.statement := Solution.{theorem}.\n"
    "Print Assumptions check.\n"
)
REPLAY = "coqchk -silent -o -norec Challenge -norec Solution -norec Check"
_MARK = "verigrad-replay"
_KEPT = 64
_FINDLIB = Path("/etc/ocamlfind.conf")
_CHALLENGES: OrderedDict[str, bytes] = OrderedDict()
_LOCK = threading.Lock()
_INSTALL = "coqc is not installed: `apt-get install coq` (or opam's coq), then `verigrad doctor`"


class CoqPolicy(ProverPolicy):
    """theorem: the name that a solution must define. wall_s is sixteen times what a verdict takes:
    a tactic that never ends is the policy's, and the gate allows ten seconds for a judgement.
    """

    theorem: str = "goal"
    wall_s: float = 8.0


@dataclass(frozen=True, slots=True)
class Challenge:
    """`Challenge.v`, the statement as written, and the axioms allowed, by full names."""

    source: str
    statement: str
    axioms: tuple[str, ...]


class Coq(ProofVerifier):
    """A Coq proof of the challenge's statement, from the allowed axioms, replayed by coqchk.

    The challenge is `{"statement": "forall n : nat, n + 0 = n"}`; further fields are `preamble`
    (Coq text in front of it, with `Require Export` for what solutions should see) and `axioms`
    (full names such as "Coq.Logic.Classical_Prop.classic"). The solution is Coq text that defines
    `goal`; it finds the challenge imported.
    """

    name: ClassVar[str] = "coq"
    version: ClassVar[str] = "1"
    language: ClassVar[str] = "coq"
    policy_type: ClassVar[type[Policy]] = CoqPolicy
    proves: ClassVar[str] = "the statement holds in Coq's logic, from the allowed axioms alone"
    assurance: ClassVar[str] = "statement_compared, replayed by coqchk"
    cost: ClassVar[str] = "two runs of coqc and one of coqchk: 0.5 s"
    cannot: ClassVar[str] = "tell whether the statement says what its author meant"

    def read_challenge(self, problem: Problem) -> Challenge:
        """The trusted file; whether it compiles is found when it is first used."""
        fields: dict[str, Any] = challenge_fields(problem, needs=("statement",))
        statement = fields["statement"].strip().removesuffix(".")
        plain = without_comments(statement, opening="(*", closing="*)")
        if not plain.strip() or re.search(r"\.(?:\s|$)", plain):
            why = "the statement must be one term, without a full stop"
            raise UnreadableError(Reason.BAD_REFERENCE, why)
        preamble = fields.get("preamble", "")
        source = f"{preamble}\nDefinition statement : Prop := {statement}\n.\n"
        return Challenge(source, statement, tuple(fields.get("axioms", ())))

    def check(self, challenge: Challenge, proof: str) -> Checked:
        """Early reject, compile, compare, replay."""
        if shutil.which("coqc") is None:
            return Checked(Reason.INFRASTRUCTURE, _INSTALL)
        plain = without_comments(proof, opening="(*", closing="*)")
        if not plain.strip():
            return Checked(Reason.MALFORMED, "comments or strings that do not end, or no proof")
        if banned := find_banned(plain, BANNED):
            return Checked(Reason.VIOLATION, f"{banned} in the solution")
        trusted = self._compiled_challenge(challenge)
        if isinstance(trusted, Checked):
            return trusted
        solution = f"Require Import Challenge.\n{proof}\n"
        run = self._run(
            COMPILE.format(name="Solution") + GIVE.format(name="Solution"),
            {"Challenge.vo": trusted, "Solution.v": solution.encode()},
        )
        if run.early is not None:
            return run.early
        if run.result.exit_code != 0 or not run.result.message:
            return Checked(Reason.WRONG, _first_error(run.errors, moved=1))
        return self._judge(challenge, trusted, run.result.message)

    def _judge(self, challenge: Challenge, trusted: bytes, solution: bytes) -> Checked:
        check = CHECK.format(theorem=self.policy.theorem)
        files = {"Challenge.vo": trusted, "Solution.vo": solution, "Check.v": check.encode()}
        replays = shutil.which("coqchk") is not None
        replay = f"echo {_MARK}\n{REPLAY} 2>&1\n" if replays else ""
        run = self._run("coqc -q -noglob Check.v || exit 1\n" + replay, files)
        if run.early is not None:
            return run.early
        if _MARK not in run.text if replays else run.result.exit_code != 0:
            return Checked(Reason.WRONG, f"another statement: {_first_error(run.errors, moved=0)}")
        printed, _, summary = run.text.partition(_MARK)
        try:
            used = read_assumptions(printed)
            refused = [name for name in used if not _is_allowed(name, challenge.axioms)]
            if refused:
                why = f"rests on {', '.join(refused[:10])}"
                return Checked(Reason.VIOLATION, why, Assurance.ELABORATED)
            if replays:
                refused = _refused(summary, exit_code=run.result.exit_code)
        except UnknownOutputError as error:
            return Checked(Reason.VIOLATION, str(error), Assurance.ELABORATED)
        if refused:
            why = f"coqchk refuses: {', '.join(refused[:10])}"
            return Checked(Reason.VIOLATION, why, Assurance.ELABORATED)
        return Checked(
            Reason.CORRECT,
            assurance=Assurance.STATEMENT_COMPARED if replays else Assurance.AXIOMS_CHECKED,
            proves=challenge.statement,
            evidence={"axioms": used},
        )

    def _compiled_challenge(self, challenge: Challenge) -> bytes | Checked:
        """`Challenge.vo`, compiled once for equal sources."""
        key = digest_bytes(challenge.source.encode())
        with _LOCK:
            if key in _CHALLENGES:
                _CHALLENGES.move_to_end(key)
                return _CHALLENGES[key]
        script = COMPILE.format(name="Challenge") + GIVE.format(name="Challenge")
        run = self._run(script, {"Challenge.v": challenge.source.encode()})
        if run.early is not None and run.early.reason is Reason.INFRASTRUCTURE:
            return run.early
        if run.early is not None or run.result.exit_code != 0 or not run.result.message:
            why = f"the challenge does not compile: {_first_error(run.errors, moved=0)}"
            return Checked(Reason.BAD_REFERENCE, why)
        with _LOCK:
            _CHALLENGES[key] = run.result.message
            while len(_CHALLENGES) > _KEPT:
                _CHALLENGES.popitem(last=False)
        return run.result.message

    def _run(self, script: str, files: dict[str, bytes]) -> Run:
        """With findlib's configuration beside the files: the sandbox shows no /etc."""
        settings = _FINDLIB.read_bytes() if _FINDLIB.exists() else b""
        script = f"export OCAMLFIND_CONF=$PWD/{_FINDLIB.name}\n{script}"
        return run_script(script, {**files, _FINDLIB.name: settings}, policy=self.policy)


def _is_allowed(name: str, allowed: tuple[str, ...]) -> bool:
    return any(full == name or full.endswith(f".{name}") for full in allowed)


def _refused(summary: str, *, exit_code: int | None) -> list[str]:
    """Axioms of the solution's own, and everything that skipped a check of the kernel."""
    if exit_code != 0:
        raise UnknownOutputError(f"coqchk: {summary.strip()[-300:]}")
    found = read_summary(summary)
    own = [name for name in found.axioms if name.startswith(("Solution.", "Check."))]
    return [*own, *found.unsafe]


def _first_error(text: str, *, moved: int) -> str:
    """The first complaint, its line counted in the solution's own text."""
    match = re.search(r"line (\d+), characters (\d+-\d+):\s*(Error:?.*)", text, re.DOTALL)
    if match is None:
        return text.strip()[:400] or "coqc gave no result"
    message = " ".join(match[3].split())
    return f"line {int(match[1]) - moved}, characters {match[2]}: {message[:400]}"
