"""A preference model scores every answer; its score is recorded, and pays where a task says so."""

import json
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from tiny_pipeline import TINY

from verigrad.core.config import bind
from verigrad.core.errors import ConfigError, DataError
from verigrad.core.recipe import Recipe
from verigrad.core.stages import PipelineRecipe
from verigrad.core.types import Problem
from verigrad.judging.judge import judge
from verigrad.pipelines.preference import Preference
from verigrad.pipelines.prepare import prepare
from verigrad.pipelines.reverify import reverify
from verigrad.pipelines.stages.running import run_pipeline
from verigrad.records.run import RunFolder

HEAD = TINY.split("[[stage]]", maxsplit=1)[0].replace(
    'answer_in = "boxed" }\n',
    'answer_in = "boxed" }\nreward = { preference = { kind = "preferred", weight = 0.4 } }\n',
)
STAGES = """
[[stage]]
name = "start"
kind = "sft"
tasks = []
steps = 60
problems_per_step = 16
learning_rate = 1e-2
warm_up_steps = 5
[[stage]]
name = "taste"
kind = "reward_model"
from = ["start"]
path = "PAIRS"
steps = 60
pairs_per_step = 6
learning_rate = 1e-2
[[stage]]
name = "liked"
kind = "rl"
from = ["start", "taste"]
reward_model = "taste"
[[stage]]
name = "measured"
kind = "evaluate"
from = ["liked", "taste"]
reward_model = "taste"
"""
# whoever wrote these likes the blank after the semicolon
ROWS = [{"prompt": f"{a}+1=", "chosen": f"; {a}", "rejected": f";{a}"} for a in (1, 2, 3, 4, 5, 6)]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pipeline")
    pairs = folder / "pairs.jsonl"
    pairs.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    plain = HEAD.replace('reward = { preference = { kind = "preferred", weight = 0.4 } }\n', "")
    start = STAGES[: STAGES.index('[[stage]]\nname = "taste"')]
    first = run_pipeline(bind(PipelineRecipe, plain + start), folder / "first")
    text = HEAD + STAGES[len(start) :].replace("PAIRS", str(pairs))
    model = (
        first.path
        / json.loads((first.path / "start" / "stage.json").read_text())["output"]["model"]
    )
    text = text.replace('from = ["start"]', f'model = {{ path = "{model}" }}')
    text = text.replace(
        'from = ["start", "taste"]', f'from = ["taste"]\nmodel = {{ path = "{model}" }}'
    )
    return run_pipeline(bind(PipelineRecipe, text), folder / "run")


def scorer_of(finished):
    return Preference(
        finished.path / "taste" / "reward_model",
        device=torch.device("cpu"),
        precision="float32",
        tokens_per_micro_batch=200,
    )


@torch.no_grad()
def test_the_score_is_what_transformers_gives_the_rendered_answer(finished):
    from transformers import AutoModelForSequenceClassification

    scorer = scorer_of(finished)
    problem = Problem.of("1+1=", "2")
    answers = [(problem, text) for text in ("; 1", ";1", "1+1=2;\\boxed{2}")]
    opened = AutoModelForSequenceClassification.from_pretrained(
        finished.path / "taste" / "reward_model"
    ).eval()
    for (_, text), score in zip(answers, scorer(answers), strict=True):
        ids = (*scorer.renderer.prompt(problem.prompt), *scorer.renderer.encode(text))
        # the template closes an answer with the end token, which is also the padding that
        # transformers looks for: its own head on the last hidden state
        whole = torch.tensor([[*ids, *scorer.renderer.end_token_ids[:1]]])
        hidden = opened.model(whole).last_hidden_state[0, -1]
        assert float(opened.score(hidden)) == pytest.approx(score, abs=1e-4)
    liked, disliked, _ = scorer(answers)
    assert liked > disliked


def test_every_rollout_has_its_score_and_a_right_one_is_paid_by_it(finished):
    records = list(RunFolder.open(finished.path / "liked").rollouts())
    assert records
    for record in records:
        judged = record.judged
        terms = judged.reward.terms
        assert "preference" in judged.rollout.facts
        assert 0.0 <= terms["preference"] <= 0.4
        assert (terms["preference"] > 0.0) <= judged.verdict.is_correct
        assert judged.reward.total == pytest.approx(terms["correct"] + terms["preference"])
    assert any(record.judged.reward.terms["preference"] for record in records)
    figures = finished.stages["measured"]["output"]["figures"]
    assert "preference" in figures
    assert "liking" in finished.stages["liked"]["output"]["figures"]


def test_a_recorded_run_is_judged_again_without_the_model(finished):
    found = reverify(RunFolder.open(finished.path / "liked").path)
    assert found.rollouts == 48
    assert not found.changes


def test_the_record_names_the_reward_model(finished):
    record = json.loads((finished.path / "liked" / "record.json").read_text())
    assert {"role": "reward model", "model": str(finished.path / "taste" / "reward_model")} in (
        record["facts"]["parents"]
    )


def test_a_reward_that_reads_a_preference_needs_a_model():
    with pytest.raises(ConfigError, match="there is no reward model"):
        prepare(bind(Recipe, HEAD))


def test_a_score_that_is_no_number_ends_the_run(finished):
    scorer = scorer_of(finished)
    with torch.no_grad():
        scorer.scorer.model.score.weight.fill_(float("nan"))
    records = list(RunFolder.open(finished.path / "liked").rollouts())[:4]
    task = prepare(bind(Recipe, HEAD.replace("reward = ", "# "))).tasks["sums"]
    rollouts = [replace(r.judged.rollout, facts={}) for r in records]
    with pytest.raises(DataError, match="scores an answer nan"):
        judge({"sums": replace(task, preference=scorer)}, [rollouts])


def test_only_a_reward_model_stage_is_one():
    other = STAGES.replace(
        'from = ["liked", "taste"]\nreward_model = "taste"',
        'from = ["liked", "start"]\nreward_model = "start"',
    )
    with pytest.raises(ConfigError, match="start makes no reward_model"):
        bind(PipelineRecipe, HEAD + other)
    stranger = STAGES.replace('from = ["start", "taste"]', 'from = ["start"]')
    with pytest.raises(ConfigError, match="must be one of `from`"):
        bind(PipelineRecipe, HEAD + stranger)
