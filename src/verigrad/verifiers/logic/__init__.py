"""Formulas of propositional and first-order logic: is the answer equivalent to the reference?"""

from verigrad.verifiers.logic.verifier import Logic

__all__ = ["Logic"]
