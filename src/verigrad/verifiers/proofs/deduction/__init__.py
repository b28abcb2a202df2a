"""Natural deduction for propositional logic, checked line by line."""

from verigrad.verifiers.proofs.deduction.verifier import Deduction, DeductionPolicy

__all__ = ["Deduction", "DeductionPolicy"]
