"""Recipe -> tasks: sources, verifiers and rewards bound together, every problem at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from verigrad.core.config import Provenance
from verigrad.core.errors import ConfigError
from verigrad.core.recipe import Part, Recipe, TaskSection
from verigrad.core.registry import nearest
from verigrad.judging.sandbox import bind_sandbox
from verigrad.judging.sources import FixedProblems, GeneratedProblems
from verigrad.judging.steps import bind_steps
from verigrad.judging.task import ProblemSource, Task
from verigrad.rewards import RewardRule
from verigrad.tasks import GENERATORS
from verigrad.tasks.dataset import RowsSource
from verigrad.tasks.prompts import PromptTemplate
from verigrad.verifiers import TABLE, Verifier

Made = TypeVar("Made")


def bind_tasks(recipe: Recipe, *, provenance: Provenance | None = None) -> dict[str, Task]:
    """Every task of a recipe by name; ConfigError lists all that is wrong with all of them.

    Verifiers of this process run untrusted code where the recipe says.
    """
    bind_sandbox(recipe.sandbox)
    problems: list[str] = []

    def attempt(place: str, make: Callable[[], Made]) -> Made | None:
        try:
            return make()
        except ConfigError as error:
            source = provenance.why(place) if provenance else ""
            problems.append(f"`{place}`{f' ({source})' if source else ''}: {error.what}")
            if error.remedy:
                problems[-1] += f" ({error.remedy})"
        return None

    parts = [
        (
            section,
            attempt(f"task.{index}.source", lambda s=section: bind_source(s)),
            attempt(f"task.{index}.verifier", lambda s=section: bind_verifier(s)),
            attempt(f"task.{index}.reward", lambda s=section: RewardRule.from_section(s.reward)),
            attempt(f"task.{index}.steps", lambda s=section: bind_steps(s.steps)),
            attempt(f"task.{index}.shadow", lambda s=section: bind_second(s, s.shadow)),
            attempt(f"task.{index}.held_out", lambda s=section: bind_second(s, s.held_out)),
        )
        for index, section in enumerate(recipe.task)
    ]
    if problems:
        raise ConfigError(
            f"{len(problems)} problem{'s' if len(problems) > 1 else ''} in the tasks:\n"
            + "\n".join(f"  - {problem}" for problem in problems),
            remedy="mend these keys",
        )
    return {
        section.name: Task(
            section.name, source, verifier, rule, section.weight, steps, shadow, held_out
        )
        for section, source, verifier, rule, steps, shadow, held_out in parts
        if source is not None and verifier is not None and rule is not None
    }


def bind_verifier(section: TaskSection) -> Verifier:
    """The verifier of a task, with its switches."""
    return make_verifier(section.verifier.kind, section.verifier.switches)


def bind_second(section: TaskSection, part: Part | None) -> Verifier | None:
    """A verifier that watches a task, if it has one. It must not be the one that pays."""
    if part is None:
        return None
    if part == section.verifier:
        raise ConfigError(
            "this is the verifier that pays: it can never disagree with itself",
            remedy="give another kind, or other switches",
        )
    return make_verifier(part.kind, part.switches)


def make_verifier(kind: str, switches: Mapping[str, Any]) -> Verifier:
    """The verifier of this name with these switches; ConfigError with nearest names."""
    cls: type[Verifier] = TABLE.load(kind)
    return _checked(kind, cls.policy_type, lambda: cls(**switches))


def bind_source(section: TaskSection) -> ProblemSource:
    """The problems of a task, with its prompt template applied."""
    source, prompt = section.source, section.prompt
    template = PromptTemplate(prompt.template, prompt.system, prompt.answer_in)
    if source.generator is not None:
        cls = GENERATORS.load(source.generator)
        generator = _checked(source.generator, cls.options_type, lambda: cls(**source.switches))
        return GeneratedProblems(generator, section.name, template)
    settings: dict[str, Any] = {
        "prompt": source.prompt,
        "answer": source.answer,
        "solution": source.solution,
        "info": source.info,
        "held_out_share": source.held_out_share,
        "size": source.size,
        "template": template,
        "task": section.name,
    }
    if source.hub is not None:
        rows = RowsSource.from_hub(source.hub, split=source.split, **settings)
    else:
        assert source.path is not None
        rows = RowsSource.from_file(source.path, held_out_path=source.held_out_path, **settings)
    return FixedProblems(rows.problems("train"), rows.problems("held_out"))


def _checked(name: str, model: Any, make: Callable[[], Made]) -> Made:
    """`make()`, with pydantic's complaints about its switches turned into one ConfigError."""
    try:
        return make()
    except ValidationError as error:
        known = list(model.model_fields)
        lines = [
            f"{name} knows no `{item['loc'][-1]}`: {nearest(str(item['loc'][-1]), known)}"
            f"known: {', '.join(known) or 'none'}"
            if item["type"] == "extra_forbidden"
            else f"{name}: `{'.'.join(map(str, item['loc']))}` = {item['input']!r}: {item['msg']}"
            for item in error.errors()
        ]
        raise ConfigError("; ".join(lines)) from None
