"""The stage that trains a process reward model: is the answer still right after this step?

Where the task has a step judge, that labels the steps; else each step is labelled by how often
answers that go on from it come out right (Math-Shepherd, arXiv 2312.08935, section 3.3, the soft
estimate).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verigrad.core.errors import DataError
from verigrad.core.seeds import derive
from verigrad.core.stages import ProcessRewardModelStage
from verigrad.core.types import Judged
from verigrad.pipelines.evaluate_samples import tokens_before
from verigrad.pipelines.learner import learner_options
from verigrad.pipelines.prepare import Prepared
from verigrad.pipelines.stages.measure import prepared_to_sample, sampled
from verigrad.pipelines.stages.output import Output, Work
from verigrad.pipelines.stages.pairs import learn
from verigrad.records.atomic import new_folder, write_json
from verigrad.rewards.steps import step_rewards
from verigrad.rollouts.sampling import Request, SamplingParameters
from verigrad.training.learner import StepReport
from verigrad.training.packing import Sample
from verigrad.training.reward_models import RewardModel, Steps

FOLDER = "process_reward_model"


def process_reward_model(work: Work) -> Output:
    """A scorer of beginnings that `verigrad think --hope FOLDER` opens; it is no policy."""
    stage = work.stage
    assert isinstance(stage, ProcessRewardModelStage)
    recipe = work.pipeline.recipe_of(stage)
    prepared = prepared_to_sample(work, num_samples=stage.num_samples)
    groups = sampled(prepared, per_task=stage.problems, purpose="process")
    answers = labelled(prepared, [j for group in groups for j in group.judged], stage)
    if not answers:
        raise DataError(
            "no answer has a step to learn from",
            where=f"stage {stage.name}",
            cause=f"no answer could be judged, or none has the separator {stage.separator!r}",
            remedy="say what ends a step: `separator`",
        )
    model = RewardModel(prepared.policy, learner_options(recipe))

    def step(batch: Sequence[Steps], rate: float) -> StepReport:
        return model.process_step(batch, learning_rate=rate)

    figures = learn(stage, answers, step, names=("loss", "accuracy"), seed=work.pipeline.seed)
    labels = [label for answer in answers for label in answer.labels]
    figures |= {"steps": float(len(labels)), "label_mean": sum(labels) / len(labels)}
    with new_folder(work.folder) as folder:
        model.save(folder / FOLDER)
        write_json(folder / "figures.json", figures)
    return Output(None, work.folder / FOLDER, figures)


@dataclass(frozen=True, slots=True)
class _Step:
    """A step of an answer: the answer's place, and the tokens up to the step's end."""

    answer: int
    tokens: int


def labelled(
    prepared: Prepared, answers: Sequence[Judged], stage: ProcessRewardModelStage
) -> list[Steps]:
    """Every judged answer with at least one step, its steps ended and labelled."""
    decode = prepared.renderer.decode
    judged = [j for j in answers if j.verdict.status.is_trainable and j.rollout.response_ids]
    marks: list[list[tuple[int, float | None]]] = []  # of each answer: tokens, label if known
    for one in judged:
        ids, known = one.rollout.response_ids, step_rewards(one.verdict)
        ends: list[tuple[int, float | None]] = [(end, label) for end, label in known]
        if not known:
            ends = [(end, None) for end in _ends(one.rollout.response, stage.separator)]
        places = {tokens_before(ids, end, decode): label for end, label in ends}
        marks.append([(place, label) for place, label in sorted(places.items()) if place])
    open_steps = [
        _Step(at, place)
        for at, steps in enumerate(marks)
        for place, label in steps
        if label is None and place < len(judged[at].rollout.response_ids)
    ]
    estimated = dict(zip(open_steps, _estimates(prepared, judged, open_steps, stage), strict=True))
    found = []
    for at, (one, steps) in enumerate(zip(judged, marks, strict=True)):
        if not steps:
            continue
        outcome = one.verdict.score or 0.0  # of the whole answer, after its last step
        labels = [
            estimated.get(_Step(at, place), outcome) if label is None else label
            for place, label in steps
        ]
        rollout = one.rollout
        sample = Sample(rollout.prompt_ids, rollout.response_ids, rollout.loss_mask, at)
        found.append(Steps(sample, tuple(place - 1 for place, _ in steps), tuple(labels)))
    return found


def _ends(text: str, separator: str) -> list[int]:
    """Where steps end, in characters: behind each separator, and at the end.

    >>> _ends("2+9=11;21", ";")
    [7, 9]
    """
    ends, at = [], text.find(separator)
    while at >= 0:
        ends.append(at + len(separator))
        at = text.find(separator, at + len(separator))
    return ends if ends and ends[-1] == len(text) else [*ends, len(text)]


def _estimates(
    prepared: Prepared,
    judged: Sequence[Judged],
    steps: Sequence[_Step],
    stage: ProcessRewardModelStage,
) -> list[float]:
    """The share of right answers among those that go on from each step."""
    rollouts, seed = prepared.recipe.rollouts, prepared.recipe.seed
    requests = []
    for step in steps:
        rollout = judged[step.answer].rollout
        sampling = SamplingParameters.of(
            rollouts, max_output_tokens=max(1, rollouts.max_output_tokens - step.tokens)
        )
        begun = (*rollout.prompt_ids, *rollout.response_ids[: step.tokens])
        address = derive("completion", seed=seed, answer=step.answer, tokens=step.tokens)
        requests.append(Request(begun, stage.completions, sampling, address))
    found = []
    for step, completions in zip(steps, prepared.make_engine().generate(requests), strict=True):
        rollout = judged[step.answer].rollout
        begun = prepared.renderer.decode(rollout.response_ids[: step.tokens])
        verifier = prepared.tasks[rollout.problem.task].verifier
        verdicts = verifier.verify_batch(
            [(rollout.problem, begun + completion.text) for completion in completions]
        )
        found.append(sum(verdict.is_correct for verdict in verdicts) / len(verdicts))
    return found
