"""A sandbox that runs nothing, for tests: answers come from a list or a function."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Self

from verigrad.sandbox.job import Job, Result, failed

Answer = Result | Callable[[Job], Result]


class Scripted:
    r"""Answers jobs in the order given, and remembers them in `jobs`.

    `Scripted([Result(Status.EXITED, 0, b"4\n")])` answers one job; `Scripted(function)` all.
    A pair takes two answers, the first job's first. A job too many is `failed`.
    """

    def __init__(self, answers: Iterable[Answer] | Callable[[Job], Result]) -> None:
        self._always = answers if callable(answers) else None
        self._answers = iter(()) if callable(answers) else iter(answers)
        self.jobs: list[Job] = []
        self.closed = False

    def run(self, job: Job) -> Result:
        """The next answer."""
        self.jobs.append(job)
        if self.closed:
            return failed("the sandbox is closed")
        answer: Answer | None = self._always or next(self._answers, None)
        if answer is None:
            return failed("the script has no more answers")
        return answer(job) if callable(answer) else answer

    def run_pair(self, first: Job, second: Job) -> tuple[Result, Result]:
        """The next two answers."""
        return self.run(first), self.run(second)

    def close(self) -> None:
        """Refuse later jobs."""
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
