"""`function`: a Python function of yours as a verifier, bounded in time and memory.

`def check(response, answer, info)` returns true or false, or a number from 0 to 1. In the sandbox
(the default) it sees only its own file and the standard library; in a worker, which is for code
that you trust, it sees everything and is killed when it takes too long.
"""

from __future__ import annotations

import json
import math
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from verigrad.core.digests import digest_json, digest_sources
from verigrad.core.errors import ConfigError
from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Verdict
from verigrad.sandbox import Level
from verigrad.verifiers.base import (
    Policy,
    Verifier,
    abstained,
    correct,
    failed,
    partial,
    rejected,
)
from verigrad.verifiers.extract import blank_reasoning
from verigrad.verifiers.graders.errors import GraderError, GradingError
from verigrad.verifiers.graders.running import Bounds, call_function
from verigrad.verifiers.graders.worker import Worker, WorkerError


class FunctionPolicy(Policy):
    """function: `path/to/file.py:name`. where: `sandbox`, or `worker` for code you trust.

    on_error: what an exception of the function means: `abstain` (the function's fault, masked) or
    `reject` (the response's fault, 0).
    """

    function: str = Field(pattern=r"^[^:]+\.py:[A-Za-z_]\w*$")
    where: Literal["sandbox", "worker"] = "sandbox"
    on_error: Literal["abstain", "reject"] = "abstain"
    reasoning: Literal["drop", "keep"] = "drop"
    time_limit_s: float = Field(default=5.0, gt=0.0, le=600.0)
    memory_mb: int = Field(default=2_048, gt=0)
    minimum_level: Level = Level.PROCESS
    max_response_chars: int = Field(default=200_000, ge=1, le=500_000)


class Function(Verifier):
    """What the function says, within bounds. An empty response is rejected without asking it."""

    name: ClassVar[str] = "function"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = FunctionPolicy
    proves: ClassVar[str] = "your function accepted the response"
    cannot: ClassVar[str] = "that your function is right: give it cases, and audit it"
    assurance: ClassVar[str] = "the function's"
    cost: ClassVar[str] = "a sandboxed process, or a round trip to a worker"

    def __init__(self, policy: Policy | None = None, **switches: Any) -> None:
        """ConfigError where the file is not there."""
        super().__init__(policy, **switches)
        path, _, self._name = self.policy.function.rpartition(":")
        self._path = Path(path)
        try:
            self._source = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"no function at {path}", cause=str(error)) from None

    @cached_property
    def digest(self) -> str:
        """Covers the function's file, wherever it lies."""
        policy = self.policy.model_dump(mode="json", exclude={"function"})
        own = [self.name, self.version, digest_sources(self.sources()), policy]
        return digest_json([*own, self._name, self._source])[:16]

    @cached_property
    def _worker(self) -> Worker:
        policy = self.policy
        limits = {"time_limit_s": policy.time_limit_s, "memory_mb": policy.memory_mb}
        return Worker(self._path.resolve(), self._name, **limits)

    def judge(self, problem: Problem, response: str) -> Verdict:
        """Call it, and read what it returned."""
        if len(response) > self.policy.max_response_chars:
            return rejected(Reason.OVER_LIMIT, evidence={"why": "the response is too long"})
        text = blank_reasoning(response).strip() if self.policy.reasoning == "drop" else response
        if not text.strip():
            return rejected(Reason.NO_ANSWER, evidence={"why": "the response is empty"})
        try:
            arguments = json.loads(json.dumps([text, problem.answer, dict(problem.info)]))
        except (TypeError, ValueError) as error:
            return abstained(Reason.BAD_REFERENCE, f"answer and info must be JSON: {error}")
        try:
            value, level = self._call(arguments)
        except WorkerError as error:
            if error.timed_out:
                return rejected(Reason.TIMEOUT, evidence={"why": str(error)})
            return self._raised(str(error))
        except GradingError as error:
            if error.kind is GraderError.PYTHON_SERVER:
                return failed(error.details)
            return self._raised(error.details)
        return _verdict(value, level)

    def _call(self, arguments: list[Any]) -> tuple[Any, str | None]:
        if self.policy.where == "worker":
            return self._worker.call(arguments), None
        policy = self.policy
        bounds = Bounds(policy.time_limit_s, policy.memory_mb, minimum_level=policy.minimum_level)
        called = call_function(self._source, self._name, arguments, bounds=bounds)
        return called.value, str(called.level) if called.level else None

    def _raised(self, why: str) -> Verdict:
        if self.policy.on_error == "reject":
            return rejected(Reason.MALFORMED, evidence={"why": why})
        return abstained(Reason.BAD_REFERENCE, f"the function: {why}")

    @classmethod
    def sources(cls) -> list[Path]:
        """The folder with its child program."""
        return sorted(Path(__file__).parent.rglob("*.py"))


def _verdict(value: Any, level: str | None) -> Verdict:
    facts: dict[str, Any] = {"method": "function", "evidence": {"level": level, "returned": value}}
    is_number = isinstance(value, bool | int | float)
    if not is_number or not math.isfinite(value) or not 0.0 <= value <= 1.0:
        return abstained(Reason.BAD_REFERENCE, f"the function returned {value!r:.60}")
    if value == 1.0:
        return correct(**facts)
    return partial(float(value), **facts) if value > 0.0 else rejected(Reason.WRONG, **facts)
