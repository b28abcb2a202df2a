"""The recipe's rule of thinking, bound to a tokenizer: what each problem's rollouts are told."""

from __future__ import annotations

from dataclasses import replace

from verigrad.core.errors import ConfigError
from verigrad.core.recipe import ThinkingSection
from verigrad.core.seeds import stream
from verigrad.core.types import Message
from verigrad.rollouts.environments.base import Observation
from verigrad.rollouts.render import Renderer
from verigrad.rollouts.thinking import Marks, Reasoning, check_budget, find_marks

_SWITCHES = {True: " /think", False: " /no_think"}


class ThinkingRule:
    """Decides, for each problem, whether and how long its rollouts think.

    Whatever is drawn (`mode = "mixed"`, `effort = "mixed"`) is addressed by the group's seed, so
    that a group shares it and a resume draws it again.
    """

    def __init__(
        self, section: ThinkingSection, renderer: Renderer, *, max_output_tokens: int
    ) -> None:
        self.section = section
        self.marks = _marks(section, renderer)
        for budget in (section.budget, *section.efforts.values()):
            check_budget(budget, minimum=section.minimum, max_output_tokens=max_output_tokens)

    def open(
        self, messages: Observation, renderer: Renderer, *, seed: int
    ) -> tuple[Observation, Renderer, Reasoning | None]:
        """The conversation as it is shown, its renderer, and how its rollouts may think."""
        draw = stream("thinking", seed=seed)
        section = self.section
        share = {"on": 1.0, "off": 0.0, "mixed": 1.0 - section.off_share}[section.mode]
        thinks = draw.random() < share
        effort = section.effort
        if effort == "mixed":
            effort = draw.choice(sorted(section.efforts))
        if section.switch == "template":
            renderer = renderer.with_options(enable_thinking=thinks)
        elif section.switch == "prompt":
            messages = _switched(messages, _SWITCHES[thinks])
        if not thinks:
            return messages, renderer, None
        if effort is not None and section.effort_text:
            messages = _told(messages, section.effort_text.replace("{effort}", effort))
        budget = section.budget if effort is None else section.efforts[effort]
        return messages, renderer, self._reasoning(messages, renderer, budget)

    def _reasoning(
        self, messages: Observation, renderer: Renderer, budget: int | None
    ) -> Reasoning:
        section, marks = self.section, self.marks
        prompt = renderer.decode(renderer.prompt(messages)).rstrip()
        close = renderer.encode(marks.closes)
        return Reasoning(
            marks=marks,
            decode=renderer.decode,
            close_id=close[0] if len(close) == 1 else None,
            closing_ids=renderer.encode(f"{section.closing}{marks.closes}{section.after_closing}"),
            extension_ids=renderer.encode(section.extension),
            opened=prompt.endswith(marks.opens),
            budget=budget,
            minimum=section.minimum,
            max_extensions=section.max_extensions,
        )


def _marks(section: ThinkingSection, renderer: Renderer) -> Marks:
    if section.opens is not None and section.closes is not None:
        return Marks(section.opens, section.closes)
    marks = find_marks(renderer.tokenizer)
    if marks is None:
        raise ConfigError(
            "nothing in the chat template or the vocabulary marks reasoning",
            where="rollouts.thinking",
            cause="a model that was not trained to think",
            remedy='give `opens` and `closes`, such as "<think>" and "</think>"',
        )
    return marks


def _switched(messages: Observation, switch: str) -> Observation:
    """The last user message with the switch behind it (Qwen3's soft switch)."""
    last = max((i for i, m in enumerate(messages) if m.role == "user"), default=None)
    if last is None:
        return messages
    said = messages[last]
    return (
        *messages[:last],
        replace(said, content=said.content + switch),
        *messages[last + 1 :],
    )


def _told(messages: Observation, text: str) -> Observation:
    """The system message with a line more, or a new one."""
    if messages and messages[0].role == "system":
        first = replace(messages[0], content=f"{messages[0].content}\n{text}")
        return (first, *messages[1:])
    return (Message("system", text), *messages)
