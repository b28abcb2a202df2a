"""Lean 4, through what its user has: a project with the comparator, or a REPL server.

Lean text runs code while it is elaborated, and its notations travel with an import: a check that is
itself written in Lean beside a solution can be rewritten by it. So nothing above `elaborated` is
claimed of a server's word. The comparator (leanprover/comparator) builds challenge and solution in
a sandbox of its own, exports both, compares the statements, checks the axioms and replays the
solution in a kernel: its yes is `statement_compared`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.verifiers.base import Policy
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.proofs.base import (
    Assurance,
    Checked,
    ProofPolicy,
    ProofVerifier,
    challenge_fields,
)
from verigrad.verifiers.proofs.provers import find_banned, without_comments

AXIOMS = ("propext", "Quot.sound", "Classical.choice")
BANNED = {
    name: re.compile(pattern)
    for name, pattern in {
        "an unfinished proof": r"\b(?:sorry|admit|sorryAx)\b",
        "an axiom": r"\b(?:axiom|constant|opaque)\b",
        "trust in the compiler": r"\b(?:native_decide|ofReduceBool|trustCompiler)\b",
        "code behind a definition": r"\b(?:implemented_by|extern|unsafe|csimp)\b",
        "metaprogramming": r"\b(?:macro|macro_rules|elab|elab_rules|syntax|run_cmd|run_elab"
        r"|run_meta|initialize|builtin_initialize|modifyEnv|addDecl)\b|#eval",
        "a notation": r"\b(?:notation3?|infixl?|infixr|prefix|postfix|instance)\b",
        "a check switched off": r"\bdebug\.",
        "an early end": r"#exit",
    }.items()
}
_PROJECT_FILES = ("lakefile.toml", "lakefile.lean", "lean-toolchain", "lake-manifest.json")
_INSTALL = (
    "give the verifier a Lean project with the comparator built (policy `project`), or the URL of "
    "a Lean REPL server (policy `server`): see docs/how-to/check-proofs.md"
)


class LeanPolicy(ProofPolicy):
    """project: a lake project whose `lake env comparator` works. server: a REPL server's URL.

    theorem: the name that challenge and solution share.
    """

    project: str | None = None
    server: str | None = None
    theorem: str = "goal"
    wall_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Challenge:
    """`Challenge.lean` with a hole for the proof, and the axioms that may be used."""

    source: str
    statement: str
    axioms: tuple[str, ...]


class Lean(ProofVerifier):
    """A Lean proof of the challenge's statement, judged by the comparator.

    The challenge is `{"statement": "2 + 2 = 4"}`; further fields are `preamble` (imports and
    definitions in front) and `axioms` (default: Lean's three). The solution is a whole file that
    proves `theorem goal : STATEMENT`.
    """

    name: ClassVar[str] = "lean"
    version: ClassVar[str] = "1"
    language: ClassVar[str] = "lean"
    policy_type: ClassVar[type[Policy]] = LeanPolicy
    proves: ClassVar[str] = "the statement holds in Lean's logic, from the allowed axioms alone"
    cannot: ClassVar[str] = "tell whether the statement says what its author meant"
    assurance: ClassVar[str] = "statement_compared by the comparator; elaborated by a server"
    cost: ClassVar[str] = "a build of two files"

    def read_challenge(self, problem: Problem) -> Challenge:
        """The trusted file."""
        fields: dict[str, Any] = challenge_fields(problem, needs=("statement",))
        statement = fields["statement"].strip()
        if ":=" in without_comments(statement, opening="/-", closing="-/"):
            raise UnreadableError(Reason.BAD_REFERENCE, "the statement must be one type")
        head = f"{fields.get('preamble', '')}\n".lstrip("\n")
        source = f"{head}theorem {self.policy.theorem} : {statement} := by\n  sorry\n"
        return Challenge(source, statement, tuple(fields.get("axioms", AXIOMS)))

    def check(self, challenge: Challenge, proof: str) -> Checked:
        """Early reject, then the comparator, else the server."""
        plain = without_comments(re.sub(r"--[^\n]*", "", proof), opening="/-", closing="-/")
        if not plain.strip():
            return Checked(Reason.MALFORMED, "comments or strings that do not end, or no proof")
        if banned := find_banned(plain, BANNED):
            return Checked(Reason.VIOLATION, f"{banned} in the solution")
        if self.policy.project is not None:
            return self._compare(challenge, proof)
        if self.policy.server is not None:
            return self._ask(challenge, proof)
        return Checked(Reason.INFRASTRUCTURE, _INSTALL)

    def _compare(self, challenge: Challenge, proof: str) -> Checked:
        project = Path(self.policy.project)
        if shutil.which("lake") is None or not project.is_dir():
            return Checked(
                Reason.INFRASTRUCTURE, f"no `lake`, or no project at {project}: {_INSTALL}"
            )
        config = {
            "challenge_module": "Challenge",
            "solution_module": "Solution",
            "theorem_names": [self.policy.theorem],
            "permitted_axioms": list(challenge.axioms),
        }
        with tempfile.TemporaryDirectory(prefix="verigrad-lean-") as folder:
            work = Path(folder)
            for name in _PROJECT_FILES:
                if (project / name).is_file():
                    shutil.copy(project / name, work / name)
            if (project / ".lake").is_dir():
                (work / ".lake").mkdir()
                for part in (project / ".lake").iterdir():
                    (work / ".lake" / part.name).symlink_to(part.resolve())
            (work / "Challenge.lean").write_text(challenge.source, encoding="utf-8")
            (work / "Solution.lean").write_text(proof, encoding="utf-8")
            (work / "config.json").write_text(json.dumps(config), encoding="utf-8")
            line = ["lake", "env", "comparator", "config.json"]
            code, said = _run(line, work, wall_s=self.policy.wall_s)
        if code is None:
            return Checked(Reason.TIMEOUT, "the comparator did not end in time")
        if code == _NOT_FOUND or "unknown command" in said:
            return Checked(Reason.INFRASTRUCTURE, f"the comparator does not run: {said[-300:]}")
        if code != 0:
            return Checked(Reason.WRONG, said.strip()[-400:] or "the comparator refuses it")
        return Checked(
            Reason.CORRECT, assurance=Assurance.STATEMENT_COMPARED, proves=challenge.statement
        )

    def _ask(self, challenge: Challenge, proof: str) -> Checked:
        """A REPL server (kimina-lean-server's `/api/check`): elaborated, and no more."""
        goal = rf"theorem\s+{re.escape(self.policy.theorem)}\s*:\s*(.*?)\s*:="
        stated = re.search(goal, proof[:20_000], re.DOTALL)
        if stated is None or " ".join(stated[1].split()) != " ".join(challenge.statement.split()):
            return Checked(Reason.WRONG, f"no `theorem {self.policy.theorem} : STATEMENT`")
        snippet = {"id": "solution", "code": proof}
        body = json.dumps({"snippets": [snippet], "timeout": int(self.policy.wall_s)}).encode()
        headers = {"Content-Type": "application/json"}
        address = f"{self.policy.server.rstrip('/')}/api/check"
        request = urllib.request.Request(address, body, headers)  # noqa: S310 (the user's own URL)
        try:
            with urllib.request.urlopen(request, timeout=self.policy.wall_s + 10) as reply:  # noqa: S310
                result = json.load(reply)["results"][0]
        except (urllib.error.URLError, OSError, ValueError, LookupError, TypeError) as error:
            return Checked(Reason.INFRASTRUCTURE, f"the Lean server: {error}")
        return _read_reply(result, challenge.statement)


def _read_reply(result: dict[str, Any], statement: str) -> Checked:
    """A reply without errors, without warnings of `sorry`, and with a response at all."""
    response = result.get("response")
    if result.get("error") or not isinstance(response, dict):
        return Checked(Reason.INFRASTRUCTURE, f"the Lean server: {result.get('error')}")
    messages = response.get("messages") or []
    errors = [m for m in messages if m.get("severity") == "error"]
    if errors:
        place = errors[0].get("pos") or {}
        why = f"line {place.get('line')}: {errors[0].get('data', '')}"[:400]
        return Checked(Reason.WRONG, why, evidence={"errors": len(errors)})
    if response.get("sorries") or any("sorry" in str(m.get("data", "")) for m in messages):
        return Checked(Reason.WRONG, "the proof is incomplete: it uses sorry")
    return Checked(Reason.CORRECT, assurance=Assurance.ELABORATED, proves=statement)


_NOT_FOUND = 127


def _run(line: list[str], folder: Path, *, wall_s: float) -> tuple[int | None, str]:
    """Exit code (None: killed at the deadline, with all it started) and what it said."""
    with subprocess.Popen(
        line, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    ) as process:
        try:
            said, _ = process.communicate(timeout=wall_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return None, ""
    return process.returncode, said.decode("utf-8", "replace")
