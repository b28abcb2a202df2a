"""Whole images through docker or podman, where an engine answers."""

from __future__ import annotations

import shutil


def find_engine() -> tuple[str, str]:
    """The engine's program, or "" and why there is none."""
    found = next(filter(None, map(shutil.which, ("docker", "podman"))), "")
    return found, "" if found else "neither docker nor podman is on the PATH"
