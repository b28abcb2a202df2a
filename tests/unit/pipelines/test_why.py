"""`why`: the weights it names are those of the step that the run really took."""

import json
import math

import pytest

torch = pytest.importorskip("torch")

from test_presets import BASE, WARM_UP, recipe
from transformers import AutoModelForCausalLM

from verigrad.algorithms import PRESETS
from verigrad.cli.main import main
from verigrad.core.config import bind
from verigrad.core.errors import DataError, UsageError
from verigrad.core.recipe import Recipe
from verigrad.pipelines.bias import bias
from verigrad.pipelines.train import train
from verigrad.pipelines.why import why
from verigrad.pipelines.why_text import text_of
from verigrad.records.chain import verify_chain
from verigrad.records.rollouts import read_rollouts
from verigrad.records.run import RunFolder

RATE, RATE_OF_SUMS = 0.1, 0.002  # losses that add up a row's tokens have larger gradients
# plain gradient descent without a clip: what the weights move by is the gradient itself
PLAIN = [
    "training.optimizer=sgd",
    "training.beta1=0.0",
    f"training.learning_rate={RATE}",
    "training.warm_up_steps=0",
    "training.max_gradient_norm=1e9",
    "training.checkpoint_every=1",
    "training.keep_checkpoints=9",
    "training.problems_per_step=6",
]


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    out = tmp_path_factory.mktemp("start") / "run"
    run = train(bind(Recipe, BASE, overrides=WARM_UP), out)
    return max((run.path / "checkpoints").glob("step_*"))


def records_of(path, step):
    return read_rollouts(dict(RunFolder.open(path).rollout_files())[step])


@pytest.mark.parametrize(
    ("preset", "overrides"),
    [
        ("grpo", ["objective.kl_coefficient=0.5"]),
        ("dr_grpo", ["objective.negative_weight=0.5"]),
        ("dapo", ["objective.aggregation=group_token"]),
        ("gspo", ["objective.correction=token_truncated"]),
        ("cispo", []),
        ("kimi", []),
        ("remax", []),
        ("rloo", ["objective.kl_coefficient=0.3"]),
        ("reinforce_pp", ["objective.kl_coefficient=0.3"]),
        ("ppo", []),
        ("grpo_process", []),
        ("pass_at_k", []),
        ("raft", []),
        ("on_policy_distillation", []),
    ],
)
def test_weights_are_those_of_the_step_that_was_taken(start, tmp_path, preset, overrides):
    """Sum over tokens of weight x gradient of its log-probability, by transformers alone."""
    sums = PRESETS[preset].objective.aggregation == "sequence_sum"
    rate = RATE_OF_SUMS if sums else RATE
    settings = [*PLAIN, f"training.learning_rate={rate}", *overrides]
    path = train(recipe(start, preset, *settings), tmp_path / "run").path
    before = AutoModelForCausalLM.from_pretrained(path / "checkpoints" / "step_000001")
    after = AutoModelForCausalLM.from_pretrained(path / "checkpoints" / "step_000002")
    surrogate = 0.0
    records = [record for record in records_of(path, 2) if record.advantage is not None]
    found = {
        (group, rollout.sample): rollout
        for group in {record.group for record in records}
        for rollout in why(path, step=2, problem=str(group)).rollouts
    }
    for record in records:
        rollout = record.judged.rollout
        explained = found[record.group, rollout.sample]
        assert explained.advantage == pytest.approx(record.advantage, rel=1e-4, abs=1e-6)
        ids = torch.tensor([rollout.prompt_ids + rollout.response_ids])
        logits = before(ids).logits[0, len(rollout.prompt_ids) - 1 : -1] / 0.6
        logp = logits.log_softmax(-1).gather(1, ids[0, len(rollout.prompt_ids) :, None])[:, 0]
        surrogate = surrogate + (torch.tensor(explained.weights) * logp).sum()
    names = [name for name, _ in before.named_parameters()]
    gradients = torch.autograd.grad(surrogate, list(before.parameters()))
    moved = after.state_dict()
    largest = max(float(gradient.abs().max()) for gradient in gradients)
    assert largest > 1e-3
    for name, gradient in zip(names, gradients, strict=True):
        taken = (before.state_dict()[name] - moved[name]) / rate
        assert float((taken - gradient).abs().max()) < 2e-3 * largest, name


@pytest.fixture(scope="module")
def grpo(start, tmp_path_factory):
    out = tmp_path_factory.mktemp("grpo") / "run"
    return train(recipe(start, "grpo", *PLAIN, "training.updates_per_batch=2"), out).path


def a_mixed_rollout(path, step=1):
    return next(r for r in records_of(path, step) if r.advantage)


