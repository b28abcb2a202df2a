"""Metamath: a small kernel of our own, and the verifier on top of it."""

from verigrad.verifiers.proofs.metamath.database import Database
from verigrad.verifiers.proofs.metamath.verifier import Metamath, MetamathPolicy

__all__ = ["Database", "Metamath", "MetamathPolicy"]
