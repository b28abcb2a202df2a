"""Requests that arrive one by one -> calls of an engine that take all that wait at once."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from verigrad.core.errors import VerigradError
from verigrad.core.types import Completion
from verigrad.rollouts.engines.base import Engine, Scorer
from verigrad.rollouts.sampling import GivenText, Request


@dataclass(frozen=True, slots=True)
class _Job:
    items: Sequence[Any]
    future: Future[list[Any]]
    is_score: bool


class Batcher:
    """One thread that owns the engine. What arrives while it computes is its next batch."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)
        self._thread.start()

    def generate(self, requests: Sequence[Request]) -> Future[list[list[Completion]]]:
        """What the engine's `generate` returns, once it was this batch's turn."""
        return self._put(requests, is_score=False)

    def score(self, texts: Sequence[GivenText]) -> Future[list[tuple[float, ...]]]:
        """What the engine's `score` returns."""
        return self._put(texts, is_score=True)

    def close(self) -> None:
        """Finish what was asked and end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _put(self, items: Sequence[Any], *, is_score: bool) -> Future[list[Any]]:
        job = _Job(items, Future(), is_score)
        self._jobs.put(job)
        return job.future

    def _work(self) -> None:
        is_open = True
        while is_open:
            jobs: list[_Job] = []
            job = self._jobs.get()
            while job is not None:
                jobs.append(job)
                if self._jobs.empty():
                    break
                job = self._jobs.get()
            is_open = job is not None
            for is_score in (False, True):
                self._run([job for job in jobs if job.is_score is is_score], is_score=is_score)

    def _run(self, jobs: list[_Job], *, is_score: bool) -> None:
        """All jobs in one call; one by one if that fails, so that one cannot fail the others."""
        if not jobs:
            return
        items = [item for job in jobs for item in job.items]
        try:
            results = iter(self._call(items, is_score=is_score))
        except Exception as error:  # noqa: BLE001 (crosses a thread; the future re-raises it)
            if len(jobs) == 1:
                jobs[0].future.set_exception(error)
                return
            for job in jobs:
                self._run([job], is_score=is_score)
            return
        for job in jobs:
            job.future.set_result([next(results) for _ in job.items])

    def _call(self, items: list[Any], *, is_score: bool) -> Sequence[Any]:
        if not is_score:
            return self.engine.generate(items)
        if not isinstance(self.engine, Scorer):
            raise VerigradError("this engine gives no log-probabilities of given texts")
        return self.engine.score(items)
