"""Recipe -> settings: the environment of each task, its switches checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from verigrad.core.errors import ConfigError
from verigrad.core.recipe import Recipe
from verigrad.core.registry import nearest
from verigrad.judging.task import Task
from verigrad.rollouts.collect import Playing
from verigrad.rollouts.environments import ENVIRONMENTS
from verigrad.rollouts.environments.base import Budgets, Setting
from verigrad.rollouts.render import Renderer
from verigrad.rollouts.thinking_rule import ThinkingRule
from verigrad.verifiers.base import Verifier


class EnvironmentOptions(BaseModel):
    """What every environment can be told; its own options are added by a subclass."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_turns: int = Field(default=8, ge=1)
    max_tokens: int | None = Field(default=None, ge=1)
    step_limit_s: float = Field(default=30.0, gt=0.0)
    time_limit_s: float = Field(default=300.0, gt=0.0)

    def budgets(self) -> Budgets:
        """The budgets among them."""
        return Budgets(
            max_turns=self.max_turns,
            max_tokens=self.max_tokens,
            step_limit_s=self.step_limit_s,
            time_limit_s=self.time_limit_s,
        )


@dataclass(frozen=True, slots=True)
class Context:
    """What an environment may know when it is bound: the task's verifier, and the template."""

    verifier: Verifier
    renderer: Renderer


def bind_playing(recipe: Recipe, tasks: Mapping[str, Task], renderer: Renderer) -> Playing:
    """How the recipe's problems are played; ConfigError with nearest names for what is unknown."""
    settings = {
        section.name: bind_setting(
            section.environment.kind,
            section.environment.switches,
            Context(tasks[section.name].verifier, renderer),
            where=f"task.{index}.environment",
        )
        for index, section in enumerate(recipe.task)
        if section.environment is not None
    }
    section = recipe.rollouts
    thinking = None
    if section.thinking is not None:
        thinking = ThinkingRule(
            section.thinking, renderer, max_output_tokens=section.max_output_tokens
        )
    return Playing(settings=settings, thinking=thinking, num_threads=section.tool_threads)


def bind_setting(
    kind: str, switches: Mapping[str, Any], context: Context, *, where: str = "environment"
) -> Setting:
    """The setting of one environment.

    Its class says with `options_type` what it can be told, and makes the setting with `setting`;
    without that, an instance is made from the options for each rollout.
    """
    cls = ENVIRONMENTS.load(kind)
    options_type = getattr(cls, "options_type", EnvironmentOptions)
    options = checked_options(kind, options_type, switches, where=where)
    if hasattr(cls, "setting"):
        return cls.setting(options, context)
    return Setting(
        make=lambda: cls(options),
        budgets=options.budgets(),
        is_quick=getattr(cls, "is_quick", False),
    )


def bind_part(table: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """`kind` and the switches beside it."""
    kind = table.get("kind")
    if not isinstance(kind, str):
        raise ConfigError(
            f"a part without a `kind`: {dict(table)!r:.100}",
            remedy='write { kind = "calculator", ... }, or the name alone',
        )
    return kind, {name: value for name, value in table.items() if name != "kind"}


def checked_options(
    kind: str, options_type: Any, switches: Mapping[str, Any], *, where: str = ""
) -> Any:
    """The options; ConfigError names every unknown or wrong switch, with the nearest names."""
    try:
        return options_type.model_validate(dict(switches))
    except ValidationError as error:
        known = list(options_type.model_fields)
        lines = [
            f"{kind} knows no `{item['loc'][-1]}`: {nearest(str(item['loc'][-1]), known)}"
            f"known: {', '.join(known) or 'none'}"
            if item["type"] == "extra_forbidden"
            else f"{kind}: `{'.'.join(map(str, item['loc']))}`: {item['msg']}"
            for item in error.errors()
        ]
        raise ConfigError("; ".join(lines), where=where, remedy="mend these switches") from None
