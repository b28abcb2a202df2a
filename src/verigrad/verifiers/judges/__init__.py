"""Model judges: opinions, asked with care and marked as such (`verifiable = False`)."""

from verigrad.verifiers.judges.appeal import Appeal
from verigrad.verifiers.judges.calibration import Calibration
from verigrad.verifiers.judges.client import (
    ModelClient,
    ModelReply,
    ModelRequest,
    ModelServerError,
    ScriptedClient,
)
from verigrad.verifiers.judges.judge import Judge, calibrate
from verigrad.verifiers.judges.policy import JudgePolicy

__all__ = [
    "Appeal",
    "Calibration",
    "Judge",
    "JudgePolicy",
    "ModelClient",
    "ModelReply",
    "ModelRequest",
    "ModelServerError",
    "ScriptedClient",
    "calibrate",
]
