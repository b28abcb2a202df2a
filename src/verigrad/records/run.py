"""The run folder: everything about one training, evaluation or audit.

Layout, and what repeats byte for byte between two runs of one seed, are in
`docs/reference/run-folder.md`. Every file written through `RunFolder` is whole or absent, and in
the hash chain.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verigrad.core.errors import DataError
from verigrad.records import atomic, chain
from verigrad.records.evaluation import Evaluation
from verigrad.records.metric_table import MetricTable
from verigrad.records.metrics import MAIN_STAGE, MetricsWriter, rewind_metrics
from verigrad.records.record import RunRecord
from verigrad.records.rollouts import RolloutRecord, read_rollouts, write_rollouts

_STEP = re.compile(r"(?P<stage>[a-z][a-z0-9_]*)_(?P<step>[0-9]{6,})")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A whole checkpoint folder: after `step` steps of `stage`."""

    path: Path
    stage: str
    step: int


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
        if path.exists() and not (path.is_dir() and not any(path.iterdir())):
            raise _taken(path)
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

    @property
    def environment(self) -> dict[str, Any]:
        """What the run started on."""
        return json.loads((self.path / "environment.json").read_bytes())

    # rollouts ---------------------------------------------------------------------------------

    def write_rollouts(
        self, step: int, records: Iterable[RolloutRecord], *, stage: str = MAIN_STAGE
    ) -> Path:
        """One step's judged rollouts, in `rollouts/step_000012.parquet`."""
        path = self.path / "rollouts" / f"{_step_name(stage, step)}.parquet"
        write_rollouts(path, records)
        self.note(path)
        return path

    def rollout_files(self, *, stage: str = MAIN_STAGE) -> list[tuple[int, Path]]:
        """(step, file), in the order of the steps."""
        return _by_step(self.path / "rollouts", stage=stage, suffix=".parquet")

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
        path = self.path / "evaluation" / f"{_plain_name(evaluation.name)}.json"
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

    # record -----------------------------------------------------------------------------------

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
        path = self.path / "checkpoints" / _step_name(stage, step)
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
        found = _by_step(self.path / "checkpoints", stage=stage, suffix="")
        return [Checkpoint(path, stage, step) for step, path in found if path.is_dir()]

    # chain ------------------------------------------------------------------------------------

    def note(self, *files: Path, note: str = "") -> str:
        """Put the present content of `files` into the chain; returns the new last link."""
        return chain.append(
            self.path, [chain.entry_for(self.path, file, note=note) for file in files]
        )

    def remove(self, path: Path, *, note: str = "") -> None:
        """Delete a file or folder of the run and say so in the chain.

        The chain is told first and a folder loses its name before its files, so that a kill in
        between leaves something that `rewind` can finish and no reader mistakes for whole.
        """
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        names = [file.relative_to(self.path).as_posix() for file in files if file.is_file()]
        chain.append(self.path, [chain.Entry(name, 0, None, note) for name in names])
        if path.is_dir():
            shutil.rmtree(path.rename(path.with_name(path.name + atomic.PARTIAL)))
        else:
            path.unlink()

    # resume -----------------------------------------------------------------------------------

    def rewind(self, step: int, *, stage: str = MAIN_STAGE) -> None:
        """Make the folder what it was right after `step` steps of `stage`.

        Leftovers of killed processes and everything of later steps go; metrics and times are
        cut; `record.json` and `report.html` of an earlier ending go. Files that were finished
        but not yet in the chain when the process died are taken in, and the chain says so.
        """
        atomic.remove_partials(self.path)
        note = f"rewound to {stage} step {step}"
        for folder, suffix in (("rollouts", ".parquet"), ("checkpoints", "")):
            for later, path in _by_step(self.path / folder, stage=stage, suffix=suffix):
                if later > step:
                    self.remove(path, note=note)
        for path in self._ending_files(step, stage=stage):
            self.remove(path, note=note)
        chain.append(self.path, rewind_metrics(self.path, step=step, stage=stage))
        self._settle()

    def _settle(self) -> None:
        """Bring folder and chain together where a kill came between the two."""
        known = chain.last_entries(self.path)
        for file in sorted(chain.files(self.path)):
            name = file.relative_to(self.path).as_posix()
            if name not in known and name != chain.CHAIN:
                self.note(file, note="finished before the process ended, taken in on resume")
            elif name in known and known[name].sha256 is None:
                file.unlink()
        for folder in sorted(self.path.glob("checkpoints/**/"), reverse=True):
            if not any(folder.iterdir()):
                folder.rmdir()

    def _ending_files(self, step: int, *, stage: str) -> list[Path]:
        evaluated = [
            path
            for path in sorted((self.path / "evaluation").glob("*"))
            if (match := _STEP.fullmatch(path.stem))
            and match["stage"] == _step_stage(stage)
            and int(match["step"]) > step
        ]
        endings = [self.path / "record.json", self.path / "report.html"]
        return [*evaluated, *(path for path in endings if path.is_file())]


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


def _step_stage(stage: str) -> str:
    return "step" if stage == MAIN_STAGE else stage


def _step_name(stage: str, step: int) -> str:
    return f"{_step_stage(stage)}_{step:06d}"


def _by_step(folder: Path, *, stage: str, suffix: str) -> list[tuple[int, Path]]:
    found = []
    for path in folder.glob(f"*{suffix}") if folder.is_dir() else ():
        match = _STEP.fullmatch(path.name.removesuffix(suffix))
        if match and match["stage"] == _step_stage(stage):
            found.append((int(match["step"]), path))
    return sorted(found)


def _plain_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a plain file name: {name!r}")
    return name
