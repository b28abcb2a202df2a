"""Names inside a run folder: steps of a stage, and names that cannot leave their folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from verigrad.records.metrics import MAIN_STAGE

_STEP = re.compile(r"(?P<stage>[a-z][a-z0-9_]*)_(?P<step>[0-9]{6,})")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A whole checkpoint folder: after `step` steps of `stage`."""

    path: Path
    stage: str
    step: int


def step_name(step: int, *, stage: str = MAIN_STAGE) -> str:
    """The name of a step's file or folder.

    >>> step_name(12), step_name(300, stage="warm_up")
    ('step_000012', 'warm_up_000300')
    """
    return f"{_prefix(stage)}_{step:06d}"


def step_of(name: str, *, stage: str = MAIN_STAGE) -> int | None:
    """The step that `name` was made for; None if it is no step's name of this stage.

    >>> step_of("step_000012"), step_of("step_000012.partial"), step_of("warm_up_000300")
    (12, None, None)
    """
    match = _STEP.fullmatch(name)
    return int(match["step"]) if match and match["stage"] == _prefix(stage) else None


def by_step(folder: Path, *, suffix: str, stage: str = MAIN_STAGE) -> list[tuple[int, Path]]:
    """(step, path) for everything in `folder` named after a step of `stage`, in order."""
    paths = folder.glob(f"*{suffix}") if folder.is_dir() else ()
    found = ((step_of(path.name.removesuffix(suffix), stage=stage), path) for path in paths)
    return sorted((step, path) for step, path in found if step is not None)


def plain_name(name: str) -> str:
    """`name`, if it is a plain file name; ValueError otherwise."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a plain file name: {name!r}")
    return name


def _prefix(stage: str) -> str:
    return "step" if stage == MAIN_STAGE else stage
