"""Coq: honest proofs pass, cheats do not, with and without the early filter."""

import json
import shutil
from importlib import resources
from pathlib import Path

import pytest

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.verifiers.proofs.coq import Coq
from verigrad.verifiers.proofs.coq import verifier as module
from verigrad.verifiers.proofs.coq.reading import (
    UnknownOutputError,
    read_assumptions,
    read_summary,
)
from verigrad.verifiers.proofs.provers import without_comments

CASES = Path(__file__).parents[3] / "cases"
HONEST = [json.loads(line) for line in (CASES / "coq_honest.jsonl").read_text().splitlines()]
_CHEATS = resources.files("verigrad.audit.corpora").joinpath("proofs", "coq_cheats.jsonl")
CHEATS = [json.loads(line) for line in _CHEATS.read_text("utf-8").splitlines()]
needs_coq = pytest.mark.skipif(shutil.which("coqc") is None, reason="Debian's coq is not installed")
SHORT = 4  # of each list in the fast suite; `make test-slow` runs all


def judge(row, **switches):
    challenge = {key: row[key] for key in ("statement", "preamble", "axioms") if key in row}
    return Coq(wall_s=20.0, **switches).verify(Problem.of("?", challenge), row["proof"])


def check_honest(row):
    verdict = judge(row)
    assert verdict.is_correct, verdict.evidence
    assert verdict.certainty == "statement_compared"


def check_cheat(row):
    verdict = judge(row)
    assert verdict.score == 0.0, verdict.evidence


@needs_coq
@pytest.mark.parametrize("row", HONEST[:SHORT], ids=lambda row: row["why"])
def test_honest(row):
    check_honest(row)


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize("row", HONEST[SHORT:], ids=lambda row: row["why"])
def test_honest_slow(row):
    check_honest(row)


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize("row", CHEATS, ids=lambda row: row["why"])
def test_cheat(row):
    check_cheat(row)


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize("row", CHEATS, ids=lambda row: row["why"])
def test_cheat_without_the_early_filter(row, monkeypatch):
    """The filter is an early no; what holds is the comparison, the assumptions and the replay."""
    monkeypatch.setattr(module, "BANNED", {})
    check_cheat(row)


@needs_coq
@pytest.mark.parametrize(
    "why", ["an axiom behind", "False defined anew", "recursion without a measure"]
)
def test_cheats_that_only_the_judge_sees(why, monkeypatch):
    monkeypatch.setattr(module, "BANNED", {})
    check_cheat(next(row for row in CHEATS if row["why"] == why))


def test_half_a_character_is_malformed():
    verdict = judge({"statement": "True", "proof": "(* \ud800 *) Definition goal := I."})
    assert verdict.reason is Reason.MALFORMED


@needs_coq
def test_a_challenge_that_does_not_compile_abstains():
    row = {"statement": "forall n : nonsense, n = n", "proof": "Definition goal := I."}
    assert judge(row).reason is Reason.BAD_REFERENCE


def test_a_missing_prover_fails_and_says_what_to_install(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    verdict = judge({"statement": "True", "proof": "Definition goal := I."})
    assert verdict.reason is Reason.INFRASTRUCTURE
    assert "apt-get install coq" in verdict.evidence["why"]


@pytest.mark.parametrize(
    "statement", ["True. Axiom x : False", "", "(* open", "True.\nDefinition y := I"]
)
def test_statements_that_are_no_single_term_abstain(statement):
    verdict = judge({"statement": statement, "proof": "Definition goal := I."})
    assert verdict.reason is Reason.BAD_REFERENCE


def test_assumptions_are_read_strictly():
    assert read_assumptions("Closed under the global context\n") == []
    text = "Axioms:\nclassic : forall P : Prop, P \\/ ~ P\nM.h\n  : False\n"
    assert read_assumptions(text) == ["classic", "M.h"]
    for odd in ("", "Axioms:\nf is assumed to be guarded.", "Section Variables:\nx : nat",
                "Closed under the global context\nAxioms:\nx : False"):  # fmt: skip
        with pytest.raises(UnknownOutputError):
            read_assumptions(odd)


def test_a_summary_is_read_whole_or_not_at_all():
    text = """
CONTEXT SUMMARY
===============

* Theory: Set is predicative

* Axioms:
    Solution.cheat
    Coq.Logic.Classical_Prop.classic

* Constants/Inductives relying on type-in-type: <none>

* Constants/Inductives relying on unsafe (co)fixpoints:
    Solution.f

* Inductives whose positivity is assumed: <none>
"""
    summary = read_summary(text)
    assert summary.axioms == ("Solution.cheat", "Coq.Logic.Classical_Prop.classic")
    assert summary.unsafe == ("Solution.f",)
    for part in ("", "CONTEXT SUMMARY", text.replace("* Inductives", "Inductives")):
        with pytest.raises(UnknownOutputError):
            read_summary(part)


def test_comments_nest_and_must_end():
    def strip(text):
        return without_comments(text, opening="(*", closing="*)")

    assert strip("a (* x (* y *) z *) b").split() == ["a", "b"]
    assert strip('a "(*" b') == 'a "" b'
    assert strip("a (* b") == ""
    assert strip('a " b') == ""
    assert strip('(* " *) Admitted. (* " *)') == ""  # Coq reads strings inside comments
