"""Answers from documents: cited, quoted, typed, and refused where the documents are silent."""

from verigrad.verifiers.grounding.verifier import Grounding, GroundingPolicy, with_entailment

__all__ = ["Grounding", "GroundingPolicy", "with_entailment"]
