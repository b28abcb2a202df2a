"""Showcase of `isabelle`."""

import shutil

from verigrad.core.types import Problem
from verigrad.verifiers.proofs.isabelle import Isabelle
from verigrad.verifiers.showcases import Sample, Showcase

_CLAIM = "ALL n::nat. n + 0 = n"
_LOGIC = "ALL p q. p & q --> q & p"


def showcase() -> Showcase:
    """One theorem of arithmetic and one of logic."""
    missing = "" if shutil.which("isabelle") else "Isabelle is not installed"
    return Showcase(
        Isabelle(),
        (
            Sample(
                Problem.of("Prove in Isabelle that n + 0 = n.", {"statement": _CLAIM}),
                (f'lemma goal: "{_CLAIM}" by simp',),
                (f'lemma goal: "{_CLAIM}" sorry', 'lemma goal: "True" by simp'),
            ),
            Sample(
                Problem.of("Prove in Isabelle that conjunction commutes.", {"statement": _LOGIC}),
                (f'lemma goal: "{_LOGIC}" by blast',),
                ('lemma goal: "ALL p q. p & q --> p" by blast', f'lemma goal: "{_LOGIC}" oops'),
            ),
        ),
        pieces=("lemma goal: ", '"', "by simp", "(*", "*)", "\n"),
        max_fuzz=20,
        missing=missing,
    )
