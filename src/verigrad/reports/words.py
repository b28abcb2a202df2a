"""The outcome of a run in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from verigrad.core.statistics import Interval
from verigrad.core.verdict import Reason
from verigrad.records.evaluation import Evaluation
from verigrad.reports.facts import RunFacts
from verigrad.reports.intervals import difference
from verigrad.reports.scale import number

REASONS: Mapping[Reason, str] = {
    Reason.CORRECT: "The answer equals the reference.",
    Reason.PARTIAL: "Part of what was asked is right.",
    Reason.WRONG: "There is one answer, and it differs from the reference.",
    Reason.UNDECIDED: "Equality was not shown within the budget; it counts as wrong.",
    Reason.NO_ANSWER: "No answer was found where the verifier looks for it.",
    Reason.AMBIGUOUS: "More than one final answer was given.",
    Reason.MALFORMED: "The answer cannot be read.",
    Reason.OVER_LIMIT: "The answer is longer or deeper than the verifier allows.",
    Reason.TIMEOUT: "The response's program took too long.",
    Reason.VIOLATION: "The response did something that is forbidden.",
    Reason.BAD_REFERENCE: "The problem's own reference cannot be judged: left out of training.",
    Reason.NOT_APPLICABLE: "The verifier does not fit this problem: left out of training.",
    Reason.INFRASTRUCTURE: "The verifier could not work: left out of training.",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The headline, what it rests on, and a mood for its colour: "good", "flat" or "bad"."""

    headline: str
    detail: str
    mood: str


def percent(value: float) -> str:
    """One digit after the point, and a space that does not break: "12.3 %"."""
    return f"{100 * value:.1f}\u00a0%"


def bounds(interval: Interval) -> str:
    """The two bounds as percentages: "9.9 to 15.1 %"."""
    return f"{100 * interval.low:.1f} to {100 * interval.high:.1f}\u00a0%"


def interval_of(evaluation: Evaluation) -> Interval:
    """The accuracy with its bounds."""
    return Interval(evaluation.accuracy, evaluation.low, evaluation.high)


def first_and_last(run: RunFacts) -> tuple[Evaluation | None, Evaluation | None]:
    """The evaluations named "before" and "after", or else of the first and the last step."""
    ordered = sorted(run.evaluations.values(), key=lambda found: (found.step, found.name))
    before = run.evaluations.get("before") or (ordered[0] if ordered else None)
    after = run.evaluations.get("after") or (ordered[-1] if len(ordered) > 1 else None)
    return before, after


def when(found: Evaluation) -> str:
    """When it was taken: "before training", "after training" or "at step 40"."""
    known = {"before": "before training", "after": "after training"}
    return known.get(found.name, f"at step {found.step}")


def outcome(run: RunFacts, control: RunFacts | None = None) -> Outcome:
    """What happened, as far as the records tell, and what happened to the control."""
    before, after = first_and_last(run)
    if before is None:
        said = Outcome("No evaluation was recorded", "", "flat")
    elif after is None:
        said = _one_evaluation(before)
    else:
        said = _change(before, after)
    sentences = (said.detail, _beside(control), _ending(run))
    halted = run.record is not None and run.record.ending == "halted"
    mood = "bad" if halted else said.mood
    return Outcome(said.headline, " ".join(text for text in sentences if text), mood)


def _one_evaluation(found: Evaluation) -> Outcome:
    when = "" if found.step else " before training"
    detail = (
        f"On {number(found.num_problems)} problems; {bounds(interval_of(found))} with "
        f"{100 * found.confidence:.0f} % confidence."
    )
    return Outcome(f"Held-out accuracy is {percent(found.accuracy)}{when}", detail, "flat")


def _beside(control: RunFacts | None) -> str:
    before, after = (None, None) if control is None else first_and_last(control)
    if control is None or before is None or after is None:
        return ""
    kind = control.record.control if control.record is not None else "none"
    what = "The other run" if kind == "none" else f"The control with {kind} rewards"
    return f"{what} went from {percent(before.accuracy)} to {percent(after.accuracy)}."


def _change(before: Evaluation, after: Evaluation) -> Outcome:
    change = difference(interval_of(before), interval_of(after))
    points = f"{100 * abs(change.value):.1f} points"
    if change.low > 0:
        head, mood = f"Held-out accuracy rose by {points}", "good"
    elif change.high < 0:
        head, mood = f"Held-out accuracy fell by {points}", "bad"
    else:
        head, mood = "Held-out accuracy did not change measurably", "flat"
    same = before.num_problems == after.num_problems
    count = number(after.num_problems)
    detail = (
        f"From {percent(before.accuracy)} to {percent(after.accuracy)} on {count} problems"
        + ("" if same else f" ({number(before.num_problems)} before)")
        + f" that were in no training step; the change is {100 * change.low:+.1f} to "
        f"{100 * change.high:+.1f} points with {100 * after.confidence:.0f} % confidence."
    )
    return Outcome(head, detail, mood)


def _ending(run: RunFacts) -> str:
    record = run.record
    if record is None:
        last = int(run.metrics[-1]["step"]) if run.metrics else 0
        return f"The run has not ended: this is what was recorded up to step {last}."
    if record.ending == "halted":
        return f"The run was halted after step {record.steps}: {record.halted_because}"
    if record.ending == "interrupted":
        return f"The run was interrupted after step {record.steps}; --resume goes on from there."
    return ""


def summary(run: RunFacts) -> str:
    """Who was trained, how and by whom it was judged, in one sentence; empty while running."""
    record = run.record
    if record is None:
        return ""
    judges = " and ".join(sorted({found.name for found in record.verifiers})) or "unknown"
    warm = f" after {number(record.warm_up_steps)} supervised steps" if record.warm_up_steps else ""
    control = (
        f" This is a control: rewards were {record.control}, not earned."
        if record.control != "none"
        else ""
    )
    text = (
        f"{model_name(run)} ({_size(record.num_parameters)} parameters) was trained for "
        f"{number(record.steps)} steps of {record.objective}{warm}, rewarded for "
        f"{number(run.num_recorded)} rollouts by the verdicts of the verifier {judges}.{control}"
    )
    return text[0].upper() + text[1:] if text.startswith("a new ") else text


def model_name(run: RunFacts) -> str:
    """What was trained: a path or hub id, or the architecture of a model made for this run."""
    build = (run.resolved.get("model") or {}).get("build")
    if build:
        return f"a new {build.get('architecture', 'small')} model"
    return run.record.model if run.record is not None else "the model"


def _size(count: int) -> str:
    for unit, scale in (("billion", 1e9), ("million", 1e6)):
        if count >= scale:
            return f"{number(count / scale)} {unit}"
    return number(count)
