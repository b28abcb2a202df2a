"""What can be wrong with Metamath text, with the reason code it has where a response wrote it."""

from __future__ import annotations

from verigrad.core.verdict import Reason


class MetamathError(Exception):
    """A statement or proof that the kernel refuses.

    `label` is the statement it stands in, `step` the number of the proof step (from 1), 0 where
    the fault is not in a step.
    """

    def __init__(
        self, why: str, *, label: str = "", step: int = 0, reason: Reason = Reason.WRONG
    ) -> None:
        super().__init__(f"{label}: {why}" if label else why)
        self.why = why
        self.label = label
        self.step = step
        self.reason = reason
