"""Isabelle: the protocol, against a scripted sandbox (no Isabelle is here)."""

import shutil

import pytest

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.sandbox import Result, Status
from verigrad.verifiers.proofs import isabelle as module
from verigrad.verifiers.proofs import provers
from verigrad.verifiers.proofs.isabelle import Isabelle

PROBLEM = Problem.of("Prove it.", {"statement": "ALL n::nat. n + 0 = n"})
PROOF = 'lemma goal: "ALL n::nat. n + 0 = n" by simp'


@pytest.fixture
def says(monkeypatch):
    """Let the sandbox answer a text and an exit code; gives the jobs it saw."""
    seen = []

    def answer(text, code=0):
        class Scripted:
            def run(self, job):
                seen.append(job)
                return Result(Status.EXITED, exit_code=code, stdout=text.encode())

        monkeypatch.setattr(shutil, "which", lambda name: "/usr/local/bin/isabelle")
        monkeypatch.setattr(provers, "shared_sandbox", Scripted)
        return seen

    return answer


def test_a_build_without_oracles_passes(says):
    seen = says("Building Verigrad\nFinished Verigrad\nverigrad-checked\n")
    verdict = Isabelle().verify(PROBLEM, PROOF)
    assert verdict.is_correct
    assert verdict.certainty == "axioms_checked"
    assert b"statement = (ALL n::nat. n + 0 = n)" in seen[0].files["Challenge.thy"]
    assert PROOF.encode() in seen[0].files["Solution.thy"]
    assert b"thm_oracles" in seen[0].files["Check.thy"]


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        ("Failed to finish proof", 1, Reason.WRONG),
        ("oracles: skip_proof\nverigrad-checked\n", 0, Reason.VIOLATION),
        ("Finished", 0, Reason.WRONG),
        ("verigrad-checked\nand then more", 0, Reason.WRONG),
    ],
)
def test_everything_else_does_not(says, text, code, reason):
    says(text, code)
    assert Isabelle().verify(PROBLEM, PROOF).reason is reason


@pytest.mark.parametrize(
    "proof",
    ['lemma goal: "x" sorry', "ML \u2039val x = 1\u203a", "axiomatization where a: False", "oops",
     'notation plus (infix "+" 5)', "oracle x = y", 'declare [[quick_and_dirty]]'],
)  # fmt: skip
def test_early_rejects(says, proof):
    says("verigrad-checked")
    assert Isabelle().verify(PROBLEM, proof).reason is Reason.VIOLATION


def test_without_isabelle_it_fails_and_says_what_to_do(monkeypatch):
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    verdict = Isabelle().verify(PROBLEM, PROOF)
    assert verdict.reason is Reason.INFRASTRUCTURE
    assert "/usr/local" in verdict.evidence["why"]
