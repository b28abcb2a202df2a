"""Stages that learn from pairs of answers: direct preference optimisation and reward models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from verigrad.core.errors import DataError
from verigrad.core.seeds import stream
from verigrad.core.stages import DpoStage, PairsStage, PreferenceStage, RewardModelStage
from verigrad.pipelines.learner import learner_options
from verigrad.pipelines.preference import answer_sample
from verigrad.pipelines.stages.output import Output, Work, require_data
from verigrad.pipelines.stages.rows import PAIRS, messages_of, read_rows
from verigrad.records.atomic import new_folder, write_json
from verigrad.rollouts.render import Renderer
from verigrad.tasks.rows import iter_rows
from verigrad.training.checkpoints import save_policy
from verigrad.training.learner import Learner, StepReport
from verigrad.training.policy import Policy, frozen, make_policy
from verigrad.training.preferences import Pair, preference_step
from verigrad.training.reward_models import RewardModel
from verigrad.training.schedule import learning_rate

Item = TypeVar("Item")
_LAST = 5  # steps that a stage's figures are means of


def dpo(work: Work) -> Output:
    """The policy after `steps` steps of DPO; the folder is whole or absent."""
    stage = work.stage
    assert isinstance(stage, DpoStage)
    policy, pairs = _policy(work), _pairs(work)
    learner = Learner(policy, learner_options(work.pipeline.recipe_of(stage)))
    learner.reference = frozen(policy)

    def step(batch: Sequence[Pair], rate: float) -> StepReport:
        return preference_step(learner, batch, learning_rate=rate, beta=stage.beta)

    figures = learn(stage, pairs(policy), step, seed=work.pipeline.seed)
    with new_folder(work.folder) as folder:
        save_policy(folder / "model", policy, card=f"DPO stage {stage.name}\n")
        write_json(folder / "figures.json", figures)
    return Output(work.folder / "model", None, figures)


def reward_model(work: Work) -> Output:
    """A scorer that `AutoModelForSequenceClassification` opens; it is no policy."""
    stage = work.stage
    assert isinstance(stage, RewardModelStage)
    policy, pairs = _policy(work), _pairs(work)
    model = RewardModel(policy, learner_options(work.pipeline.recipe_of(stage)))

    def step(batch: Sequence[Pair], rate: float) -> StepReport:
        return model.preference_step(
            batch, learning_rate=rate, centre_coefficient=stage.centre_coefficient
        )

    figures = learn(stage, pairs(policy), step, seed=work.pipeline.seed)
    with new_folder(work.folder) as folder:
        model.save(folder / "reward_model")
        write_json(folder / "figures.json", figures)
    return Output(None, work.folder / "reward_model", figures)


def _policy(work: Work) -> Policy:
    return make_policy(work.model(), seed=work.pipeline.seed)


def _pairs(work: Work) -> Callable[[Policy], list[Pair]]:
    stage = work.stage
    assert isinstance(stage, PreferenceStage)
    if stage.path is not None and not work.data():
        rows = read_pairs(Path(stage.path))
        return lambda policy: [_pair(row, Renderer(policy.tokenizer)) for row in rows]
    rows = [row for folder in require_data(work) for row in read_rows(folder / PAIRS)]
    if not rows:
        raise DataError(
            "no pair of a right and a wrong answer to one problem",
            where=f"stage {work.stage.name}",
            cause="the reject stage before it found every problem all right or all wrong",
            remedy="sample more, or problems of another difficulty",
        )
    return lambda policy: [_pair(row, Renderer(policy.tokenizer)) for row in rows]


def read_pairs(path: Path) -> list[dict[str, Any]]:
    """A file of preferences as rows like those of a `reject` stage; DataError for other columns.

    `prompt` is a text or messages; `chosen` and `rejected` are texts, or messages of which the last
    is the answer and, where there is no `prompt`, those before it are the prompt.
    """
    found = []
    for number, row in enumerate(iter_rows(path), start=1):
        answers = {name: _last(row.get(name)) for name in ("chosen", "rejected")}
        prompt = row.get("prompt")
        if prompt is None and isinstance(row.get("chosen"), list):
            prompt = row["chosen"][:-1]
        if isinstance(prompt, str):
            prompt = [{"role": "user", "content": prompt}]
        if not prompt or None in answers.values():
            raise DataError(
                "a pair needs `prompt`, `chosen` and `rejected`",
                where=f"{path}, row {number}, with {', '.join(row)}",
                cause="other names of columns",
                remedy="rename them; each is a text or a list of messages",
            )
        found.append({"prompt": prompt, **answers})
    return found


def _last(answer: Any) -> str | None:
    """The text of an answer, or of the last of its messages."""
    if isinstance(answer, list) and answer:
        answer = answer[-1].get("content")
    return answer if isinstance(answer, str) and answer else None


def _pair(row: Mapping[str, Any], renderer: Renderer) -> Pair:
    prompt = messages_of(row)
    return Pair(*(answer_sample(prompt, row[name], renderer) for name in ("chosen", "rejected")))


def learn(
    stage: PairsStage,
    pairs: Sequence[Item],
    step: Callable[[Sequence[Item], float], StepReport],
    *,
    seed: int,
    names: Sequence[str] = ("loss", "accuracy", "margin"),
) -> dict[str, float]:
    """All steps; batches are addressed by seed and number. Means of the last steps' statistics."""
    reports: list[StepReport] = []
    for number in range(stage.steps):
        draw = stream("pairs", seed=seed, step=number)
        batch = draw.sample(list(pairs), min(stage.pairs_per_step, len(pairs)))
        rate = learning_rate(
            number,
            peak=stage.learning_rate,
            warm_up_steps=stage.warm_up_steps,
            total_steps=stage.steps,
            final_share=stage.final_rate_share,
        )
        reports.append(step(batch, rate))
    last = reports[-_LAST:]
    figures = {n: sum(float(r.statistics[n]) for r in last) / len(last) for n in names}
    return {"pairs": float(len(pairs)), **{f"pair_{n}": value for n, value in figures.items()}}
