"""Metrics of a run: one JSON line a step, what repeats apart from what the clock says.

`metrics.jsonl` holds what two runs of one seed must have in common, byte for byte.
`times.jsonl` holds everything measured (metrics with `repeats=False`) and the events with their
time of day. A stage before the main one (the supervised warm-up) has its own pair of files,
`metrics_<stage>.jsonl` and `times_<stage>.jsonl`.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verigrad.core.digests import digest_bytes
from verigrad.core.errors import DataError, HaltedError
from verigrad.records import chain
from verigrad.records.atomic import append_bytes, new_file
from verigrad.records.metric_table import MetricTable, known_metrics

MAIN_STAGE = "rl"


def metrics_file(stage: str = MAIN_STAGE) -> str:
    """Name of the file of what repeats."""
    return "metrics.jsonl" if stage == MAIN_STAGE else f"metrics_{stage}.jsonl"


def times_file(stage: str = MAIN_STAGE) -> str:
    """Name of the file of what was measured."""
    return "times.jsonl" if stage == MAIN_STAGE else f"times_{stage}.jsonl"


class _Lines:
    """One append-only file, with its digest kept up to date so that no step reads it again."""

    def __init__(self, run: Path, name: str) -> None:
        self.path = run / name
        self.name = name
        content = self.path.read_bytes() if self.path.is_file() else b""
        self._state = hashlib.sha256(content)
        self._size = len(content)

    def add(self, line: str) -> chain.Entry:
        content = line.encode("utf-8", "surrogatepass") + b"\n"
        append_bytes(self.path, content)
        self._state.update(content)
        self._size += len(content)
        return chain.Entry(self.name, self._size, self._state.hexdigest())


class MetricsWriter:
    """Appends a stage's steps. Each line is on the disk and in the chain before `write` returns."""

    def __init__(
        self, run: Path, *, stage: str = MAIN_STAGE, table: MetricTable | None = None
    ) -> None:
        self._run = run
        self._table = table or known_metrics()
        self._steps = _Lines(run, metrics_file(stage))
        self._times = _Lines(run, times_file(stage))

    def write(self, step: int, values: Mapping[str, float | int | None]) -> None:
        """One step's metrics. None leaves a name out (nothing to average over).

        Raises UsageError for an undeclared name and HaltedError for NaN or infinity; nothing is
        written then.
        """
        lines: dict[bool, dict[str, float]] = {True: {}, False: {}}
        for name, value in sorted(values.items()):
            metric = self._table.get(name)
            if value is not None:
                lines[metric.repeats][name] = _finite(value, name=name, step=step)
        entries = [self._steps.add(_line(step, lines[True]))]
        if lines[False]:
            entries.append(self._times.add(_line(step, lines[False])))
        chain.append(self._run, entries)

    def event(self, name: str, *, at: str, **seconds: float) -> None:
        """Note something that happened ("started", "resumed", "finished") at a time of day.

        `at` is ISO 8601; it comes from the caller, as clocks do. `seconds` by names that end in
        `_s`; a report looks for `train_s` and `total_s`.
        """
        line = json.dumps({"event": name, "at": at, **seconds}, allow_nan=False)
        chain.append(self._run, [self._times.add(line)])


def _finite(value: float, *, name: str, step: int) -> float:
    if not math.isfinite(value):
        raise HaltedError(
            f"{name} is {value} in step {step}",
            cause="the step diverged: a learning rate too high, or a batch without any token",
            remedy="resume from the last checkpoint with a lower learning rate",
        )
    return value


def _line(step: int, values: Mapping[str, float]) -> str:
    return json.dumps({"step": step, **values}, allow_nan=False)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a JSONL file; a torn last line is left out, a broken one is an error."""
    if not path.is_file():
        return []
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    try:
        return [json.loads(line) for line in whole.splitlines()]
    except ValueError as error:
        raise DataError(
            f"{path.name} is not JSON lines: {error}", where=str(path), cause="it was edited"
        ) from error


def read_metrics(run: Path, *, stage: str = MAIN_STAGE) -> list[dict[str, float]]:
    """One mapping a step, in order, measured times included."""
    steps = {line["step"]: dict(line) for line in read_lines(run / metrics_file(stage))}
    for line in read_lines(run / times_file(stage)):
        if line.get("step") in steps:
            steps[line["step"]].update(line)
    return [steps[step] for step in sorted(steps)]


def read_events(run: Path, *, stage: str = MAIN_STAGE) -> list[dict[str, Any]]:
    """The events of a stage, in order."""
    return [line for line in read_lines(run / times_file(stage)) if "event" in line]


def rewind_metrics(run: Path, *, step: int, stage: str = MAIN_STAGE) -> list[chain.Entry]:
    """Drop the lines of later steps, so that the file equals one that was never stopped.

    Events stay. Returns the chain entries of the files that changed.
    """
    known = chain.last_entries(run)
    entries = []
    for name in (metrics_file(stage), times_file(stage)):
        path = run / name
        if not path.is_file():
            continue
        content = path.read_bytes()
        _check_prefix(content, known.get(name), path=path)
        kept = b"".join(
            raw for raw in content.splitlines(keepends=True) if _is_kept(raw, step=step)
        )
        if kept != content:
            with new_file(path) as stream:
                stream.write(kept)
        entries.append(chain.Entry(name, len(kept), digest_bytes(kept), f"rewound to step {step}"))
    return entries


def _is_kept(raw: bytes, *, step: int) -> bool:
    if not raw.endswith(b"\n"):
        return False
    line = json.loads(raw)
    return line.get("step", step) <= step


def _check_prefix(content: bytes, entry: chain.Entry | None, *, path: Path) -> None:
    if entry is not None and digest_bytes(content[: entry.size]) != entry.sha256:
        raise DataError(
            f"{path.name} is not what the run wrote",
            where=str(path),
            cause="the file was edited after it was recorded",
            remedy="restore it, or start a new run: a resumed run must equal an uninterrupted one",
        )
