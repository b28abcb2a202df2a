"""Whole runs, tiny: same seed same bytes, kill -9 and resume, rewards recomputed, transformers."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from verigrad.core.config import bind
from verigrad.core.errors import ConfigError, DataError, HaltedError
from verigrad.core.recipe import Recipe
from verigrad.judging.bind import bind_tasks
from verigrad.pipelines.dry_run import dry_run
from verigrad.pipelines.evaluate import evaluate_model
from verigrad.pipelines.prepare import make_objective
from verigrad.pipelines.train import train
from verigrad.records.chain import verify_chain
from verigrad.records.metrics import read_metrics
from verigrad.records.run import RunFolder
from verigrad.training.learner import Learner

TINY = """
name = "tiny"
seed = 3
[model.build]
hidden_size = 32
num_layers = 1
num_heads = 2
num_kv_heads = 1
intermediate_size = 64
max_positions = 64
alphabet = "0123456789+=;\\\\boxed{}"
[[task]]
name = "sums"
source = { generator = "addition", digits = 1 }
verifier = { kind = "math", answer_in = "boxed" }
[warm_up]
steps = 40
problems_per_step = 16
learning_rate = 1e-2
warm_up_steps = 5
until_accuracy = 0.9
probe_every = 20
probe_problems = 16
[rollouts]
num_rollouts = 4
max_output_tokens = 24
[objective]
preset = "grpo"
[training]
steps = 6
problems_per_step = 8
learning_rate = 1e-3
checkpoint_every = 2
evaluate_every = 3
[evaluation]
problems = 8
"""


def run(out, *overrides, **how):
    return train(bind(Recipe, TINY, overrides=overrides), out, **how)


def repeated_files(path):
    """Every file that two runs of one seed have in common, byte for byte."""
    skipped = {"chain.jsonl", "report.html", "environment.json"}
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.name not in skipped and not file.name.startswith("times")
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """One uninterrupted run."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    return run(out)


def test_two_runs_of_one_seed_are_identical_and_another_seed_is_not(whole, tmp_path):
    again = repeated_files(run(tmp_path / "again").path)
    first = repeated_files(whole.path)
    assert first.keys() == again.keys()
    assert [name for name in first if first[name] != again[name]] == []
    other = repeated_files(run(tmp_path / "other", "seed=4").path)
    assert other["metrics.jsonl"] != first["metrics.jsonl"]


