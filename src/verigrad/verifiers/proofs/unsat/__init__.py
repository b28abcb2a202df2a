"""Refutations of propositional formulas: LRAT and RUP proofs in checkers of our own."""

from verigrad.verifiers.proofs.unsat.verifier import Unsat, UnsatPolicy

__all__ = ["Unsat", "UnsatPolicy"]
