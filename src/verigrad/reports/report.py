"""`report.html`: one self-contained file about a run, from its records and nothing else."""

from __future__ import annotations

from pathlib import Path

from verigrad.records import chain
from verigrad.records.atomic import write_text
from verigrad.records.run import RunFolder
from verigrad.reports.browser import collect_rollouts
from verigrad.reports.facts import read_run
from verigrad.reports.page import render_page

MAX_ROLLOUTS = 480


def write_report(
    run_path: Path, *, control: Path | None = None, max_rollouts: int = MAX_ROLLOUTS
) -> Path:
    """Write `report.html` into the run folder and the chain; returns its path.

    Works while the run is going on and after it ended. `control` is a second run to draw beside
    it (default: the one the record names, if it is there). DataError where there is no run.
    """
    run = RunFolder.open(run_path)
    facts = read_run(run_path)
    beside = control or _recorded_control(run)
    text = render_page(
        facts,
        control=None if beside is None else read_run(beside),
        shown=collect_rollouts(run, max_rollouts=max_rollouts),
        chain_head=chain.head(run_path),
    )
    path = run_path / "report.html"
    write_text(path, text)
    run.note(path)
    return path


def _recorded_control(run: RunFolder) -> Path | None:
    record = run.record()
    if record is None or record.control_run is None:
        return None
    path = run.path / record.control_run
    return path if path.is_dir() else None
