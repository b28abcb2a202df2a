"""What a model can do before training: pass rates, and which problems are worth training on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from verigrad.core.types import Problem
from verigrad.curriculum.pass_rates import PassRate

Why = Literal["kept", "unjudged", "choice", "guessable", "too_hard", "too_easy"]
REASONS: Mapping[Why, str] = {
    "kept": "learnable",
    "unjudged": "no answer could be judged",
    "choice": "the answer is one of a few options: chance passes it",
    "guessable": "right at once, without reasoning",
    "too_hard": "never right, or too seldom",
    "too_easy": "always right, or nearly",
}
_OPTIONS = {*"abcdefghij", "true", "false", "yes", "no"}
BINS = 8


@dataclass(frozen=True, slots=True)
class Band:
    """Shares of right answers that are learnable: above `low` and below `high`."""

    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiled:
    """A problem, how many of `num_samples` judged answers were right, and of `num_guesses`."""

    problem: Problem
    num_samples: int
    num_correct: int
    num_guesses: int = 0
    num_guessed: int = 0
    why: Why

    @property
    def is_kept(self) -> bool:
        """True for a problem to train on."""
        return self.why == "kept"

    @property
    def rate(self) -> PassRate:
        """What its answers say."""
        return PassRate(self.num_correct, self.num_samples - self.num_correct)

    def to_json(self) -> dict[str, Any]:
        """A row of the profile's file."""
        interval = self.rate.interval()
        return {
            "id": self.problem.id,
            "task": self.problem.task,
            "question": self.problem.question,
            "answer": self.problem.answer,
            "num_samples": self.num_samples,
            "num_correct": self.num_correct,
            "low": interval.low,
            "high": interval.high,
            "num_guesses": self.num_guesses,
            "num_guessed": self.num_guessed,
            "is_kept": self.is_kept,
            "why": self.why,
        }


def is_choice(answer: Any) -> bool:
    """True where the reference is an option's letter, true, false, yes or no.

    >>> [is_choice(answer) for answer in ("(B)", "True", "12", None)]
    [True, True, False, False]
    """
    return isinstance(answer, bool) or (
        isinstance(answer, str) and answer.strip(" ().").casefold() in _OPTIONS
    )


def is_learnable(row: Mapping[str, Any], band: tuple[float, float] | None) -> bool:
    """Of a profile's row: kept, or, with a `band`, kept by that one; guessable stays out.

    >>> row = {"why": "too_easy", "num_samples": 8, "num_correct": 8}
    >>> is_learnable(row, None), is_learnable({**row, "num_correct": 7}, (0.5, 0.9))
    (False, True)
    """
    if band is None:
        return row["why"] == "kept"
    by_rate = row["why"] in ("kept", "too_hard", "too_easy")
    return by_rate and band[0] < row["num_correct"] / row["num_samples"] < band[1]


def reason(
    answer: Any,
    *,
    num_samples: int,
    num_correct: int,
    num_guessed: int,
    band: Band,
    with_choices: bool,
) -> Why:
    """Why a problem is kept or not; the first that applies (Kimi k1.5, arXiv 2501.12599, 2.1)."""
    if not num_samples:
        return "unjudged"
    if not with_choices and is_choice(answer):
        return "choice"
    if num_guessed:
        return "guessable"
    share = num_correct / num_samples
    if share <= band.low:
        return "too_hard"
    return "kept" if share < band.high else "too_easy"


def histogram(profiled: Sequence[Profiled]) -> list[int]:
    """Problems by share of right answers, in `BINS` equal bins; always right is in the last.

    >>> histogram([])
    [0, 0, 0, 0, 0, 0, 0, 0]
    """
    found = Counter(
        min(BINS - 1, BINS * one.num_correct // one.num_samples)
        for one in profiled
        if one.num_samples
    )
    return [found[place] for place in range(BINS)]


def text_of(profiled: Sequence[Profiled]) -> str:
    """For people: a histogram, and how many are kept and why others are not."""
    bins = histogram(profiled)
    longest = max(1, *bins)
    lines = [f"{len(profiled):,} problems; by share of right answers:"]
    for place, count in enumerate(bins):
        bar = "#" * round(40 * count / longest)
        lines.append(
            f"  {place / BINS:>5.0%} to {(place + 1) / BINS:>4.0%}  {count:>6,}  {bar}".rstrip()
        )
    why = Counter(one.why for one in profiled)
    lines += [f"  {name:<10} {why[name]:>6,}  {told}" for name, told in REASONS.items()]
    return "\n".join(lines)
