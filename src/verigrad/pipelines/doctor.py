"""Checks of the machine: runtimes, packages, disk, sandbox levels, and each verifier's own work."""

from __future__ import annotations

import os
import platform
import shutil
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Any

from verigrad.core.types import Problem
from verigrad.sandbox.levels import probe
from verigrad.verifiers import TABLE

_EXTRAS = {
    "train": ("torch", "transformers", "tokenizers", "safetensors"),
    "sql": ("duckdb", "sqlglot"),
    "hub": ("datasets",),
}
_RUNTIMES = {"g++": "C++ programs", "node": "JavaScript programs", "git": "the commit in records"}
_LOW_DISK_BYTES = 1 << 30
_REFERENCES = {"math": "1/2", "exact": "yes", "choice": "B"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    found: str
    remedy: str = ""
    is_ok: bool = True

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {name: getattr(self, name) for name in Check.__dataclass_fields__}


def examine() -> list[Check]:
    """Every check, in the order a person reads them."""
    return [*_machine(), *_packages(), *_runtimes(), *_sandbox(), *_verifiers()]


def _machine() -> Iterator[Check]:
    yield Check("python", f"{platform.python_version()} on {platform.platform()}")
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Check("processors", f"{usable} usable of {os.cpu_count()}")
    free = shutil.disk_usage(Path.cwd()).free
    enough = free > _LOW_DISK_BYTES
    remedy = "" if enough else "free some space: a run that cannot write stops"
    yield Check("disk", f"{free / 2**30:.1f} GiB free here", remedy, is_ok=enough)
    yield _device()


def _device() -> Check:
    if util.find_spec("torch") is None:
        remedy = 'pip install "verigrad[train]"'
        return Check("device", "torch is not installed", remedy, is_ok=False)
    import torch

    if torch.cuda.is_available():
        return Check("device", torch.cuda.get_device_name(0))
    from verigrad.training.precision import pick_precision

    precision = str(pick_precision("auto", torch.device("cpu"))).removeprefix("torch.")
    text = f"processor only, {torch.get_num_threads()} torch threads, precision auto is {precision}"
    return Check("device", text)


def _packages() -> Iterator[Check]:
    yield Check("verigrad", metadata.version("verigrad"))
    for extra, names in _EXTRAS.items():
        missing = [name for name in names if util.find_spec(name) is None]
        found = [f"{name} {metadata.version(name)}" for name in names if name not in missing]
        remedy = f'pip install "verigrad[{extra}]"' if missing else ""
        text = ", ".join([*found, *(f"{name} missing" for name in missing)])
        yield Check(f"extra {extra}", text, remedy, is_ok=not missing)


def _runtimes() -> Iterator[Check]:
    for program, purpose in _RUNTIMES.items():
        place = shutil.which(program)
        remedy = "" if place else f"install {program} to judge or record {purpose}"
        yield Check(program, place or f"missing: {purpose}", remedy, is_ok=place is not None)


def _sandbox() -> Iterator[Check]:
    for report in probe():
        found = "works here" if report.available else report.why_not
        yield Check(f"sandbox {report.level}", found, report.remedy, is_ok=report.available)


def _verifiers() -> Iterator[Check]:
    """Each verifier judges a reference of its own: what it says, and the median time of nine."""
    for kind in TABLE.names:
        made = TABLE.load(kind)
        found = f"version {made.version}"
        if kind not in _REFERENCES:  # some cannot be made without being told more
            yield Check(f"verifier {kind}", found)
            continue
        verifier, problem = made(), Problem.of("", _REFERENCES[kind])
        response = verifier.reference_response(problem) or ""
        verdicts = [verifier.verify(problem, response) for _ in range(9)]
        speed_us = statistics.median(verdict.cost_s for verdict in verdicts) * 1e6
        is_ok = all(verdict.is_correct for verdict in verdicts)
        remedy = "" if is_ok else "report this: a reference was not accepted"
        yield Check(
            f"verifier {kind}", f"{found}, {speed_us:.0f} microseconds", remedy, is_ok=is_ok
        )