def test_the_lines_of_a_token_multiply_to_its_weight(grpo):
    """By hand: -(1 / (rows x length)) x (reward - mean) / std of the group's rewards."""
    record = a_mixed_rollout(grpo)
    rollout = record.judged.rollout
    answer = why(grpo, step=1, problem=str(record.group), sample=rollout.sample, token=2)
    rewards = [r.judged.reward.total for r in records_of(grpo, 1) if r.group == record.group]
    mean = sum(rewards) / 4
    std = math.sqrt(sum((r - mean) ** 2 for r in rewards) / 4)
    advantage = (record.judged.reward.total - mean) / std
    by_hand = -advantage / (24 * len(rollout.response_ids))
    assert answer.token.weight == pytest.approx(by_hand, rel=1e-6)
    values = {}
    for line in answer.token.lines:
        values.setdefault(line.what, line.value)
    assert values["reward"] == record.judged.reward.total
    assert values["baseline"] == pytest.approx(mean)
    assert values["divided by"] == pytest.approx(std)
    assert values["advantage"] == pytest.approx(advantage)
    assert values["ratio"] == 1.0
    assert values["aggregation `sequence_mean`"] == 1 / (24 * len(rollout.response_ids))
    assert values["weight of the policy term"] == pytest.approx(by_hand, rel=1e-6)


def test_after_the_step_the_ratio_is_of_the_next_checkpoint(grpo):
    record = a_mixed_rollout(grpo)
    rollout = record.judged.rollout
    answer = why(grpo, step=1, problem=str(record.group), sample=rollout.sample, token=0)
    [after] = [x for x in answer.token.lines if "the checkpoint of step 1 / before" in x.how]
    logps = []
    for name in ("step_000000", "step_000001"):
        model = AutoModelForCausalLM.from_pretrained(grpo / "checkpoints" / name)
        logits = model(torch.tensor([rollout.prompt_ids])).logits[0, -1] / 0.6
        logps.append(float(logits.detach().log_softmax(-1)[rollout.response_ids[0]]))
    assert after.value == pytest.approx(math.exp(logps[1] - logps[0]), rel=1e-4)


def test_mini_batches_weigh_by_their_own_totals(start, tmp_path):
    path = train(recipe(start, "dr_grpo", *PLAIN, "training.mini_batches=2"), tmp_path / "r").path
    record = a_mixed_rollout(path)
    answer = why(path, step=1, problem=str(record.group), sample=0, token=0)
    share = next(x for x in answer.token.lines if x.what == "aggregation `constant`")
    assert share.value == 1 / (12 * 24)  # 3 of 6 groups of 4, at most 24 tokens


def test_without_a_checkpoint_before_the_step_it_says_so(grpo, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(grpo, copy)
    shutil.rmtree(copy / "checkpoints" / "step_000001")
    record = a_mixed_rollout(copy, 2)
    answer = why(copy, step=2, problem=str(record.group), sample=0, token=0)
    whole = why(grpo, step=2, problem=str(record.group), sample=0, token=0)
    assert any("engine recorded" in note for note in answer.notes)
    assert any("checkpoint of step 1" in note for note in whole.notes)
    assert answer.token.weight == pytest.approx(whole.token.weight, rel=1e-3)


def test_what_is_not_there_is_a_usage_error_that_names_what_is(grpo):
    for asked, said in (
        ({"step": 9, "problem": "0"}, "1 to 2"),
        ({"step": 1, "problem": "77"}, "0 to 5"),
        ({"step": 1, "problem": "0", "sample": 9}, "0 to 3"),
        ({"step": 1, "problem": "0", "sample": 0, "token": 99}, "tokens 0 to"),
        ({"step": 1, "problem": "0", "token": 1}, "--sample"),
    ):
        with pytest.raises(UsageError) as caught:
            why(grpo, **asked)
        assert said in str(caught.value)


def test_sft_has_no_rollouts_to_explain(start, tmp_path):
    path = train(recipe(start, "sft", *PLAIN, "training.steps=1"), tmp_path / "run").path
    with pytest.raises(UsageError, match="worked solutions"):
        why(path, step=1, problem="0")


def run_command(words):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0


def test_the_command_prints_a_table_or_json(grpo, capsys):
    record = a_mixed_rollout(grpo)
    words = ["why", str(grpo), "--step", "1", "--problem", str(record.group)]
    run_command(words)
    table = capsys.readouterr().out
    assert "mean_i 1/|o_i| sum_t min(r A, clip(r) A)" in table
    assert table.count("trained") == 4
    run_command([*words, "--sample", "1", "--token", "0", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["token"]["lines"][-1]["what"] == "weight after"
    assert found["rollouts"][0]["sample"] == 1
    by_id = why(grpo, step=1, problem=record.judged.rollout.problem.id[:12], sample=1, token=0)
    assert by_id.token.weight == found["token"]["weight"]
    assert "made l" in text_of(by_id)


def test_bias_prints_tables_and_writes_a_page_of_the_run(grpo, capsys, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(grpo, copy)
    run_command(["bias", str(copy)])
    out = capsys.readouterr().out
    for said in ("push a token", "pass rate", "Dr. GRPO", "token mean", "Length:", "Scaling:"):
        assert said in out
    page = (copy / "bias.html").read_text()
    assert page.count("<svg") >= 3
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert verify_chain(copy) == []
    run_command(["bias", str(copy), "--page", str(tmp_path / "elsewhere.html"), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["preset"] == "grpo"
    assert found["num_steps"] == len(found["steps"])
    assert sum(cell["share"]["this run"] for cell in found["lengths"]) == pytest.approx(1.0)
    assert (tmp_path / "elsewhere.html").is_file()


def test_bias_of_a_run_that_pushed_nothing_is_a_data_error(start, tmp_path):
    path = train(recipe(start, "sft", *PLAIN, "training.steps=1"), tmp_path / "run").path
    with pytest.raises(DataError, match="no recorded step"):
        bias(path)
