"""What a foreign reward says, as a verdict."""

from __future__ import annotations

from typing import Any

from verigrad.core.verdict import Reason, Verdict
from verigrad.verifiers.base import correct, failed, partial, rejected


def verdict_of(reward: Any, *, full: float) -> Verdict:
    """The share of a right answer's reward, within 0 and 1; `failed` for what is no finite number.

    >>> verdict_of(-1.0, full=1.0).score, verdict_of(2.0, full=4.0).score
    (0.0, 0.5)
    """
    if reward is None or isinstance(reward, str):
        return failed(f"it returned {reward}")
    share = min(1.0, max(0.0, float(reward) / full))
    evidence = {"reward": reward}
    if share == 1.0:
        return correct(evidence=evidence)
    if share > 0.0:
        return partial(share, evidence=evidence)
    return rejected(Reason.WRONG, evidence=evidence)
