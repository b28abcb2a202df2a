"""Process rewards: one for every step of a response, read from the verdict's evidence.

A verifier, or the task's step judge, puts them there as `"steps": [[end, score], ...]`: where in
the response a step ends, in characters, and its score in [0, 1].
"""

from __future__ import annotations

from typing import NamedTuple

from verigrad.core.verdict import Verdict

EVIDENCE = "steps"


class StepReward(NamedTuple):
    """One step: where it ends in the response, in characters, and what it is worth."""

    end: int
    reward: float


def step_rewards(verdict: Verdict) -> tuple[StepReward, ...]:
    """The steps of a scored verdict, in order; none where it holds none.

    >>> from verigrad.core.verdict import Reason, Status
    >>> step_rewards(Verdict(Status.SCORED, Reason.CORRECT, 1.0,
    ...                      evidence={"steps": [[5, 1.0], [9, 0.0]]}))
    (StepReward(end=5, reward=1.0), StepReward(end=9, reward=0.0))
    """
    return tuple(
        StepReward(int(end), float(score)) for end, score in verdict.evidence.get(EVIDENCE, ())
    )
