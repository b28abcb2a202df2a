"""Signs of trouble in a run's metrics, each with the words of its alarm. One table of all.

A sign is read from the metric lines alone, so a resumed run raises what the whole one would have.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median

from verigrad.audit.watching.alarm import Alarm
from verigrad.core.types import Judged
from verigrad.core.verdict import Reason, Status

Line = Mapping[str, float]
WINDOW = 5  # steps: a sign is the mean over them
FIRST = 5  # steps that a drift is measured from


@dataclass(frozen=True, slots=True)
class Sign:
    """A value of a step, the limits outside which it is an alarm, and what to say then.

    With `is_drift` the value is divided by its median over the first steps. `{value}` in `what`
    is the mean over the window.
    """

    name: str
    value: Callable[[Line], float | None]
    what: str
    cause: str
    remedy: str
    low: float = float("-inf")
    high: float = float("inf")
    is_drift: bool = False
    is_immediate: bool = False  # one step is enough, and every one is an alarm of its own
    shows: Callable[[Judged], bool] | None = None  # the rollouts that an alarm names


def _of(name: str) -> Callable[[Line], float | None]:
    return lambda line: line.get(name)


def _share_of(*names: str) -> Callable[[Line], float | None]:
    def value(line: Line) -> float | None:
        total = line.get("rollouts/count")
        return sum(line.get(name, 0.0) for name in names) / total if total else None

    return value


_READ = "Read some of these rollouts (`report.html`, the browser at its end)."

SIGNS: tuple[Sign, ...] = (
    Sign(
        "unjudged", _of("verdict/unscored_share"), "{value:.1%} of the rollouts were not judged",
        "The verifier abstains or its infrastructure fails; the policy trains on what is left.",
        "See their reasons in the report, and mend what fails.",
        high=0.05, shows=lambda one: one.verdict.status is not Status.SCORED,
    ),
    Sign(
        "timeouts", _share_of("verdict/timeout", "verdict/over_limit"),
        "{value:.1%} of the responses ran into a limit of the verifier",
        "The policy may have learnt responses that cannot be checked, or the limits are too tight.",
        _READ, high=0.05,
        shows=lambda one: one.verdict.reason in (Reason.TIMEOUT, Reason.OVER_LIMIT),
    ),
    Sign(
        "hidden_gap", _of("tests/hidden_gap"),
        "visible tests pass {value:.1%} more often than hidden ones",
        "Programs may be written for the tests that the prompt shows.",
        "Show fewer tests, or hide more of them.", high=0.2,
    ),
    Sign(
        "constant_answers", _of("watch/constant_share"),
        "{value:.1%} of what was paid is one answer, given to problems whose references differ",
        "The verifier pays that answer whatever the problem is.",
        "Audit it: `verigrad audit`. Then see what it changes with `verigrad reverify`.",
        high=0.05, shows=lambda one: one.verdict.is_correct,
    ),
    Sign(
        "duplicates", _of("watch/duplicate_share"),
        "{value:.1%} of the rollouts repeat a text that another problem got too",
        "The policy has collapsed onto one response.", _READ, high=0.5,
    ),
    Sign(
        "length_drift", _of("length/mean"),
        "responses are {value:.2f} times as long as in the first steps",
        "The reward may pay for length (or for brevity), which nobody asked for.", _READ,
        low=0.5, high=2.0, is_drift=True,
    ),
    Sign(
        "entropy_drift", _of("entropy/mean"),
        "the policy's entropy is {value:.1%} of what it was in the first steps",
        "It has stopped exploring: all samples of a group are alike and teach nothing.",
        "Raise the temperature, add an entropy term or clip-higher, or stop here.",
        low=0.02, is_drift=True,
    ),
    Sign(
        "canaries", _of("watch/canary_passes"),
        "problems whose reference nobody could guess were answered `right`",
        "Only a cheat can be paid for them: the verifier has a hole, and the policy found it.",
        "Read them (`alarms/...-canaries.parquet`), mend the verifier, train again from before.",
        high=0.0, is_immediate=True,
    ),
)  # fmt: skip

ALARMS = ("shadow_gap", "held_out_gap", *(sign.name for sign in SIGNS))


@dataclass(slots=True)
class SignWatch:
    """Follows one sign; raises its alarm once for every stretch outside the limits.

    An immediate sign is raised every time.
    """

    sign: Sign
    _first: list[float] = field(default_factory=list)
    _last: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=WINDOW))
    _is_outside: bool = False

    def see(self, step: int, line: Line, rollouts: Sequence[str] = ()) -> Alarm | None:
        """The alarm this step raises, if any; `rollouts` are the addresses that it names."""
        if not self._count(step, line):
            return None
        value = self.value()
        assert value is not None
        since = next((n for n, one in self._last if self._is_beyond(one)), step)
        return Alarm(
            self.sign.name,
            self.sign.what.format(value=value),
            step,
            since,
            tuple(rollouts),
            self.sign.cause,
            self.sign.remedy,
        )

    def recall(self, lines: Iterable[Line]) -> None:
        """Take up where a run stopped."""
        for line in lines:
            self._count(int(line["step"]), line)

    def value(self) -> float | None:
        """The mean over the window; the last value of a sign that is immediate."""
        values = [one for _, one in self._last]
        if not values:
            return None
        return values[-1] if self.sign.is_immediate else fmean(values)

    def _count(self, step: int, line: Line) -> bool:
        """Add a step; True where the value leaves the limits with it."""
        value = self.sign.value(line)
        if value is None:
            return False
        if self.sign.is_drift:
            if len(self._first) < FIRST:
                self._first.append(value)
                return False
            base = median(self._first)
            if base <= 0:
                return False
            value /= base
        self._last.append((step, value))
        mean = self.value()
        is_full = len(self._last) == WINDOW or self.sign.is_immediate
        was, self._is_outside = self._is_outside, is_full and self._is_beyond(mean or 0.0)
        if self.sign.is_immediate:
            return self._is_outside
        return self._is_outside and not was

    def _is_beyond(self, value: float) -> bool:
        return not self.sign.low <= value <= self.sign.high
