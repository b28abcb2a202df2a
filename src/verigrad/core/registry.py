"""One visible table per kind: name -> lazy import path. Importing a module never registers.

Plug-ins join through entry points of the group `verigrad.<kind>`; a plug-in cannot replace a
name that ships.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from typing import Any

from verigrad.core.errors import ConfigError


def nearest(name: str, known: list[str]) -> str:
    """`did you mean "x"? ` for the closest known name, else the empty string."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f'did you mean "{close[0]}"? ' if close else ""


@dataclass(frozen=True)
class Registry:
    """Names of one kind ("verifier", "engine", ...), each with its "package.module:attribute"."""

    kind: str
    table: Mapping[str, str]

    @cached_property
    def _plugins(self) -> dict[str, str]:
        points = metadata.entry_points(group=f"verigrad.{self.kind}")
        return {point.name: point.value for point in points if point.name not in self.table}

    @property
    def names(self) -> list[str]:
        """Every known name, sorted."""
        return sorted({*self.table, *self._plugins})

    def load(self, name: str) -> Any:
        """Import what `name` stands for; ConfigError with the nearest name if it is unknown."""
        path = self.table.get(name) or self._plugins.get(name)
        if path is None:
            raise ConfigError(
                f'unknown {self.kind} "{name}"',
                cause="a misspelt name, or a plug-in that is not installed",
                remedy=f"{nearest(name, self.names)}known: {', '.join(self.names)}",
            )
        module, _, attribute = path.partition(":")
        return getattr(importlib.import_module(module), attribute)
