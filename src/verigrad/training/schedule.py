"""Learning-rate schedules as pure functions of the step."""

from __future__ import annotations

import math


def learning_rate(
    step: int, *, peak: float, warm_up_steps: int, total_steps: int, final_share: float
) -> float:
    """The rate of `step` (from 0): linear up to `peak`, then half a cosine to `final_share * peak`.

    >>> [round(learning_rate(s, peak=1.0, warm_up_steps=2, total_steps=6, final_share=0.0), 3)
    ...  for s in range(6)]
    [0.5, 1.0, 1.0, 0.854, 0.5, 0.146]
    """
    if step < warm_up_steps:
        return peak * (step + 1) / warm_up_steps
    progress = (step - warm_up_steps) / max(1, total_steps - warm_up_steps)
    cosine = 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress)))
    return peak * (final_share + (1.0 - final_share) * cosine)
