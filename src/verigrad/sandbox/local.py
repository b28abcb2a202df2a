"""Jobs on this machine: the strongest level it offers, warm zygotes, retries and builds."""

from __future__ import annotations

import os
import weakref
from dataclasses import replace
from typing import Self

from verigrad.sandbox import builds, levels, presets
from verigrad.sandbox.job import Job, Level, Phase, Result, failed
from verigrad.sandbox.pool import ClosedError, Pool
from verigrad.sandbox.presets import Step
from verigrad.sandbox.running import Running
from verigrad.sandbox.supervise import discard, supervise
from verigrad.sandbox.zygote import NeverBeganError, StartError, Zygote, ZygoteDiedError

_ATTEMPTS = 2  # a job whose zygote died is tried once more
_STARTS = 5  # how many zygotes may die on us before they have it


class LocalSandbox:
    """A pool of zygotes on this machine. Safe to share between threads; not across a fork.

    slots: how many jobs are alive at a time (default: one per core).
    level: the level to run at (default: the best that works here).
    minimum: refuse to be built below this level.
    allow_unsafe: permit `Level.PROCESS`, which holds nobody who wants out.
    Raises SetupError when no level meets that.
    """

    def __init__(
        self,
        *,
        slots: int | None = None,
        level: Level | None = None,
        minimum: Level = Level.SECCOMP,
        allow_unsafe: bool = False,
    ) -> None:
        self.level = levels.choose(level, minimum=minimum, allow_unsafe=allow_unsafe)
        self.slots = slots or len(os.sched_getaffinity(0))
        self._pool = Pool(self.slots, self.level)
        self._builds = builds.Builds()
        self._owner = os.getpid()
        reference = weakref.ref(self._pool)
        os.register_at_fork(after_in_child=lambda: _abandon(reference))

    def run(self, job: Job) -> Result:
        """Run one job; waits for a free slot."""
        return self._run_all([job])[0]

    def run_pair(self, first: Job, second: Job) -> tuple[Result, Result]:
        """Run two jobs joined by pipes; see `Sandbox.run_pair`."""
        left, right = self._run_all([first, second])
        return left, right

    def warm(self, preset: str) -> None:
        """Start the zygotes of a preset now rather than with the first jobs."""
        self._pool.warm(presets.PRESETS[preset].kind, self.slots)

    def close(self) -> None:
        """Kill everything; later runs are `failed`."""
        if self._owner == os.getpid():
            self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run_all(self, jobs: list[Job]) -> list[Result]:
        """Refuse, build, run; whatever the machine does wrong becomes `failed`."""
        refusal = next(filter(None, map(self._refusal, jobs)), "")
        if refusal:
            return [failed(refusal, level=self.level) for _ in jobs]
        try:
            ready = [self._build(job) for job in jobs]
            unbuilt = next((result for result in ready if isinstance(result, Result)), None)
            if unbuilt is not None:
                return [item if isinstance(item, Result) else _unused(unbuilt) for item in ready]
            with self._pool.turn():
                jobs = [job for job in ready if isinstance(job, Job)]
                return self._attempt([presets.run_step(job) for job in jobs])
        except ClosedError:
            return [failed("the sandbox is closed", level=self.level) for _ in jobs]
        except (StartError, OSError) as error:
            return [failed(f"the sandbox could not run it: {error}") for _ in jobs]

    def _refusal(self, job: Job) -> str:
        """Why this job will not be run here; empty if it will."""
        if os.getpid() != self._owner:
            return "this sandbox belongs to the process that forked this one; make a new one"
        if not self.level.satisfies(job.minimum):
            return f"the job demands level {job.minimum}, this sandbox has {self.level}"
        if lacking := presets.missing(job.preset):
            return lacking
        return _level_refusal(job, self.level)

    def _build(self, job: Job) -> Job | Result:
        """The job with its sources replaced by a program; or why there is none."""
        if not presets.PRESETS[job.preset].compiles:
            return job
        result = self._builds.get(job, lambda: self._compile(job))
        if result.phase is Phase.COMPILE:
            return result
        return replace(job, entry=presets.PROGRAM, files={presets.PROGRAM: result.message})

    def _compile(self, job: Job) -> Result:
        with self._pool.turn():
            result = self._attempt([presets.compile_step(job)])[0]
        succeeded = result.exited_cleanly and result.message
        return result if succeeded else replace(result, message=b"", phase=Phase.COMPILE)

    def _attempt(self, steps: list[Step]) -> list[Result]:
        """Run on warm zygotes; once more on fresh ones if a zygote dies with the job.

        One that dies before it had the job costs no attempt, though this ends some time too.
        """
        attempts, starts, died = 0, 0, ""
        while attempts < _ATTEMPTS and starts < _STARTS:
            try:
                return self._once(steps)
            except NeverBeganError as error:
                starts, died = starts + 1, str(error)
            except ZygoteDiedError as error:
                attempts, died = attempts + 1, str(error)
        why = f"the zygote died {attempts + starts} times: {died}"
        return [failed(why, level=self.level) for _ in steps]

    def _once(self, steps: list[Step]) -> list[Result]:
        borrowed: list[Zygote] = []
        runs: list[Running] = []
        try:
            kinds = (presets.PRESETS[step.job.preset].kind for step in steps)
            borrowed.extend(map(self._pool.borrow, kinds))
            with _Peers(len(steps)) as peers:
                runs.extend(map(Running, steps, borrowed, peers))
            supervise(runs)
        except BaseException:
            discard(runs)
            for zygote in borrowed:
                self._pool.discard(zygote)
            raise
        for run in runs:
            give = self._pool.give_back if run.reply is not None else self._pool.discard
            give(run.zygote)
        return [run.result() for run in runs]


class _Peers:
    """The descriptors that join a pair: for each job its end to read and its end to write."""

    def __init__(self, count: int) -> None:
        self.ends: list[tuple[int, ...]] = [()] * count
        if count == 2:
            from_second, to_first = os.pipe()
            from_first, to_second = os.pipe()
            self.ends = [(from_second, to_second), (from_first, to_first)]

    def __enter__(self) -> list[tuple[int, ...]]:
        return self.ends

    def __exit__(self, *_: object) -> None:
        for descriptor in (end for pair in self.ends for end in pair):
            os.close(descriptor)


def _unused(cause: Result) -> Result:
    return failed(f"not run: its partner did not compile ({cause.status.value})")


def _level_refusal(job: Job, level: Level) -> str:
    """What a level without files or processes cannot run."""
    preset = presets.PRESETS[job.preset]
    if level is Level.SECCOMP and preset.kind.may_execute:
        return f"preset {job.preset!r} starts a program, which level seccomp cannot: no path exists"
    if level is Level.SECCOMP and (data := [p for p in job.files if not p.endswith(".py")]):
        return f"level seccomp has no file system for {data[0]!r}"
    if level is Level.LANDLOCK and preset.compiles:
        return f"preset {job.preset!r} needs several processes to compile, level landlock has one"
    return ""


def _abandon(reference: weakref.ref[Pool]) -> None:
    pool = reference()
    if pool is not None:
        pool.abandon()
