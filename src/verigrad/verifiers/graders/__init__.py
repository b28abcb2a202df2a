"""Graders of others: OpenAI's grader JSON, and Python functions, both within bounds."""

from verigrad.verifiers.graders.function import Function, FunctionPolicy
from verigrad.verifiers.graders.verifier import Grader, GraderPolicy

__all__ = ["Function", "FunctionPolicy", "Grader", "GraderPolicy"]
