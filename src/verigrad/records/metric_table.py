"""Every metric by name, with what it means, its unit and the range that is healthy.

Names are `area/name`. A name in angle brackets stands for a family: `verdict/<reason>` covers
`verdict/wrong`. Writing a name that is not here is an error; a plug-in declares its own in the
entry-point group `verigrad.metric` (an iterable of `Metric`), a caller with `MetricTable.with_`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from verigrad.core.errors import UsageError
from verigrad.core.registry import Registry, nearest


@dataclass(frozen=True, slots=True)
class Metric:
    """One number a step can have. `repeats` is False where two runs of one seed may differ."""

    name: str
    help: str
    unit: str = ""
    low: float = -math.inf  # the healthy range: outside it a person should look
    high: float = math.inf
    repeats: bool = True

    def is_healthy(self, value: float) -> bool:
        """True inside the healthy range, bounds included."""
        return self.low <= value <= self.high

    @property
    def healthy_text(self) -> str:
        """The healthy range in words: "at most 0.3", "from 0.9 to 1.1"; empty for any value."""
        low, high = math.isfinite(self.low), math.isfinite(self.high)
        if low and high:
            return f"from {self.low:g} to {self.high:g}"
        return f"at least {self.low:g}" if low else f"at most {self.high:g}" if high else ""


def _share(name: str, text: str, *, low: float = 0.0, high: float = 1.0) -> Metric:
    return Metric(name, text, "share", low, high)


def _measured(name: str, text: str, unit: str) -> Metric:
    return Metric(name, text, unit, 0.0, repeats=False)


SHIPPED: tuple[Metric, ...] = (
    _share("curriculum/pass_rate", "mean estimated pass rate of the pool"),
    Metric("curriculum/retired", "problems not asked for the time being", "problems", 0.0),
    Metric("curriculum/seen", "problems of which an answer was judged", "problems", 0.0),
    Metric("reward/mean", "mean reward of the scored rollouts, all terms added"),
    Metric("reward/std", "standard deviation of the reward over the scored rollouts", "", 0.0),
    Metric("reward_term/<term>", "mean of one term of the reward"),
    _share("score/mean", "mean score the verifier gave; what filters and evaluations read"),
    _share("score/<task>", "mean score on one task"),
    Metric("verdict/<reason>", "rollouts with this verdict reason", "rollouts", 0.0),
    _share("verdict/unscored_share", "rollouts that could not be judged; masked out", high=0.1),
    _share("tests/visible_pass_share", "visible tests passed, of those that ran"),
    _share("tests/hidden_pass_share", "hidden tests passed, of those that ran"),
    Metric(
        "tests/hidden_gap",
        "visible less hidden share: large where programs are written for what they could see",
        "share",
        -1.0,
        0.2,
    ),
    Metric("rollouts/count", "rollouts sampled, resampled ones included", "rollouts", 1.0),
    _share("rollouts/truncated_share", "rollouts cut at the token limit", high=0.2),
    Metric("rollouts/rounds", "calls of the engine, one for every turn of a rollout", "calls", 0.0),
    Metric("shadow/judged", "rollouts that a second verifier judged too", "rollouts", 0.0),
    Metric(
        "shadow/unjudged",
        "of those chosen, rollouts that one of the two did not score",
        "rollouts",
        0.0,
    ),
    _share("shadow/paid", "of rollouts judged twice, those that the first verifier pays"),
    _share("shadow/right", "of rollouts judged twice, those right by the second verifier"),
    _share(
        "shadow/gap",
        "of rollouts judged twice, those paid though the second calls them wrong",
        high=0.02,
    ),
    _share("shadow/missed", "of rollouts judged twice, those right by the second and not paid"),
    Metric("held_out/judged", "rollouts that the held-out verifier judged too", "rollouts", 0.0),
    Metric("held_out/unjudged", "of those chosen, rollouts that one did not score", "rollouts"),
    _share("held_out/paid", "of rollouts judged by both, those that are paid"),
    _share("held_out/right", "of rollouts judged by both, those right by the held-out verifier"),
    _share("held_out/gap", "of rollouts judged by both, paid though it says wrong", high=0.02),
    _share("held_out/missed", "of rollouts judged by both, right by it and not paid"),
    _share("watch/constant_share", "of the paid, one answer on different problems", high=0.05),
    _share("watch/duplicate_share", "rollouts whose text another problem got too", high=0.5),
    _share("watch/formed_wrong_share", "rollouts with an answer in its place that is wrong"),
    Metric("watch/canaries", "problems asked whose reference nobody could guess", "problems", 0.0),
    Metric("watch/canary_passes", "of those, answered `right`: by a cheat", "problems", 0.0, 0.5),
    Metric("fact/<name>", "mean over rollouts of what environment or thinking counted"),
    Metric("partial/carried", "groups that go on in the next step", "groups", 0.0),
    Metric("partial/dropped", "groups given up after too many steps", "groups", 0.0, 0.5),
    Metric("group/count", "groups sampled", "groups", 1.0),
    _share("group/spread_share", "groups with two different rewards: only these teach", low=0.05),
    _share("group/all_correct_share", "groups in which every rollout is right: too easy"),
    _share("group/none_correct_share", "groups in which no rollout is right: too hard"),
    Metric("group/resampled", "groups drawn again because they had no spread", "groups", 0.0),
    Metric("length/mean", "tokens the policy wrote per rollout", "tokens", 1.0),
    Metric("length/max", "longest response", "tokens", 1.0),
    Metric(
        "length/straggler_ratio",
        "longest response over the mean: what the batch waits for",
        "",
        1.0,
    ),
    Metric("length/correct_mean", "mean length of the rollouts with a full score", "tokens"),
    Metric("length/wrong_mean", "mean length of the other scored rollouts", "tokens"),
    Metric("loss/policy", "the policy objective, without the KL term"),
    Metric("loss/total", "what was differentiated"),
    Metric("loss/supervised", "cross-entropy on worked solutions per token", "nats", 0.0),
    Metric("kl/reference", "to the reference, per token, k3", "nats", 0.0, 0.5),
    Metric("kl/old", "to the sampling policy, per token, k3", "nats", 0.0, 0.1),
    Metric("kl/engine", "learner to engine, per sampled token, k3", "nats", 0.0, 0.01),
    Metric("ratio/mean", "mean importance ratio", "", 0.9, 1.1),
    Metric("ratio/max", "largest importance ratio", "", 0.0, 20.0),
    _share("ratio/tail_share", "tokens whose ratio is beyond 2 or below 1/2", high=0.01),
    _share("clip/share", "tokens whose ratio was clipped", high=0.3),
    _share("clip/low_share", "tokens clipped at the lower bound"),
    _share("clip/high_share", "tokens clipped at the upper bound"),
    Metric("entropy/mean", "mean of the next-token distribution", "nats", 0.005),
    Metric("entropy/sampled", "mean -log p of the tokens sampled", "nats", 0.0),
    Metric("advantage/abs_mean", "mean absolute advantage over the trained rollouts", "", 0.0),
    Metric("value/loss", "half the squared error of the critic", "", 0.0),
    Metric("value/mean", "mean value the critic gives a token"),
    _share("value/clip_share", "tokens whose value was held by the value clip", high=0.3),
    Metric("value/explained_variance", "of what was earned, by the critic", "share", 0.3, 1.0),
    Metric("gradient/norm", "gradient norm before clipping", "", 0.0),
    Metric("gradient/clipped", "1 where the gradient was clipped in this step", "", 0.0, 1.0),
    Metric("learning_rate/value", "learning rate of the step", "", 0.0),
    Metric("batch/tokens", "tokens in the update, prompts included", "tokens", 1.0),
    Metric("batch/updates", "optimizer updates in the step", "updates", 1.0),
    _share("probe/accuracy", "greedy accuracy on training problems, probed in the warm-up"),
    _share("held_out/accuracy", "greedy accuracy on held-out problems"),
    _measured("time/step_s", "the whole step", "s"),
    _measured("time/generate_s", "sampling rollouts", "s"),
    _measured("time/tail_s", "the last tenth of the groups, after the others had ended", "s"),
    _measured("time/environment_s", "environments at work, all threads together", "s"),
    _measured("time/verify_s", "waiting for verdicts once all is sampled", "s"),
    _measured("time/verify_work_s", "judging, all threads together", "s"),
    _measured("time/update_s", "log-probabilities, gradient and optimizer", "s"),
    _measured("time/watch_s", "judging rollouts a second time, signs and canaries", "s"),
    _measured("time/record_s", "writing records", "s"),
    _measured("time/checkpoint_s", "saving a checkpoint", "s"),
    _measured("time/evaluate_s", "evaluating on held-out problems", "s"),
    _measured("speed/generate_tokens_per_s", "tokens sampled per second", "tokens/s"),
    _measured("speed/update_tokens_per_s", "tokens trained on per second", "tokens/s"),
    _measured("memory/peak_bytes", "largest memory of the process or device so far", "bytes"),
)


@dataclass(frozen=True)
class MetricTable:
    """The metrics a run may write."""

    metrics: Mapping[str, Metric]
    families: Mapping[str, Metric] = field(default_factory=dict)

    @staticmethod
    def of(metrics: Iterable[Metric]) -> MetricTable:
        """A table of `metrics`; names with `<...>` become families."""
        single: dict[str, Metric] = {}
        families: dict[str, Metric] = {}
        for metric in metrics:
            area, slash, rest = metric.name.partition("/")
            if not (area and slash and rest) or "/" in rest:
                raise UsageError(
                    f'a metric is named "area/name", not "{metric.name}"', remedy="rename it"
                )
            (families if rest.startswith("<") else single)[
                area if rest.startswith("<") else metric.name
            ] = metric
        return MetricTable(single, families)

    def with_(self, metrics: Iterable[Metric]) -> MetricTable:
        """The same table and more; a name that is there already stays as it is."""
        mine = [*self.metrics.values(), *self.families.values()]
        return MetricTable.of([*metrics, *mine])

    def get(self, name: str) -> Metric:
        """The metric of this name; UsageError with the nearest name if it was not declared."""
        area, _, rest = name.partition("/")
        metric = self.metrics.get(name) or (self.families.get(area) if rest else None)
        if metric is None or "/" in rest:
            raise UsageError(
                f'metric "{name}" is not declared',
                cause="a misspelt name, or a plug-in that does not declare its metrics",
                remedy=nearest(name, sorted(self.metrics))
                + "declare it with its help text and unit (docs/reference/run-folder.md)",
            )
        return metric


@cache
def known_metrics() -> MetricTable:
    """What ships and what installed plug-ins declare."""
    plugins = Registry("metric", {})
    declared = [metric for name in plugins.names for metric in plugins.load(name)]
    return MetricTable.of(SHIPPED).with_(declared)


def described(name: str) -> Metric:
    """The metric of this name for showing it; one without a help text where nobody declares it.

    A reader may lack the plug-in that a run was written with; a writer uses `MetricTable.get`.
    """
    try:
        return known_metrics().get(name)
    except UsageError:
        return Metric(name, "not described: the plug-in that declared it is not installed")
