"""Verifiers put together; each member's own verdict stays in the evidence."""

from verigrad.verifiers.compose.gated import Gated
from verigrad.verifiers.compose.joins import AllOf, AnyOf, Cascade, Majority, Weighted
from verigrad.verifiers.compose.observed import Observed

__all__ = ["AllOf", "AnyOf", "Cascade", "Gated", "Majority", "Observed", "Weighted"]
