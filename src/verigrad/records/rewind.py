"""Taking things out of a run: one file or folder, or everything after a step."""

from __future__ import annotations

import shutil
from pathlib import Path

from verigrad.records import atomic, chain
from verigrad.records.layout import by_step, step_of
from verigrad.records.metrics import rewind_metrics


def remove(run: Path, path: Path, *, note: str = "") -> None:
    """Delete a file or folder of the run and say so in the chain.

    The chain is told first and a folder loses its name before its files, so that a kill in
    between leaves something that `rewind` can finish and no reader mistakes for whole.
    """
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    names = [file.relative_to(run).as_posix() for file in files if file.is_file()]
    chain.append(run, [chain.Entry(name, 0, None, note) for name in names])
    if path.is_dir():
        shutil.rmtree(path.rename(path.with_name(path.name + atomic.PARTIAL)))
    else:
        path.unlink()


def rewind(run: Path, step: int, *, stage: str) -> None:
    """Make the folder what it was right after `step` steps of `stage`.

    Leftovers of killed processes and everything of later steps go; metrics and times are cut;
    `record.json` and the pages of an earlier ending go. Files that were finished but not yet
    in the chain when the process died are taken in, and the chain says so. DataError where the
    chain or the metrics are not what the run wrote.
    """
    atomic.remove_partials(run)
    chain.cut_torn_line(run)
    for path in _later(run, step, stage=stage):
        remove(run, path, note=f"rewound to {stage} step {step}")
    chain.append(run, rewind_metrics(run, step=step, stage=stage))
    _settle(run)


def _later(run: Path, step: int, *, stage: str) -> list[Path]:
    stepped = [
        path
        for folder, suffix in (("rollouts", ".parquet"), ("checkpoints", ""))
        for later, path in by_step(run / folder, suffix=suffix, stage=stage)
        if later > step
    ]
    evaluated = [
        path
        for path in sorted((run / "evaluation").glob("*"))
        if (step_of(path.stem, stage=stage) or 0) > step
    ]
    alarms = [
        path
        for path in sorted((run / "alarms").glob("*"))
        if (step_of(path.stem.partition("-")[0], stage=stage) or 0) > step
    ]
    endings = [run / name for name in ("record.json", "report.html", "bias.html")]
    return [*stepped, *evaluated, *alarms, *(path for path in endings if path.is_file())]


def _settle(run: Path) -> None:
    """Bring folder and chain together where a kill came between the two."""
    known = chain.last_entries(run)
    for file in sorted(chain.files(run)):
        name = file.relative_to(run).as_posix()
        if name not in known and name != chain.CHAIN:
            note = "finished before the process ended, taken in on resume"
            chain.append(run, [chain.entry_for(run, file, note=note)])
        elif name in known and known[name].sha256 is None:
            file.unlink()
    for folder in sorted(run.glob("checkpoints/**/"), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
