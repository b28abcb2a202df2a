"""`--resume`: a run goes on by the recipe it resolved to, `--set` included.

What was typed when the run began is in its `recipe.toml`, what it resolved to in `resolved.json`.
A resume takes up the second. Whoever gives a recipe that was edited since, or a `--set` of another
value, is told which keys differ: a run has one recipe. The only change allowed is more
`training.steps`, which adds steps and alters none of those taken; it is recorded.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from typing import Any

from verigrad.core.config import Bound, Provenance, flatten, validate
from verigrad.core.errors import ConfigError
from verigrad.core.recipe import Recipe
from verigrad.records.run import RunFolder

_STEPS = "training.steps"
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Resumed:
    """The run's own recipe, and what this resume changed of it: key -> (was, is)."""

    bound: Bound
    changes: dict[str, tuple[Any, Any]]

    def record(self, run: RunFolder) -> None:
        """Write the changes into `resolved.json` and the chain; the run must be locked."""
        if not self.changes:
            return
        said = ", ".join(f"{key}: {was} -> {now}" for key, (was, now) in self.changes.items())
        run.replace_resolved(self.bound.recipe.model_dump(mode="json"), note=f"resumed with {said}")


def resumed(run: RunFolder, asked: Bound) -> Resumed:
    """The recipe to go on with; ConfigError where `asked` is of another recipe than the run."""
    began = run.resolved
    changes = _changes(run, asked, flatten(began))
    if changes.keys() - {_STEPS}:
        raise _different(run, changes)
    if _STEPS in changes:
        _check_more_steps(began, *changes[_STEPS])
        began["training"]["steps"] = changes[_STEPS][1]
    values = flatten(began)
    provenance = Provenance(dict.fromkeys(values, "resolved.json"), frozenset(values))
    recipe = validate(Recipe, began, provenance=provenance, name="resolved.json")
    return Resumed(Bound(recipe, run.recipe_text, provenance), changes)


def _changes(run: RunFolder, asked: Bound, began: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Keys that `asked` sets to another value than the run has.

    A key counts where its text differs from the run's recipe.toml or where it came from `--set`:
    a value that stands in both recipes was overridden when the run began, and stays so.
    """
    then, now = (flatten(tomllib.loads(text)) for text in (run.recipe_text, asked.text))
    values = flatten(json.loads(json.dumps(asked.recipe.model_dump(mode="json"))))
    return {
        key: (began.get(key), values.get(key))
        for key in sorted(values.keys() | began.keys())
        if values.get(key, _ABSENT) != began.get(key, _ABSENT)
        and (
            then.get(key, _ABSENT) != now.get(key, _ABSENT)
            or asked.provenance.why(key).startswith("--set")
        )
    }


def _check_more_steps(began: dict[str, Any], was: int, now: int) -> None:
    training = began["training"]
    falls = training["final_rate_share"] != 1.0
    if now < was or falls:
        raise ConfigError(
            f"--resume cannot change {_STEPS} from {was} to {now}",
            where="resolved.json of the run",
            cause="its learning rate falls towards its last step, so every step depends on how "
            "many there are"
            if falls
            else "a run cannot be made shorter",
            remedy=f"resume with {_STEPS} = {was}, or start a new run",
        )


def _different(run: RunFolder, changes: dict[str, tuple[Any, Any]]) -> ConfigError:
    lines = "\n".join(
        f"  - `{key}`: the run has {was!r}, this asks for {now!r}"
        for key, (was, now) in changes.items()
    )
    return ConfigError(
        f"--resume goes on with the recipe the run began with, and this is another one:\n{lines}",
        where=str(run.path),
        cause="the recipe was edited since, or --set gives another value",
        remedy="leave these out to go on, or give another --out to start a new run",
    )
