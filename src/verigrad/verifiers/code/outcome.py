"""What came of one case, and what every runner shares."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from verigrad.core.verdict import Reason
from verigrad.sandbox import Level, Limits, Phase, Result, Sandbox, Status
from verigrad.verifiers.code.policy import CodePolicy
from verigrad.verifiers.code.tests_data import Common

SIGSYS = 31
MIN_OUTPUT_BYTES = 1 << 16


class NotJudged(Exception):  # noqa: N818 (becomes the verdict `failed`)
    """The infrastructure could not run a job."""


class BadTests(Exception):  # noqa: N818 (becomes the verdict `abstained`)
    """The problem's tests cannot judge anything."""


@dataclass(frozen=True, slots=True)
class Solution:
    """A candidate's code: the entry text and further files by name."""

    source: str
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """What a runner needs beside the tests: where to run, within what, in which order."""

    sandbox: Sandbox
    policy: CodePolicy
    seed: int

    def limits(self, tests: Common, *, output_bytes: int | None = None) -> Limits:
        """The budget of one job: the problem's where it names one, else the policy's."""
        time_s = tests.time_limit_s or self.policy.time_limit_s
        return Limits(
            wall_s=time_s,
            cpu_s=math.ceil(time_s),
            memory_mb=tests.memory_mb or self.policy.memory_mb,
            processes=self.policy.processes,
            output_bytes=output_bytes or self.policy.output_bytes,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case: passed, or a reason and a few words why not."""

    reason: Reason
    why: str = ""
    hidden: bool = False
    level: Level | None = None
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Only `correct` passes."""
        return self.reason is Reason.CORRECT


def unfinished(result: Result) -> Outcome | None:
    """The outcome of a job that did not end by itself with exit code 0; None where it did.

    Raises NotJudged where the sandbox is to blame.
    """
    if result.status is Status.FAILED:
        raise NotJudged(result.why)
    if result.phase is Phase.COMPILE:
        return Outcome(Reason.MALFORMED, f"does not compile: {_tail(result)}", level=result.level)
    if result.status is Status.TIMEOUT:
        return Outcome(Reason.TIMEOUT, result.why, level=result.level)
    if result.status.hit_budget:
        return Outcome(Reason.OVER_LIMIT, result.why or str(result.status), level=result.level)
    if result.status is Status.SIGNALLED:
        violation = result.exit_code == -SIGSYS
        reason = Reason.VIOLATION if violation else Reason.WRONG
        return Outcome(reason, f"died of signal {-(result.exit_code or 0)}", level=result.level)
    if not result.exited_cleanly:
        why = f"exit code {result.exit_code}: {_tail(result)}"
        return Outcome(Reason.WRONG, why, level=result.level)
    return None


def _tail(result: Result) -> str:
    return result.stderr[-300:].decode("utf-8", "replace").strip()


def run_all(
    checks: Sequence[tuple[bool, Callable[[], Outcome]]], *, stop_early: bool
) -> list[Outcome]:
    """The outcomes of (hidden, check) pairs in order, up to the first failure if asked."""
    outcomes: list[Outcome] = []
    for hidden, check in checks:
        outcomes.append(replace(check(), hidden=hidden))
        if stop_early and not outcomes[-1].passed:
            break
    return outcomes
