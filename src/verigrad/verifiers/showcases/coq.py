"""Showcase of `coq`."""

import shutil

from verigrad.core.types import Problem
from verigrad.verifiers.proofs.coq import Coq
from verigrad.verifiers.showcases import Sample, Showcase

_CLAIM = "forall n : nat, n + 0 = n"
_PROOF = f"Theorem goal : {_CLAIM}.\nProof. induction n; simpl; congruence. Qed."


def showcase() -> Showcase:
    """A theorem by induction and one of logic."""
    missing = "" if shutil.which("coqc") else "Coq is not installed: apt-get install coq"
    return Showcase(
        Coq(),
        (
            Sample(
                Problem.of("Prove in Coq that adding 0 on the right changes nothing.",
                           {"statement": _CLAIM}),
                (_PROOF, f"```coq\n{_PROOF}\n```"),
                (
                    _PROOF.replace("n + 0 = n", "0 + n = n"),
                    _PROOF.replace("induction n; ", ""),
                    f"Theorem goal : {_CLAIM}.\nProof. Admitted.",
                    f"Axiom cheat : False.\nTheorem goal : {_CLAIM}.\nProof. destruct cheat. Qed.",
                    "Definition goal := I.",
                ),
            ),
            Sample(
                Problem.of("Prove in Coq that conjunction commutes.",
                           {"statement": "forall P Q : Prop, P /\\ Q -> Q /\\ P"}),
                ("Theorem goal : forall P Q : Prop, P /\\ Q -> Q /\\ P.\nProof. tauto. Qed.",),
                (
                    "Theorem goal : forall P Q : Prop, P /\\ Q -> P.\nProof. tauto. Qed.",
                    "Theorem goal : forall P Q : Prop, P -> Q /\\ P.\nProof. tauto. Qed.",
                ),
            ),
        ),
        pieces=("Theorem goal : ", "Proof. ", "Qed.", "induction n; ", "simpl. ", "(* ", "*) "),
        max_fuzz=150,
        missing=missing,
    )  # fmt: skip
