"""Process rewards: from places in the text of a response to tokens of its rollout."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from verigrad.core.errors import DataError
from verigrad.core.types import Judged, Rollout
from verigrad.rewards.steps import step_rewards

Decode = Callable[[Sequence[int]], str]


def step_places(judged: Judged, decode: Decode) -> tuple[tuple[int, float], ...]:
    """(index among the predicted tokens, reward) of every step of a scored rollout.

    A step ends on the first token after which the decoded answer holds the step's text, and never
    after the answer's last token. Raises DataError where the verdict holds no steps.
    """
    steps = step_rewards(judged.verdict)
    rollout = judged.rollout
    if not steps:
        raise DataError(
            "a verdict holds no step rewards",
            where=f"problem {rollout.problem.id}, verifier {judged.verdict.verifier}",
            cause="process supervision needs the score of every step",
            remedy='give the task `steps = { kind = "worked" }`, or use an outcome objective',
        )
    first = _last_turn(rollout)
    answer = rollout.response_ids[first:]
    before = sum(rollout.loss_mask[:first])
    return tuple((before + _token_of(step.end, answer, decode) - 1, step.reward) for step in steps)


def _last_turn(rollout: Rollout) -> int:
    """Where the last run of the policy's own tokens begins: its text is what was judged."""
    mask = rollout.loss_mask
    end = len(mask)
    while end and not mask[end - 1]:
        end -= 1
    while end and mask[end - 1]:
        end -= 1
    return end


def _token_of(end: int, answer: Sequence[int], decode: Decode) -> int:
    """The fewest tokens, at least one, whose text has `end` characters; at most all of them."""
    low, high = 1, len(answer)
    while low < high:
        middle = (low + high) // 2
        if len(decode(answer[:middle])) >= end:
            high = middle
        else:
            low = middle + 1
    return low
