"""What is measured of a model between stages, and the gates that read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verigrad.core.config import Bound
from verigrad.core.errors import ConfigError, HaltedError
from verigrad.core.recipe import ModelSection
from verigrad.core.seeds import derive
from verigrad.core.stages import EvaluateStage, GateSection
from verigrad.core.statistics import mean
from verigrad.core.types import Group
from verigrad.evaluation.evaluate import Evaluated, evaluate
from verigrad.evaluation.samples import mean_tokens, measures
from verigrad.judging.bind import bind_tasks
from verigrad.judging.judge import judge
from verigrad.pipelines.evaluate_samples import EvaluateSettings, sample_prepared
from verigrad.pipelines.prepare import Prepared, prepare
from verigrad.pipelines.stages.output import Output, Work
from verigrad.pipelines.stages.plan import SPREAD_PROBLEMS
from verigrad.pipelines.trust import cards_of, cleared
from verigrad.rewards.facts import PREFERENCE
from verigrad.rollouts.collect import collect
from verigrad.rollouts.sampling import SamplingParameters


def evaluated(prepared: Prepared, *, name: str) -> Evaluated:
    """Greedy answers to the held-out problems."""
    recipe = prepared.recipe
    return evaluate(
        prepared.tasks,
        prepared.held_out,
        engine=prepared.make_engine(),
        renderer=prepared.renderer,
        max_output_tokens=recipe.evaluation.max_output_tokens or recipe.rollouts.max_output_tokens,
        name=name,
        step=0,
        playing=prepared.playing,
    )


def prepared_to_sample(work: Work, *, num_samples: int) -> Prepared:
    """The stage's recipe with so many answers a problem, its cards looked up; ConfigError
    for a task with an environment, whose rollouts are more than one answer.
    """
    own = work.pipeline.recipe_of(work.stage)
    if found := [task.name for task in own.task if task.environment]:
        raise ConfigError(
            f"a stage of this kind samples single answers, and {found[0]} has an environment",
            where=f"stage {work.stage.name}",
            remedy="name other tasks in the stage's `tasks`",
        )
    rollouts = own.rollouts.model_copy(update={"num_rollouts": num_samples})
    prepared = prepare(work.bound(rollouts=rollouts))
    cleared(prepared.tasks, prepared.recipe.trust, accept_risk=work.accept_risk)
    return prepared


def sampled(prepared: Prepared, *, per_task: int, purpose: str) -> list[Group]:
    """Judged groups of `rollouts.num_rollouts` answers to the first training problems."""
    recipe = prepared.recipe
    rollouts = recipe.rollouts
    problems = [
        problem
        for task in prepared.tasks.values()
        for problem in task.source.train(per_task, step=1, seed=derive(purpose, seed=recipe.seed))
    ]
    groups = collect(
        problems,
        prepared.make_engine(),
        renderer=prepared.renderer,
        sampling=SamplingParameters.of(rollouts),
        num_rollouts=rollouts.num_rollouts,
        seeds=[derive(purpose, seed=recipe.seed, place=p) for p in range(len(problems))],
        playing=prepared.playing,
    )
    return judge(prepared.tasks, groups)


def evaluation_stage(work: Work) -> Output:
    """Accuracy with its interval, length and facts; for each thinking budget, if there are any;
    and of `num_samples` answers pass@k and maj@k, if they are asked for.
    """
    stage = work.stage
    assert isinstance(stage, EvaluateStage)
    if not stage.budgets:
        prepared = prepare(work.bound())
        found = _figures(evaluated(prepared, name=stage.name))
        return Output(figures=found | _of_samples(prepared, stage))
    figures: dict[str, float] = {}
    own = work.pipeline.recipe_of(stage).rollouts
    if own.thinking is None:
        raise ConfigError(
            "`budgets` need a rule of thinking",
            where=f"stage {stage.name}",
            remedy='give it `rollouts = { thinking = { switch = "prompt", ... } }`',
        )
    for budget in stage.budgets:
        thinking = own.thinking.model_copy(update={"budget": budget})
        rollouts = own.model_copy(update={"thinking": thinking})
        found = evaluated(prepare(work.bound(rollouts=rollouts)), name=f"{stage.name}-{budget}")
        figures |= _figures(found, suffix=f"_at_{budget}")
    return Output(figures=figures)


def _figures(evaluated: Evaluated, *, suffix: str = "") -> dict[str, float]:
    """Accuracy with its interval, by task if there are several, and means over the answers."""
    found, judged = evaluated.evaluation, [record.judged for record in evaluated.records]
    values = {"accuracy": found.accuracy, "low": found.low, "high": found.high}
    by_task = found.by_task if len(found.by_task) > 1 else {}
    values |= {f"accuracy_{task}": value for task, value in by_task.items()}
    values["tokens"] = mean([float(j.rollout.num_response_tokens) for j in judged])
    facts = [{**j.verdict.evidence.get("facts", {}), **_liking(j.rollout.facts)} for j in judged]
    for fact in sorted({name for one in facts for name in one}):
        values[fact] = mean([float(one.get(fact, 0.0)) for one in facts])
    return {f"{name}{suffix}": value for name, value in values.items()}


def _liking(facts: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in facts.items() if name == PREFERENCE}


def _of_samples(prepared: Prepared, stage: EvaluateStage) -> dict[str, float]:
    """pass@k and maj@k at the powers of two up to `num_samples`, on the same problems; means."""
    if not stage.num_samples:
        return {}
    recipe = prepared.recipe
    longest = recipe.evaluation.max_output_tokens or recipe.rollouts.max_output_tokens
    samples = sample_prepared(
        prepared,
        EvaluateSettings(
            num_samples=stage.num_samples,
            sampling=SamplingParameters(
                max_output_tokens=longest,
                temperature=stage.temperature or recipe.rollouts.temperature,
            ),
        ),
        model=stage.name,
    )
    found = {measure.name: measure.interval.value for measure in measures(samples)}
    return found | {"tokens": mean_tokens(samples)}


@dataclass(frozen=True, slots=True)
class GateFound:
    """A gate with what was measured; `why` says more than the number where there is more."""

    place: str
    measure: str
    value: float
    is_kept: bool
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {name: getattr(self, name) for name in GateFound.__dataclass_fields__}

    def __str__(self) -> str:
        return f"{self.place} {self.measure} = {self.value:.4f}" + (
            f" ({self.why})" * bool(self.why)
        )


def check_gates(
    work: Work, gates: Sequence[GateSection], *, place: str, output: Output | None = None
) -> list[GateFound]:
    """Measure every gate; HaltedError (exit 6) where one is not kept."""
    found = [_check(work, gate, place=place, output=output) for gate in gates]
    if broken := [one for one in found if not one.is_kept]:
        raise HaltedError(
            f"stage {work.stage.name}: {len(broken)} of {len(found)} {place} gates not kept",
            where=str(work.folder),
            cause="; ".join(map(str, broken)),
            remedy="mend the stage before it, or change the gate on purpose; what is done is kept",
        )
    return found


def _check(work: Work, gate: GateSection, *, place: str, output: Output | None) -> GateFound:
    value, low, high, why = 0.0, 0.0, 0.0, ""
    incoming = work.model()
    model = incoming if output is None or output.model is None else _at(incoming, output)
    if gate.measure == "kept":
        value = dict(output.figures if output else {}).get("kept", 0.0)
    elif gate.measure == "spread":
        groups = sampled(_prepared(work, gate, model), per_task=SPREAD_PROBLEMS, purpose="spread")
        correct = [{j.verdict.is_correct for j in group.judged} for group in groups]
        value = sum(len(kinds) > 1 for kinds in correct) / len(correct)
    elif gate.measure == "card_objections":
        bound = _bound(work, gate, model)
        _, against = cards_of(bind_tasks(bound.recipe), bound.recipe.trust)
        value, why = float(len(against)), "; ".join(against)
    elif gate.measure == "regression":
        value, why = _regression(work, gate, incoming, model)
    else:
        after = evaluated(_prepared(work, gate, model), name="gate").evaluation
        value = after.accuracy
        if gate.is_certain:
            low, high = after.low, after.high
        if gate.measure == "gain":
            value -= evaluated(_prepared(work, gate, incoming), name="gate").evaluation.accuracy
    worst, best = (low, high) if gate.is_certain else (value, value)
    is_kept = (gate.at_least is None or worst >= gate.at_least) and (
        gate.at_most is None or best <= gate.at_most
    )
    return GateFound(place, gate.measure, value, is_kept, why)


def _regression(
    work: Work, gate: GateSection, before: ModelSection, after: ModelSection
) -> tuple[float, str]:
    """The greatest loss among the tasks that are not the stage's, and whose it is.

    A loss below 0 is a gain; with 0.80 before and 0.75 after it is 0.05.
    """
    names = {task.name for task in work.pipeline.task}
    others = tuple(sorted(names - set(work.stage.tasks or names)) or sorted(names))
    others = others if gate.task is None else (gate.task,)
    own = work.pipeline.recipe_of(work.stage).evaluation
    evaluation = own.model_copy(update={"problems": own.problems * len(others)})
    found = [
        evaluated(
            prepare(_bound(work, gate, model, tasks=others, evaluation=evaluation)), name="gate"
        ).evaluation.by_task
        for model in (before, after)
    ]
    losses = {name: found[0][name] - found[1][name] for name in found[0]}
    worst = max(losses, key=lambda name: losses[name])
    return losses[worst], f"{worst}: {found[0][worst]:.3f} before, {found[1][worst]:.3f} after"


def _bound(
    work: Work,
    gate: GateSection,
    model: ModelSection,
    *,
    tasks: Sequence[str] = (),
    **sections: Any,
) -> Bound:
    """The stage's recipe on a model, and on the tasks that the gate asks about."""
    asked = (gate.task,) if gate.task is not None else tuple(tasks)
    if asked:
        own = work.pipeline.recipe_of(work.stage.model_copy(update={"tasks": asked}))
        sections["task"] = own.task
    return work.bound(model=model, **sections)


def _prepared(work: Work, gate: GateSection, model: ModelSection) -> Prepared:
    return prepare(_bound(work, gate, model))


def _at(section: ModelSection, output: Output) -> ModelSection:
    return section.model_copy(update={"path": str(output.model), "build": None})
