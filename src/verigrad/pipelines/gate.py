"""A gate file on two files of samples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from verigrad.core.config import read
from verigrad.core.errors import HaltedError
from verigrad.evaluation.gates import Found, GateFile, check
from verigrad.evaluation.samples import read_samples


def check_gate(gate: Path, base: Path, model: Path) -> list[Found]:
    """Every threshold, in the order of the file."""
    rules = read(GateFile, gate).recipe
    before, after = read_samples(base), read_samples(model)
    return [check(threshold, before, after) for threshold in rules.threshold]


def raise_if_broken(found: Sequence[Found], *, where: str) -> None:
    """HaltedError (exit code 6) where a threshold is not kept."""
    broken = [one for one in found if not one.is_kept]
    if broken:
        raise HaltedError(
            f"{len(broken)} of {len(found)} thresholds are not kept",
            where=where,
            cause="; ".join(one.text for one in broken),
            remedy="do not ship this model, or change a threshold on purpose",
        )
