"""Call a Python function on plain JSON inside the sandbox; a number comes back, or a fault."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verigrad.core.errors import SetupError
from verigrad.sandbox import Job, Level, Limits, Status, shared_sandbox
from verigrad.verifiers.code.frames import BadFrames, read_frames
from verigrad.verifiers.code.packing import ENTRY, job_files, message, new_nonce
from verigrad.verifiers.graders.errors import GraderError, GradingError

_RUNNER = Path(__file__).parent / "child" / "run_function.py"


@dataclass(frozen=True, slots=True)
class Called:
    """What a function gave, and at which level it ran."""

    value: float
    level: Level | None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Within what a function runs."""

    time_limit_s: float = 10.0
    memory_mb: int = 512
    preset: str = "python"
    minimum_level: Level = Level.PROCESS


def call_function(
    source: str, function: str, arguments: Sequence[Any], *, bounds: Bounds
) -> Called:
    """`function(*arguments)` of `source`; GradingError says whose fault it was that none came."""
    nonce = new_nonce()
    request = {"nonce": nonce, "source": source, "function": function, "arguments": list(arguments)}
    limits = Limits(
        wall_s=bounds.time_limit_s, cpu_s=bounds.time_limit_s, memory_mb=bounds.memory_mb
    )
    job = Job(
        preset=bounds.preset,
        entry=ENTRY,
        files=job_files(),
        message=message(("codec", "solution", _RUNNER), json.dumps(request).encode()),
        limits=limits,
        minimum=bounds.minimum_level,
    )
    try:
        result = shared_sandbox().run(job)
    except SetupError as error:
        raise GradingError(GraderError.PYTHON_SERVER, str(error)) from None
    if result.status is Status.FAILED:
        raise GradingError(GraderError.PYTHON_SERVER, result.why)
    if not result.exited_cleanly:
        raise GradingError(GraderError.PYTHON_RUNTIME, result.why or f"ended as {result.status}")
    try:
        ((kind, value),) = read_frames(result.message, nonce=nonce, count=1)
    except (BadFrames, ValueError, TypeError) as error:
        raise GradingError(GraderError.PYTHON_RUNTIME, f"no result: {error}") from None
    if kind == "raised":
        raise GradingError(GraderError.PYTHON_RUNTIME, str(value))
    if kind != "gave" or not isinstance(value, int | float) or isinstance(value, bool):
        raise GradingError(GraderError.UNRESPONSIVE, "the function gave no finite number")
    return Called(float(value), result.level)
