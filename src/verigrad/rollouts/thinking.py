"""Thinking: where a template puts reasoning, and budgets that end it or make it longer.

A budget that is spent puts a closing sentence and the closing mark behind what was thought, and
the policy answers from there (Qwen3, arXiv:2505.09388, section 4.3). A minimum takes the closing
mark away and puts "Wait" in its place (budget forcing of s1, arXiv:2501.19393). Either way the
tokens put in are the environment's: masked in training, like a tool's answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from verigrad.core.errors import ConfigError
from verigrad.core.types import StopReason


@dataclass(frozen=True, slots=True)
class Marks:
    """What opens and closes reasoning in a family of templates."""

    opens: str
    closes: str


MARKS = (
    Marks("<think>", "</think>"),  # Qwen3, DeepSeek-R1
    Marks("[THINK]", "[/THINK]"),  # Magistral
    Marks("<thinking>", "</thinking>"),
    Marks("<reasoning>", "</reasoning>"),
)


def find_marks(tokenizer: Any) -> Marks | None:
    """The marks that the tokenizer's chat template speaks of, or its vocabulary holds."""
    template = str(getattr(tokenizer, "chat_template", "") or "")
    vocabulary = tokenizer.get_vocab()
    return next((m for m in MARKS if m.closes in template or m.closes in vocabulary), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning:
    """How one rollout may think, in token ids; `budget` and `minimum` count tokens of a turn.

    `opened` says that the prompt has opened the reasoning already. `close_id` is the closing mark
    where it is a single token.
    """

    marks: Marks
    decode: Callable[[Sequence[int]], str]
    close_id: int | None
    closing_ids: tuple[int, ...]
    extension_ids: tuple[int, ...]
    opened: bool
    budget: int | None = None
    minimum: int = 0
    max_extensions: int = 0


@dataclass(frozen=True, slots=True)
class Edit:
    """What is done to a turn before it goes on: the last `drop` tokens go, `insert` comes."""

    drop: int = 0
    insert: tuple[int, ...] = ()


@dataclass(slots=True)
class Thought:
    """The reasoning of one turn while it is sampled."""

    rule: Reasoning
    is_done: bool = False
    num_tokens: int = 0
    num_extensions: int = 0
    was_cut: bool = False

    def limit(self, num_sampled: int) -> int | None:
        """How many tokens may follow before the budget is spent; None where it does not matter."""
        if self.is_done or self.rule.budget is None:
            return None
        return max(0, self.rule.budget - num_sampled)

    @property
    def stops_at_mark(self) -> bool:
        """True where sampling must stop at the closing mark, which may be taken away."""
        rule = self.rule
        return not self.is_done and rule.minimum > 0 and self.num_extensions < rule.max_extensions

    def follow(self, ids: Sequence[int], stop: StopReason) -> Edit | None:
        """What is to be done after `ids`, all of the turn so far; None where nothing is.

        After an edit, even an empty one, sampling goes on.
        """
        if self.is_done:
            return None
        text = self.rule.decode(ids)
        if not self._is_thinking(text):
            self.is_done = True
            return None
        at = text.find(self.rule.marks.closes)
        if at >= 0:
            return self._at_mark(ids, at, stop)
        self.num_tokens = len(ids)
        if stop is not StopReason.LENGTH:
            self.is_done = True
            return None
        if self.limit(len(ids)) == 0:
            self.is_done = self.was_cut = True
            return Edit(insert=self.rule.closing_ids)
        return None

    def _is_thinking(self, text: str) -> bool:
        opens = self.rule.marks.opens
        start = text.lstrip()
        return self.rule.opened or start.startswith(opens) or opens.startswith(start)

    def _at_mark(self, ids: Sequence[int], at: int, stop: StopReason) -> Edit | None:
        stopped_here = stop is StopReason.STOP and self.stops_at_mark
        self.num_tokens = _tokens_before(ids, at, self.rule.decode)
        if stopped_here and self.num_tokens < self.rule.minimum:
            self.num_extensions += 1
            return Edit(drop=len(ids) - self.num_tokens, insert=self.rule.extension_ids)
        self.is_done = True
        return Edit() if stopped_here else None


def _tokens_before(ids: Sequence[int], at: int, decode: Callable[[Sequence[int]], str]) -> int:
    """How many tokens stand before character `at` of their text, by halving."""
    low, high = 0, len(ids)
    while low < high:
        middle = (low + high + 1) // 2
        if len(decode(ids[:middle])) <= at:
            low = middle
        else:
            high = middle - 1
    return low


def check_budget(budget: int | None, *, minimum: int, max_output_tokens: int) -> None:
    """ConfigError where a budget leaves no room for an answer, or a minimum is above it."""
    if budget is not None and budget >= max_output_tokens:
        raise ConfigError(
            f"a thinking budget of {budget} leaves no token of {max_output_tokens} for the answer",
            where="rollouts.thinking",
            remedy="lower the budget, or raise rollouts.max_output_tokens",
        )
    if budget is not None and minimum > budget:
        raise ConfigError(
            f"thinking at least {minimum} tokens does not fit a budget of {budget}",
            where="rollouts.thinking",
            remedy="lower minimum, or raise the budget",
        )
