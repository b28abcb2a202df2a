"""The run folder: everything about one training, evaluation or audit.

Layout, and what repeats byte for byte between two runs of one seed, are in
`docs/reference/run-folder.md`. Every file written through `RunFolder` is whole or absent, and in
the hash chain.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verigrad.core.errors import DataError
from verigrad.records import atomic, chain
from verigrad.records.evaluation import Evaluation
from verigrad.records.layout import Checkpoint, by_step, plain_name, step_name
from verigrad.records.metric_table import MetricTable
from verigrad.records.metrics import MAIN_STAGE, MetricsWriter
from verigrad.records.record import RunRecord
from verigrad.records.rewind import remove, rewind
from verigrad.records.rollouts import RolloutRecord, read_rollouts, write_rollouts


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run on disk. `create` makes one, `open` finds one; neither is a lock (see `locked`)."""

    path: Path

    @staticmethod
    def create(
        path: Path,
        recipe_text: str,
        *,
        resolved: Mapping[str, Any],
        environment: Mapping[str, Any],
    ) -> RunFolder:
        """A new run; the folder appears with its first files or not at all.

        DataError (exit 4) where `path` already holds something: records are never overwritten.
        """
        RunFolder.require_free(path)
        try:
            with atomic.new_folder(path) as folder:
                atomic.write_text(folder / "recipe.toml", recipe_text)
                atomic.write_json(folder / "resolved.json", resolved)
                atomic.write_json(folder / "environment.json", environment)
                names = ("recipe.toml", "resolved.json", "environment.json")
                chain.append(folder, [chain.entry_for(folder, folder / name) for name in names])
        except FileExistsError as error:
            raise _taken(path) from error
        return RunFolder(path)

    @staticmethod
    def require_free(path: Path) -> None:
        """DataError where a new run cannot be made at `path`; an empty folder is free."""
        if path.exists() and not (path.is_dir() and not any(path.iterdir())):
            raise _taken(path)

    @staticmethod
    def open(path: Path) -> RunFolder:
        """An existing run, for reading or for resuming; DataError where there is none."""
        if not (path / chain.CHAIN).is_file() or not (path / "resolved.json").is_file():
            raise DataError(
                "not a run folder",
                where=str(path),
                cause="a wrong path" if path.exists() else "there is no such folder",
                remedy="give the folder that `train` or `demo` named when it started",
            )
        return RunFolder(path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run for writing; DataError where another process writes it right now.

        The lock is the operating system's and ends with the process, however it ends.
        """
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError as error:
            raise DataError(
                "another process is writing this run",
                where=str(self.path),
                remedy="wait for it or stop it, then use --resume",
            ) from error
        finally:
            os.close(descriptor)

    @property
    def recipe_text(self) -> str:
        """The recipe as it was typed."""
        return (self.path / "recipe.toml").read_text("utf-8")

    @property
    def resolved(self) -> dict[str, Any]:
        """The recipe as it was resolved: every value, defaults included."""
        return json.loads((self.path / "resolved.json").read_bytes())

    def replace_resolved(self, resolved: Mapping[str, Any], *, note: str) -> None:
        """Another resolved recipe from here on; the chain keeps the digest of both and the note."""
        path = self.path / "resolved.json"
        atomic.write_json(path, resolved)
        self.note(path, note=note)

    @property
    def environment(self) -> dict[str, Any]:
        """What the run started on."""
        return json.loads((self.path / "environment.json").read_bytes())

    # rollouts ---------------------------------------------------------------------------------

    def write_rollouts(
        self, step: int, records: Iterable[RolloutRecord], *, stage: str = MAIN_STAGE
    ) -> Path:
        """One step's judged rollouts, in `rollouts/step_000012.parquet`."""
        path = self.path / "rollouts" / f"{step_name(step, stage=stage)}.parquet"
        write_rollouts(path, records)
        self.note(path)
        return path

    def rollout_files(self, *, stage: str = MAIN_STAGE) -> list[tuple[int, Path]]:
        """(step, file), in the order of the steps."""
        return by_step(self.path / "rollouts", stage=stage, suffix=".parquet")

    def rollouts(self) -> Iterator[RolloutRecord]:
        """Every recorded rollout, one file in memory at a time."""
        for _, path in self.rollout_files():
            yield from read_rollouts(path)

    # metrics ----------------------------------------------------------------------------------

    def metrics_writer(
        self, *, stage: str = MAIN_STAGE, table: MetricTable | None = None
    ) -> MetricsWriter:
        """The writer of a stage's metrics, times and events."""
        return MetricsWriter(self.path, stage=stage, table=table)

    # evaluations ------------------------------------------------------------------------------

    def write_evaluation(
        self, evaluation: Evaluation, records: Iterable[RolloutRecord] | None = None
    ) -> Path:
        """`evaluation/<name>.json`, and the judged responses in `evaluation/<name>.parquet`.

        An evaluation of the same name is replaced.
        """
        path = self.path / "evaluation" / f"{plain_name(evaluation.name)}.json"
        if records is not None:
            write_rollouts(path.with_suffix(".parquet"), records)
            self.note(path.with_suffix(".parquet"))
        atomic.write_json(path, evaluation.to_json())
        self.note(path)
        return path

    def evaluations(self) -> dict[str, Evaluation]:
        """Every evaluation by name."""
        files = sorted((self.path / "evaluation").glob("*.json"))
        return {file.stem: Evaluation.from_json(json.loads(file.read_bytes())) for file in files}

    # alarms and record ------------------------------------------------------------------------

    def write_alarm(self, step: int, name: str, alarm: Mapping[str, Any]) -> Path:
        """Note an alarm of a step; `name` is its kind."""
        path = self.path / "alarms" / f"{step_name(step)}-{name}.json"
        atomic.write_json(path, alarm)
        self.note(path)
        return path

    def write_alarm_rollouts(self, step: int, name: str, records: Iterable[RolloutRecord]) -> Path:
        """The rollouts that an alarm is about, where they stand nowhere else."""
        path = self.path / "alarms" / f"{step_name(step)}-{name}.parquet"
        write_rollouts(path, records)
        self.note(path)
        return path

    def alarms(self) -> list[dict[str, Any]]:
        """Every alarm of the run, in the order of its steps."""
        found = sorted((self.path / "alarms").glob("*.json"))
        return [json.loads(path.read_text("utf-8")) for path in found]

    def write_record(self, record: RunRecord) -> Path:
        """`record.json`: what the run was and how it ended. Replaces an earlier one."""
        path = self.path / "record.json"
        atomic.write_json(path, record.to_json())
        self.note(path)
        return path

    def record(self) -> RunRecord | None:
        """The record; None while the run has not ended."""
        path = self.path / "record.json"
        return RunRecord.from_json(json.loads(path.read_bytes())) if path.is_file() else None

    # checkpoints and other folders ------------------------------------------------------------

    @contextmanager
    def new_checkpoint(self, step: int, *, stage: str = MAIN_STAGE) -> Iterator[Path]:
        """A folder to save into; it becomes `checkpoints/step_000012` when the block ends.

        An earlier checkpoint of that step is replaced.
        """
        path = self.path / "checkpoints" / step_name(step, stage=stage)
        if path.exists():
            self.remove(path)
        with self.new_folder(path) as folder:
            yield folder

    @contextmanager
    def new_folder(self, path: Path) -> Iterator[Path]:
        """A folder inside the run that appears whole, with all its files in the chain."""
        with atomic.new_folder(path) as folder:
            yield folder
        self.note(*(file for file in sorted(path.rglob("*")) if file.is_file()))

    def checkpoints(self, *, stage: str = MAIN_STAGE) -> list[Checkpoint]:
        """Whole checkpoints of a stage, oldest first; partial ones are not seen."""
        found = by_step(self.path / "checkpoints", stage=stage, suffix="")
        return [Checkpoint(path, stage, step) for step, path in found if path.is_dir()]

    # chain ------------------------------------------------------------------------------------

    def note(self, *files: Path, note: str = "") -> str:
        """Put the present content of `files` into the chain; returns the new last link."""
        return chain.append(
            self.path, [chain.entry_for(self.path, file, note=note) for file in files]
        )

    def remove(self, path: Path, *, note: str = "") -> None:
        """Delete a file or folder of the run and say so in the chain."""
        remove(self.path, path, note=note)

    def rewind(self, step: int, *, stage: str = MAIN_STAGE) -> None:
        """Make the folder what it was right after `step` steps of `stage` (see `rewind`)."""
        rewind(self.path, step, stage=stage)


def latest_checkpoint(run: RunFolder, *, stage: str = MAIN_STAGE) -> Checkpoint | None:
    """The whole checkpoint of the last step of `stage`; None where there is none."""
    return max(run.checkpoints(stage=stage), key=lambda found: found.step, default=None)


def _taken(path: Path) -> DataError:
    return DataError(
        "the run folder already exists",
        where=str(path),
        cause="an earlier run of the same name",
        remedy="choose another --out, go on with --resume, or delete the folder yourself",
    )
