"""Code: programs and functions judged by tests they never see."""

from verigrad.verifiers.code.policy import CodePolicy
from verigrad.verifiers.code.verifier import Code

__all__ = ["Code", "CodePolicy"]
