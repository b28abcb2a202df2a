"""Coq (Rocq): statement compared, assumptions printed, kernel replayed by coqchk."""

from verigrad.verifiers.proofs.coq.verifier import Coq, CoqPolicy

__all__ = ["Coq", "CoqPolicy"]
