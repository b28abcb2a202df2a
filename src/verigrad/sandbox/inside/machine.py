"""Which table of system call numbers this machine uses."""

from __future__ import annotations

import os

from . import syscall_numbers as _tables

_TABLES = {"x86_64": _tables.X86_64, "aarch64": _tables.AARCH64}
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def name() -> str:
    """`x86_64` or `aarch64`; OSError on any other, for which there is no table."""
    found = os.uname().machine
    if found not in _TABLES:
        raise OSError(38, f"no system call table for {found}")
    return found


def numbers() -> dict[str, int]:
    """System call name -> number."""
    return _TABLES[name()]


def audit_arch() -> int:
    """The AUDIT_ARCH_* constant a filter compares with."""
    return _AUDIT_ARCH[name()]


def has_x32() -> bool:
    """Whether the kernel may know a second, 32-bit-pointer set of numbers."""
    return name() == "x86_64"