@pytest.mark.parametrize("moment", ["warm_up", "rl"])
def test_killed_and_resumed_ends_with_the_same_bytes(whole, tmp_path, moment):
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(TINY)
    out = tmp_path / "killed"
    command = [sys.executable, "-m", "verigrad", "train", str(recipe), "--out", str(out)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    watched, lines = ("metrics_warm_up.jsonl", 7) if moment == "warm_up" else ("metrics.jsonl", 3)
    deadline = time.monotonic() + 240
    while process.poll() is None and time.monotonic() < deadline:
        if (out / watched).is_file() and (out / watched).read_bytes().count(b"\n") >= lines:
            os.kill(process.pid, signal.SIGKILL)
            break
        time.sleep(0.002)
    assert process.wait() == -signal.SIGKILL, "it ended before it was killed"
    run(out, resume=True)
    first, resumed = repeated_files(whole.path), repeated_files(out)
    assert first.keys() == resumed.keys()
    assert [name for name in first if first[name] != resumed[name]] == []
    assert verify_chain(out) == []


def test_every_reward_is_recomputed_from_the_run_folder(whole):
    run_folder = RunFolder.open(whole.path)
    task = bind_tasks(bind(Recipe, run_folder.recipe_text).recipe)["sums"]
    records = list(run_folder.rollouts())
    assert len(records) == 6 * 8 * 4
    for record in records:
        rollout = record.judged.rollout
        verdict = task.verifier.verify(rollout.problem, rollout.response)
        old = record.judged.verdict
        assert (verdict.status, verdict.reason, verdict.score) == (
            old.status,
            old.reason,
            old.score,
        )
        assert verdict.digest == old.digest
        assert record.judged.reward.total == float(verdict.is_correct)


def test_the_checkpoint_opens_in_plain_transformers_and_answers_the_same(whole):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = max((whole.path / "checkpoints").glob("step_*"))
    model = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    evaluated = evaluate_model(bind(Recipe, TINY), str(folder))
    assert evaluated.evaluation.accuracy == whole.after.accuracy
    for record in evaluated.records:
        rollout = record.judged.rollout
        text = tokenizer.apply_chat_template(
            [m.to_json() for m in rollout.problem.prompt],
            tokenize=False,
            add_generation_prompt=True,
        )
        ids = tokenizer(text, return_tensors="pt", add_special_tokens=False).input_ids
        out = model.generate(ids, max_new_tokens=24, do_sample=False)[0, ids.shape[1] :].tolist()
        assert out == list(rollout.response_ids)
    assert "verigrad" in (folder / "README.md").read_text()


def test_the_folder_has_what_the_design_names(whole):
    names = {path.name for path in whole.path.iterdir()}
    assert {
        "recipe.toml",
        "resolved.json",
        "environment.json",
        "metrics.jsonl",
        "rollouts",
        "checkpoints",
        "evaluation",
        "record.json",
        "report.html",
    } <= names
    metrics = read_metrics(whole.path)
    assert [line["step"] for line in metrics] == [1, 2, 3, 4, 5, 6]
    for name in ("time/generate_s", "time/verify_s", "time/update_s", "score/mean", "kl/engine"):
        assert name in metrics[0]
    # the engine and the learner compute the same numbers
    assert max(line.get("kl/engine", 0.0) for line in metrics) < 1e-6
    assert "held_out/accuracy" in metrics[2]
    assert [c.step for c in RunFolder.open(whole.path).checkpoints()] == [0, 4, 6]


def test_an_existing_run_is_refused_and_untouched(whole):
    before = repeated_files(whole.path)
    with pytest.raises(DataError, match="already exists"):
        run(whole.path)
    assert repeated_files(whole.path) == before


def test_a_checkpoint_of_another_model_does_not_fit(whole, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(whole.path, copy)
    with pytest.raises(DataError, match="does not fit its recipe"):
        run(copy, "model.build.hidden_size=16", resume=True)


def test_a_gradient_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(
    tmp_path, monkeypatch
):
    honest = Learner.policy_step

    def breaks(self, batch, objective, *, learning_rate):
        if self.steps_taken == 3:
            self.policy.model.model.norm.weight.data[0] = float("nan")
        return honest(self, batch, objective, learning_rate=learning_rate)

    monkeypatch.setattr(Learner, "policy_step", breaks)
    with pytest.raises(HaltedError) as caught:
        run(
            tmp_path / "nan",
            "warm_up.until_accuracy=0.05",
            "training.evaluate_every=0",
            "training.control=random",
        )
    assert "step 4, the batch of problems" in caught.value.where
    assert caught.value.exit_code == 6
    record = json.loads((tmp_path / "nan" / "record.json").read_text())
    assert record["ending"] == "halted"
    assert record["halted_because"]
    saved = max((tmp_path / "nan" / "checkpoints").glob("step_*"))
    from safetensors.torch import load_file

    assert all(value.isfinite().all() for value in load_file(saved / "model.safetensors").values())


def test_dry_run_shows_the_first_prompt_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = dry_run(bind(Recipe, TINY))
    assert plan.tasks[0].prompt.startswith("<|user|>")
    assert plan.tasks[0].prompt.endswith("=<|assistant|>")
    assert plan.completions == 6 * 8 * 4
    assert plan.to_json()["tasks"][0]["num_train"] is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("rows", "overrides", "says"),
    [
        (
            [{"question": "1+1=", "answer": "2"}, {"question": "1+2=", "solution_text": "3"}],
            [],
            "answer",
        ),
        ([{"question": "1+1=", "answer": "2"}, {"question": "1+2=", "answer": ""}], [], "empty"),
        ([{"question": "1+1=", "answer": "2"}, {"question": "9" * 80, "answer": "3"}], [], "long"),
        ([{"text_of_it": "1+1=", "answer": "2"}], [], "question"),
        ([], [], "no rows"),
    ],
)
def test_bad_rows_are_data_errors_before_anything_is_written(tmp_path, rows, overrides, says):
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    text = TINY.replace(
        'generator = "addition", digits = 1', f'path = "{data}", held_out_share = 0.5'
    )
    with pytest.raises(DataError) as caught:
        train(bind(Recipe, text, overrides=overrides), tmp_path / "run")
    assert says in str(caught.value).lower()
    assert not (tmp_path / "run").exists()


def test_train_and_held_out_must_not_overlap(tmp_path):
    for name in ("train", "held"):
        rows = [{"question": f"{n}+1=", "answer": str(n + 1)} for n in range(4)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    text = TINY.replace(
        'generator = "addition", digits = 1',
        f'path = "{tmp_path}/train.jsonl", held_out_path = "{tmp_path}/held.jsonl"',
    )
    with pytest.raises(DataError, match=r"(?i)held.?out") as caught:
        dry_run(bind(Recipe, text))
    assert "4 " in str(caught.value)


def test_objectives_the_loop_cannot_run_say_what_is_missing():
    with pytest.raises(ConfigError, match="critic"):
        make_objective(bind(Recipe, TINY, overrides=["objective.preset=ppo"]).recipe)


def test_gsm8k_dry_run():
    folder = Path(os.environ.get("VERIGRAD_DATA", Path(__file__).parents[4] / "shared" / "data"))
    path = folder / "gsm8k" / "train.jsonl"
    if not path.is_file():
        pytest.skip(f"{path} is missing: set VERIGRAD_DATA")
    text = TINY.replace('generator = "addition", digits = 1', f'path = "{path}"').replace(
        "max_positions = 64", "max_positions = 2048"
    )
    plan = dry_run(bind(Recipe, text))
    assert plan.tasks[0].num_train + plan.tasks[0].num_held_out == 7473
