"""What the page of a pipeline says of each stage, read from its record."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_KIND_COLOURS = {
    "sft": "c-amber",
    "fuse": "c-amber",
    "rl": "c-blue",
    "distill": "c-blue",
    "dpo": "c-violet",
    "evaluate": "c-right",
}
CONDITIONS = {
    "done": ("c-right", "ran in the last call"),
    "as before": ("c-grey", "nothing it depends on has changed"),
    "failed": ("c-wrong", "stopped by an error or a gate"),
    "unfinished": ("c-amber", "begun, and not ended"),
}
"""A stage's condition: its colour on the page, and what it means."""


@dataclass(frozen=True, slots=True)
class StageFacts:
    """A stage as its record has it. `run` is its folder where it is a training run."""

    name: str
    kind: str
    state: str
    parents: tuple[str, ...]
    figures: Mapping[str, float]
    run: Path | None
    failure: str = ""
    gates: Sequence[Mapping[str, Any]] = ()
    is_new: bool = True

    @property
    def colour(self) -> str:
        """By kind."""
        return _KIND_COLOURS.get(self.kind, "c-grey")

    @property
    def condition(self) -> str:
        """One of `_CONDITIONS`."""
        if self.failure:
            return "failed"
        if self.state != "done":
            return "unfinished"
        return "done" if self.is_new else "as before"


def read_stages(out: Path, *, ran: Collection[str] | None = None) -> list[StageFacts]:
    """The stages of a pipeline in its order, as far as it went; `ran` are those of the last call,
    all if it is left out.
    """
    state = json.loads((out / "pipeline.json").read_bytes())
    names = [name for name in state["order"] if name in state["stages"]]
    found = []
    for name in names:
        stage = state["stages"][name]
        folder = out / name
        has_run = (folder / "resolved.json").is_file()
        found.append(
            StageFacts(
                name,
                stage.get("kind", ""),
                stage["state"],
                tuple(stage.get("parents", ())),
                stage.get("output", {}).get("figures", {}),
                folder if has_run else None,
                stage.get("failure", ""),
                stage.get("gates", ()),
                ran is None or name in ran,
            )
        )
    return found
