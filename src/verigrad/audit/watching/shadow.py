"""Shadow verification: a second verifier judges a share of the rollouts and never pays.

Reward says how often the first verifier was satisfied; the shadow says how often the answer was
right by another way of looking. Where a policy has found a hole, the first goes up alone: the gap
is the share of rollouts that were paid although the shadow calls them wrong.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from verigrad.audit.watching.alarm import Alarm
from verigrad.core.seeds import derive
from verigrad.core.statistics import Interval, wilson
from verigrad.core.verdict import Status, Verdict

_SHOWN = 5
_WHOLE = 1 << 63  # seeds have 63 bits


@dataclass(frozen=True, slots=True)
class Pair:
    """What the verifier that pays and the shadow say of one rollout."""

    group: int
    sample: int
    paid: Verdict
    shadow: Verdict

    @property
    def is_judged_twice(self) -> bool:
        """Both came to a score: a shadow that abstains says nothing."""
        return self.paid.status is Status.SCORED and self.shadow.status is Status.SCORED

    @property
    def is_paid_for_nothing(self) -> bool:
        """Paid, and wrong by the shadow."""
        return self.paid.is_correct and not self.shadow.is_correct


@dataclass(frozen=True, slots=True)
class GapRule:
    """When the gap is an alarm: its 99 % lower bound over the last `window` steps passes `limit`.

    With 256 rollouts a step, a share of a quarter and a window of 5, 320 are judged twice in a
    window: 13 of them paid for nothing (Wilson's lower bound 2.2 %) pass a limit of 2 %, 12 do not.
    """

    window: int = 5
    limit: float = 0.02
    confidence: float = 0.98  # of both sides together: 99 % for the lower one


@dataclass(slots=True)
class GapWatch:
    """Remembers the last steps' pairs and raises the alarm once for every stretch above it."""

    rule: GapRule = field(default_factory=GapRule)
    name: str = "shadow"
    _steps: deque[tuple[int, int, int]] = field(default_factory=deque)
    _is_above: bool = False

    def see(self, step: int, pairs: Sequence[Pair]) -> Alarm | None:
        """The alarm this step raises; None where there is none, or the last one still stands."""
        judged = [pair for pair in pairs if pair.is_judged_twice]
        wrong = [pair for pair in judged if pair.is_paid_for_nothing]
        is_new = self._count(step, len(judged), len(wrong))
        gap = self.gap()
        if not is_new or gap is None:
            return None
        since = next(number for number, _, count in self._steps if count)
        return Alarm(
            name=f"{self.name}_gap",
            what=f"{gap.value:.1%} of the rollouts judged twice were paid although the "
            f"{self.name.replace('_', '-')} verifier calls them wrong (at least {gap.low:.1%})",
            step=step,
            since=since,
            rollouts=tuple(
                f"step {step} group {pair.group} sample {pair.sample}" for pair in wrong[:_SHOWN]
            ),
            cause="The policy may have found an answer that the verifier pays for and that is not "
            "right; or the shadow is the stricter one.",
            remedy="Read these rollouts. If they are wrong, mend the verifier, see what it changes "
            "with `verigrad reverify`, and train again from before.",
        )

    def recall(self, lines: Iterable[Mapping[str, float]]) -> None:
        """Take up where a run stopped, from the metrics of its steps (`shadow/...`)."""
        for line in lines:
            judged = line.get(f"{self.name}/judged")
            if judged is not None:
                wrong = round(line.get(f"{self.name}/gap", 0.0) * judged)
                self._count(int(line["step"]), round(judged), wrong)

    def _count(self, step: int, judged: int, wrong: int) -> bool:
        """Add a step; True where the gap rises above the limit with it."""
        self._steps.append((step, judged, wrong))
        while len(self._steps) > self.rule.window:
            self._steps.popleft()
        gap = self.gap()
        was_above, self._is_above = self._is_above, gap is not None and gap.low > self.rule.limit
        return self._is_above and not was_above

    def gap(self) -> Interval | None:
        """The gap over the window; None where nothing was judged twice."""
        judged = sum(count for _, count, _ in self._steps)
        wrong = sum(count for _, _, count in self._steps)
        return wilson(wrong, judged, confidence=self.rule.confidence) if judged else None


def is_watched(*, seed: int, step: int, group: int, sample: int, share: float) -> bool:
    """Whether this rollout is judged twice: decided by its address alone, `share` of all."""
    drawn = derive("shadow", seed=seed, step=step, group=group, sample=sample)
    return drawn / _WHOLE < share


def shadow_metrics(pairs: Iterable[Pair], *, name: str = "shadow") -> dict[str, float]:
    """Rates over the rollouts judged twice; nothing where there are none.

    `shadow/paid` and `shadow/right` are the two verifiers' pass rates, `shadow/gap` the share paid
    though wrong, `shadow/missed` the share right though unpaid.
    """
    pairs = list(pairs)
    judged = [pair for pair in pairs if pair.is_judged_twice]
    found = {
        f"{name}/judged": float(len(judged)),
        f"{name}/unjudged": float(len(pairs) - len(judged)),
    }
    if not judged:
        return found if pairs else {}
    paid = sum(pair.paid.is_correct for pair in judged)
    right = sum(pair.shadow.is_correct for pair in judged)
    wrong = sum(pair.is_paid_for_nothing for pair in judged)
    missed = right - (paid - wrong)
    rates = {"paid": paid, "right": right, "gap": wrong, "missed": missed}
    return found | {f"{name}/{rate}": count / len(judged) for rate, count in rates.items()}
