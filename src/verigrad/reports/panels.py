"""Which charts a report has, and what a reader should look for in each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean

from verigrad.core.statistics import Interval, wilson
from verigrad.core.verdict import Reason
from verigrad.records.evaluation import Evaluation
from verigrad.records.metric_table import described
from verigrad.reports.charts import (
    SMALL,
    Chart,
    Layer,
    Line,
    line_chart,
    share_text,
    stacked_chart,
)
from verigrad.reports.facts import RunFacts
from verigrad.reports.scale import number

_GROUPS = (
    ("spread", "two rewards or more: teaches", "c-blue"),
    ("all right", "all right: too easy", "c-right"),
    ("none right", "none right: too hard", "c-wrong"),
    ("same reward", "all rewards equal", "c-grey"),
)
_NOISE = 1e-9  # below it a metric is rounding, such as the KL of a policy to itself
_TIMES = (
    ("time/generate_s", "generate", "c-blue"),
    ("time/verify_s", "verify", "c-right"),
    ("time/update_s", "update", "c-amber"),
)


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart with its title and one line that says how to read it."""

    title: str
    hint: str
    chart: Chart
    is_small: bool = False


def panels(run: RunFacts, control: RunFacts | None) -> list[Panel]:
    """Every panel that the records have something to say about."""
    large = [
        _panel("Reward and score", _SCORE_HINT, score_chart(run, control)),
        _panel("Paid and right", _SHADOW_HINT, shadow_chart(run)),
        _panel("Held-out accuracy", _HELD_OUT_HINT, held_out_chart(run, control)),
        _panel("Why the verifier said so", _REASON_HINT, reason_chart(run)),
        _panel("What groups could teach", _GROUP_HINT, group_chart(run)),
        _panel("Response length", _LENGTH_HINT, length_chart(run)),
        _panel("Seconds per step", time_hint(run), time_chart(run)),
    ]
    small = [*(_metric_panel(run, name, title) for name, title in _SMALL), _warm_up_panel(run)]
    return [panel for panel in [*large, *small] if panel is not None]


_SCORE_HINT = "mean over the rollouts of a step; bands: 95 % over its problems"
_SHADOW_HINT = "of rollouts judged twice; paid that rises without right is a hole that was found"
_HELD_OUT_HINT = "problems that were in no training step; whiskers: 95 %"
_REASON_HINT = "share of the step's rollouts by the reason of the verdict"
_GROUP_HINT = "share of groups; only groups with different rewards move the policy"
_LENGTH_HINT = "mean tokens written; wrong answers that grow are a warning"
_SMALL = (
    ("watch/canary_passes", "Canaries that passed"),
    ("watch/formed_wrong_share", "Well formed, and wrong"),
    ("entropy/mean", "Entropy"),
    ("entropy/sampled", "Surprise"),
    ("kl/reference", "KL to the reference"),
    ("kl/old", "KL to the sampling policy"),
    ("kl/engine", "KL learner to engine"),
    ("clip/share", "Clipped tokens"),
    ("ratio/tail_share", "Ratios beyond 2 or 1/2"),
    ("value/explained_variance", "Explained by the critic"),
    ("group/spread_share", "Groups that teach"),
    ("gradient/norm", "Gradient norm"),
    ("rollouts/truncated_share", "Cut at the limit"),
)


def _panel(title: str, hint: str, chart: Chart | None) -> Panel | None:
    return None if chart is None else Panel(title, hint, chart)


def score_chart(run: RunFacts, control: RunFacts | None) -> Chart | None:
    """Reward and score of every step, and the control's score beside them."""
    lines = [
        Line("score", "c-blue", _with_bounds(run, "score")),
        Line("reward", "c-amber", _with_bounds(run, "reward")),
    ]
    if _same(lines[0].points, lines[1].points):
        lines = [Line("score (the reward is the same)", "c-blue", lines[0].points)]
    if control is not None:
        lines.append(Line("control: score", "c-grey", _with_bounds(control, "score"), dashed=True))
    return line_chart(lines, title="Reward and score by step")


def _with_bounds(run: RunFacts, name: str) -> list[tuple[float, ...]]:
    """(step, mean, low, high) from the recorded rollouts; from the metrics where none are."""
    found = [(step.step, getattr(step, name)) for step in run.steps]
    points = [
        (float(step), interval.value, interval.low, interval.high)
        for step, interval in found
        if isinstance(interval, Interval) and math.isfinite(interval.low)
    ]
    return [*points] if len(points) > 1 else [*run.series(f"{name}/mean")]


def _same(one: Sequence[Sequence[float]], two: Sequence[Sequence[float]]) -> bool:
    return len(one) == len(two) and all(
        math.isclose(a[1], b[1], abs_tol=1e-9) for a, b in zip(one, two, strict=True)
    )


def shadow_chart(run: RunFacts) -> Chart | None:
    """What the paying verifier and the one that only watches passed, and the gap between them."""
    lines = [
        Line("paid", "c-amber", _judged_twice(run, "paid")),
        Line("right by the shadow", "c-blue", _judged_twice(run, "right")),
        Line("paid for nothing", "c-wrong", _judged_twice(run, "gap")),
        Line("right by the held-out", "c-violet", _judged_twice(run, "right", by="held_out")),
    ]
    return line_chart(lines, title="Paid and right by step", text=share_text, y_range=(0.0, 1.0))


