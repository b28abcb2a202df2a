"""Instruction constraints: length, format, language, keywords; each decided, none guessed."""

from verigrad.verifiers.constraints.verifier import ConstraintPolicy, Constraints

__all__ = ["ConstraintPolicy", "Constraints"]
