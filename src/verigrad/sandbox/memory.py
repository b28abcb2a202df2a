"""How much memory all processes of a job use together, seen from outside by /proc."""

from __future__ import annotations

import os
from pathlib import Path

from verigrad.sandbox.zygote import Zygote

_PAGE = os.sysconf("SC_PAGE_SIZE")


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        found = [(task / "children").read_text("ascii") for task in tasks]
    except OSError:
        return []
    return [int(child) for text in found for child in text.split()]


def _private_bytes(pid: int) -> int:
    """Resident memory less what is shared with files; 0 for a process that is gone."""
    try:
        fields = Path(f"/proc/{pid}/statm").read_text("ascii").split()
    except OSError:
        return 0
    return (int(fields[1]) - int(fields[2])) * _PAGE


def resident_bytes(zygote: Zygote) -> int:
    """Private memory of the running job's processes, each less what it got from the zygote."""
    zygotes = _children(zygote.process.pid)
    inherited = 0 if zygote.kind.may_execute else sum(_private_bytes(pid) for pid in zygotes)
    layer = [child for pid in zygotes for child in _children(pid)]
    total = 0
    while layer:
        total += sum(max(0, _private_bytes(pid) - inherited) for pid in layer)
        layer = [child for pid in layer for child in _children(pid)]
    return total