def _judged_twice(run: RunFacts, name: str, *, by: str = "shadow") -> list[tuple[float, ...]]:
    """(step, share, low, high) of the rollouts that two verifiers judged."""
    judged = dict(run.series(f"{by}/judged"))
    points: list[tuple[float, ...]] = []
    for step, share in run.series(f"{by}/{name}"):
        count = round(judged[step])
        interval = wilson(round(share * count), count)
        points.append((step, share, interval.low, interval.high))
    return points


def held_out_chart(run: RunFacts, control: RunFacts | None) -> Chart | None:
    """Accuracy of every evaluation with its interval."""
    lines = [Line("this run", "c-blue", _evaluated(run))]
    if control is not None:
        lines.append(Line("control", "c-grey", _evaluated(control), dashed=True))
    return line_chart(
        lines, title="Held-out accuracy by step", text=share_text, y_range=(0.0, 1.0), dots=True
    )


def _evaluated(run: RunFacts) -> list[tuple[float, ...]]:
    def place(found: Evaluation) -> tuple[float, float, float, float]:
        return float(found.step), found.accuracy, found.low, found.high

    return sorted({place(found) for found in run.evaluations.values()})


def reason_chart(run: RunFacts) -> Chart | None:
    """Verdict reasons over time; a reason that never occurs is left out."""
    seen = [reason for reason in Reason if any(reason in step.reasons for step in run.steps)]
    shares = [
        {reason: count / sum(step.reasons.values()) for reason, count in step.reasons.items()}
        for step in run.steps
    ]
    layers = [
        Layer(
            reason.replace("_", " "),
            f"r-{reason}",
            [share.get(reason, 0.0) for share in shares],
        )
        for reason in seen
    ]
    xs = [float(step.step) for step in run.steps]
    return stacked_chart(xs, layers, title="Verdict reasons by step", text=share_text, top=1.0)


def group_chart(run: RunFacts) -> Chart | None:
    """Groups by what they could teach."""
    steps = [step for step in run.steps if step.groups]
    layers = [
        Layer(
            label,
            colour,
            [step.groups.get(name, 0) / sum(step.groups.values()) for step in steps],
        )
        for name, label, colour in _GROUPS
        if any(step.groups.get(name) for step in steps)
    ]
    xs = [float(step.step) for step in steps]
    return stacked_chart(xs, layers, title="Groups by step", text=share_text, top=1.0)


def length_chart(run: RunFacts) -> Chart | None:
    """Mean length of right and of wrong responses."""
    sides = (("right", "c-right", "correct_length"), ("wrong", "c-wrong", "wrong_length"))
    lines = [
        Line(
            label,
            colour,
            [
                (float(step.step), value)
                for step in run.steps
                if (value := getattr(step, name)) is not None
            ],
        )
        for label, colour, name in sides
    ]
    return line_chart(lines, title="Response length by step", from_zero=False)


def time_chart(run: RunFacts) -> Chart | None:
    """Generate, verify and update, stacked."""
    timed = [line for line in run.metrics if any(name in line for name, _, _ in _TIMES)]
    layers = [
        Layer(label, colour, [line.get(name, 0.0) for line in timed])
        for name, label, colour in _TIMES
        if any(name in line for line in timed)
    ]
    xs = [float(line["step"]) for line in timed]
    return stacked_chart(xs, layers, title="Seconds per step", text=number)


def time_hint(run: RunFacts) -> str:
    """Mean seconds of each part."""
    parts = [
        f"{label} {number(mean(value for _, value in series))} s"
        for name, label, _ in _TIMES
        if (series := run.series(name))
    ]
    return "mean: " + ", ".join(parts)


def _warm_up_panel(run: RunFacts) -> Panel | None:
    """Loss of the supervised steps before."""
    name = "loss/supervised"
    points = [(line["step"], line[name]) for line in run.warm_up if name in line]
    title = "Supervised warm-up"
    chart = line_chart([Line("loss", "c-violet", points)], title=title, size=SMALL)
    hint = "loss on worked solutions by warm-up step (nats)"
    return None if chart is None else Panel(title, hint, chart, is_small=True)


def _metric_panel(run: RunFacts, name: str, title: str) -> Panel | None:
    """One metric by itself; none where it is 0 throughout (one update a batch: nothing clips)."""
    metric, points = described(name), run.series(name)
    if not any(abs(value) > _NOISE for _, value in points):
        return None
    text: Callable[[float], str] = share_text if metric.unit == "share" else number
    unit = f" ({metric.unit})" if metric.unit not in ("", "share") else ""
    healthy = f"; healthy {metric.healthy_text}" if metric.healthy_text else ""
    chart = line_chart([Line(title, "c-violet", points)], title=title, text=text, size=SMALL)
    hint = f"{metric.help}{unit}{healthy}"
    return None if chart is None else Panel(title, hint, chart, is_small=True)
