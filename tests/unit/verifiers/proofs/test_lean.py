"""Lean: the protocol, against a scripted comparator and a scripted server (no Lean is here)."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.verifiers.proofs.base import Assurance
from verigrad.verifiers.proofs.lean import Lean

PROBLEM = Problem.of("Prove it.", {"statement": "2 + 2 = 4"})
PROOF = "theorem goal : 2 + 2 = 4 := rfl"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project, and a `lake` that records what it is given and ends as the test says."""
    folder = tmp_path / "project"
    (folder / ".lake" / "packages").mkdir(parents=True)
    (folder / "lakefile.toml").write_text('name = "p"\n')
    tools = tmp_path / "bin"
    tools.mkdir()

    def script(body):
        lake = tools / "lake"
        lake.write_text(
            f"#!/bin/sh\ncp Challenge.lean Solution.lean config.json {tmp_path}\n{body}\n"
        )
        lake.chmod(0o755)

    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    return folder, script, tmp_path


def judge(folder, proof=PROOF, **switches):
    return Lean(project=str(folder), wall_s=5.0, **switches).verify(PROBLEM, proof)


def test_the_comparator_decides(project):
    folder, script, seen = project
    script('test -d .lake/packages && test -f lakefile.toml && test "$3" = config.json')
    verdict = judge(folder)
    assert verdict.is_correct
    assert verdict.certainty == "statement_compared"
    config = json.loads((seen / "config.json").read_text())
    assert config["permitted_axioms"] == ["propext", "Quot.sound", "Classical.choice"]
    assert config["theorem_names"] == ["goal"]
    assert (seen / "Challenge.lean").read_text() == "theorem goal : 2 + 2 = 4 := by\n  sorry\n"
    assert (seen / "Solution.lean").read_text() == PROOF


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("echo statement differs; exit 1", Reason.WRONG),
        ("sleep 30", Reason.TIMEOUT),
        ("exit 127", Reason.INFRASTRUCTURE),
    ],
)
def test_what_the_comparator_may_say(project, body, reason):
    folder, script, _ = project
    script(body)
    verdict = Lean(project=str(folder), wall_s=1.0).verify(PROBLEM, PROOF)
    assert verdict.reason is reason


@pytest.mark.parametrize(
    "proof",
    [
        "theorem goal : 2 + 2 = 4 := sorry",
        "theorem goal : 2 + 2 = 4 := by admit",
        "axiom cheat : False\ntheorem goal : 2 + 2 = 4 := cheat.elim",
        "theorem goal : 2 + 2 = 4 := by native_decide",
        "macro_rules | `(tactic| rfl) => `(tactic| trivial)\ntheorem goal : 2 + 2 = 4 := rfl",
        'local notation "2" => 4\ntheorem goal : 2 + 2 = 4 := rfl',
        "set_option debug.skipKernelTC true\ntheorem goal : 2 + 2 = 4 := rfl",
        "@[implemented_by f] def g := 1\ntheorem goal : 2 + 2 = 4 := rfl",
        "theorem goal : 2 + 2 = 4 := rfl\n#exit",
        '#eval IO.FS.writeFile "Challenge.lean" ""',
    ],
)
def test_early_rejects(project, proof):
    folder, script, _ = project
    script("exit 0")
    assert judge(folder, proof).reason is Reason.VIOLATION


def test_banned_words_in_comments_are_no_harm(project):
    folder, script, _ = project
    script("exit 0")
    assert judge(folder, f"/- no sorry /- here -/ -/\n{PROOF} -- no axiom").is_correct


def test_without_lean_it_fails_and_says_what_to_do():
    verdict = Lean().verify(PROBLEM, PROOF)
    assert verdict.reason is Reason.INFRASTRUCTURE
    assert "check-proofs.md" in verdict.evidence["why"]


@pytest.fixture
def server():
    replies = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            assert json.loads(self.rfile.read(length))["snippets"][0]["code"] == PROOF
            body = json.dumps({"results": [replies[-1]]}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http.server_port}", replies
    http.shutdown()
    http.server_close()


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ({"response": {"env": 0}}, Reason.CORRECT),
        ({"response": {"messages": [{"severity": "error", "data": "type mismatch"}]}}, Reason.WRONG),
        ({"response": {"messages": [{"severity": "warning", "data": "declaration uses 'sorry'"}]}}, Reason.WRONG),
        ({"response": {"sorries": [{}]}}, Reason.WRONG),
        ({"error": "timed out"}, Reason.INFRASTRUCTURE),
        ({"response": None}, Reason.INFRASTRUCTURE),
    ],
)  # fmt: skip
def test_a_server_shows_elaboration_and_no_more(server, reply, reason):
    address, replies = server
    replies.append(reply)
    lenient = Lean(server=address, wall_s=5.0, least_assurance=Assurance.ELABORATED)
    assert lenient.verify(PROBLEM, PROOF).reason is reason
    if reason is Reason.CORRECT:
        assert lenient.verify(PROBLEM, PROOF).certainty == "elaborated"
        strict = Lean(server=address, wall_s=5.0).verify(PROBLEM, PROOF)
        assert strict.reason is Reason.UNDECIDED
        assert strict.score == 0.0


def test_a_server_is_not_asked_about_another_statement(server):
    address, _ = server
    lenient = Lean(server=address, wall_s=5.0, least_assurance=Assurance.ELABORATED)
    assert lenient.verify(PROBLEM, "theorem goal : True := trivial").reason is Reason.WRONG


def test_a_server_that_is_away_is_a_failure():
    lenient = Lean(server="http://127.0.0.1:9", wall_s=1.0, least_assurance=Assurance.ELABORATED)
    assert lenient.verify(PROBLEM, PROOF).reason is Reason.INFRASTRUCTURE
