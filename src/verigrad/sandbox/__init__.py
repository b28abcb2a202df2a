"""Running untrusted code, with the isolation level reported."""

from verigrad.sandbox.job import Job, Level, Limits, Phase, Result, Sandbox, Status, failed
from verigrad.sandbox.shared import shared_sandbox, use_sandbox

__all__ = [
    "Job",
    "Level",
    "Limits",
    "Phase",
    "Result",
    "Sandbox",
    "Status",
    "failed",
    "shared_sandbox",
    "use_sandbox",
]
