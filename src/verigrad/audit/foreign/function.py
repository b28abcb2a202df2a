"""A foreign reward function as a verifier: `file.py:function`, in a worker that can be killed.

It is code that its user trusts with a training run, so it is not sandboxed; but it is held by
limits of time and memory, and nothing that it does can end the audit.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from verigrad.audit.foreign.rewards import verdict_of
from verigrad.audit.foreign.signatures import TARGET
from verigrad.core.digests import digest_file, digest_json
from verigrad.core.errors import ConfigError
from verigrad.core.types import Problem
from verigrad.core.verdict import Verdict
from verigrad.sandbox.workers import WorkerError, WorkerLimits, Workers, WorkerTimeoutError
from verigrad.verifiers.base import Policy, Verifier, failed

_MODULE = "verigrad.audit.foreign.child"
Where = Literal["main", "thread", "asyncio"]


class ForeignPolicy(Policy):
    """function: `path/to/file.py:name`. full: the reward of a right answer; what is paid is its
    share of that, within 0 and 1. style: how to call it, "" to see it from its parameters.
    """

    function: str = Field(pattern=r"^.+\.py:[A-Za-z_]\w*$")
    full: float = Field(default=1.0, gt=0.0)
    style: Literal["", "trl", "verl", "openrlhf", "plain", "check", "pair"] = ""
    time_limit_s: int = Field(default=5, ge=1, le=600)
    memory_mb: int = Field(default=16_384, ge=64)


class ForeignFunction(Verifier):
    """What the function pays. An exception, a time-out and a NaN are `failed`: a trainer dies."""

    name: ClassVar[str] = "foreign"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = ForeignPolicy
    proves: ClassVar[str] = "the function paid the response"

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        where: Where = "main",
        hash_seed: str = "0",
        **switches: Any,
    ) -> None:
        """ConfigError where the file is not there. `where` the worker calls it; not a switch."""
        super().__init__(policy, **switches)
        path, _, self._name = self.policy.function.rpartition(":")
        self._path, self._where = Path(path).resolve(), where
        if not self._path.is_file():
            raise ConfigError(f"no file {path}", remedy="give path/to/file.py:function")
        limit = self.policy.time_limit_s
        limits = WorkerLimits(limit, limit + 5.0, self.policy.memory_mb << 20)
        environment = {"PYTHONHASHSEED": hash_seed, TARGET: f"{self._path}:{self._name}"}
        self._workers = Workers(_MODULE, limits, most=1, environment=environment)

    @cached_property
    def digest(self) -> str:
        """Of the function's file, wherever it lies, and the switches."""
        policy = self.policy.model_dump(mode="json", exclude={"function"})
        return digest_json([self.name, self._name, digest_file(self._path), policy])[:16]

    @classmethod
    def sources(cls) -> list[Path]:
        """The whole folder."""
        return sorted(Path(__file__).parent.glob("*.py"))

    def elsewhere(self, where: Where, *, hash_seed: str = "0") -> ForeignFunction:
        """The same function, called elsewhere in a process of its own."""
        return ForeignFunction(self.policy, where=where, hash_seed=hash_seed)

    @cached_property
    def style(self) -> str:
        """How it is called; ConfigError where it cannot be loaded or has no known signature."""
        try:
            return self._ask({"op": "style"})["style"]
        except (WorkerError, WorkerTimeoutError) as error:
            raise ConfigError(
                f"{self.policy.function} cannot be called",
                cause=str(error),
                remedy="mend it, or wrap it in a function (prompt, response, answer)",
            ) from None

    def judge(self, problem: Problem, response: str) -> Verdict:
        """Call it."""
        try:
            replied = self._ask({"where": self._where, "row": _row(problem, response)})
        except WorkerTimeoutError as error:
            return failed(f"no reward in {self.policy.time_limit_s} s of CPU: {error}")
        except WorkerError as error:
            return failed(str(error))
        if "raised" in replied:
            return failed(f"it raised {replied['raised']}")
        return verdict_of(replied["reward"], full=self.policy.full)

    def close(self) -> None:
        """End the worker."""
        self._workers.close()

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return self._workers.call({"style": self.policy.style, **request})


def _row(problem: Problem, response: str) -> dict[str, Any]:
    return {
        "prompt": [message.to_json() for message in problem.prompt],
        "question": problem.question,
        "response": response,
        "answer": problem.answer,
        "info": dict(problem.info),
    }
