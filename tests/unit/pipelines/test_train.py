"""Whole runs, tiny: same seed same bytes, kill -9 and resume, rewards recomputed, transformers."""

import json
import os
import shutil
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
from verigrad.pipelines.objective import make_objective
from verigrad.pipelines.resuming import resumed
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


SETTINGS = (
    "training.learning_rate=3e-3",
    'objective.preset="dr_grpo"',
    "warm_up.learning_rate=8e-3",
    "seed=5",
)


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


@pytest.fixture(scope="module")
def whole_with_settings(tmp_path_factory):
    """The same, with values given on the command line."""
    return run(tmp_path_factory.mktemp("runs") / "whole", *SETTINGS)


@pytest.mark.parametrize(
    ("moment", "settings"), [("warm_up", ()), ("rl", ()), ("warm_up", SETTINGS), ("rl", SETTINGS)]
)
def test_killed_and_resumed_ends_with_the_same_bytes(request, tmp_path, moment, settings):
    whole = request.getfixturevalue("whole_with_settings" if settings else "whole")
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(TINY)
    out = tmp_path / "killed"
    command = [sys.executable, "-m", "verigrad", "train", str(recipe), "--out", str(out)]
    command += [word for setting in settings for word in ("--set", setting)]
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
    copy = copy_of(whole, tmp_path)
    resolved = json.loads((copy / "resolved.json").read_text())
    resolved["model"]["build"]["hidden_size"] = 16
    (copy / "resolved.json").write_text(json.dumps(resolved))
    with pytest.raises(DataError, match="does not fit its recipe"):
        run(copy, resume=True)


def copy_of(whole, tmp_path):
    return Path(shutil.copytree(whole.path, tmp_path / "copy"))


@pytest.mark.parametrize(
    ("text", "setting", "key"),
    [
        (TINY, "model.build.hidden_size=16", "model.build.hidden_size"),
        (TINY, "training.learning_rate=2e-3", "training.learning_rate"),
        (TINY, "training.steps=5", "training.steps"),
        # what the recipe file says is not what the run has, which --set changed when it began
        (TINY, "training.learning_rate=1e-3", "training.learning_rate"),
        (TINY.replace("num_rollouts = 4", "num_rollouts = 8"), None, "rollouts.num_rollouts"),
        (TINY.replace("evaluate_every = 3\n", ""), None, "training.evaluate_every"),
        (TINY + "[[task]]\nname = 'b'\nsource = { generator = 'sorting' }\n"
         "verifier = { kind = 'exact' }\n", None, "task.1.name"),
    ],
)  # fmt: skip
def test_resume_with_another_recipe_is_an_error_that_names_the_key(
    whole_with_settings, tmp_path, text, setting, key
):
    copy = copy_of(whole_with_settings, tmp_path)
    before = repeated_files(copy)
    asked = bind(Recipe, text, overrides=[setting] if setting else [])
    with pytest.raises(ConfigError, match="--resume") as caught:
        train(asked, copy, resume=True)
    assert key in str(caught.value)
    assert repeated_files(copy) == before


def test_resume_takes_the_same_recipe_however_it_is_spelled(whole_with_settings, tmp_path):
    """Comments, defaults written out and the same --set again change nothing."""
    folder = RunFolder.open(whole_with_settings.path)
    text = "# a comment\n" + TINY.replace("steps = 6", "steps = 6\nweight_decay = 0.0")
    for overrides in ((), SETTINGS):
        found = resumed(folder, bind(Recipe, text, overrides=overrides))
        assert found.changes == {}
        assert found.bound.recipe == bind(Recipe, TINY, overrides=SETTINGS).recipe


def test_more_steps_end_as_if_they_had_been_asked_for_at_once(whole, tmp_path):
    copy = copy_of(whole, tmp_path)
    more = run(copy, "training.steps=8", resume=True)
    straight = run(tmp_path / "straight", "training.steps=8")
    assert more.after == straight.after
    assert more.after.step == 8
    files, expected = repeated_files(copy), repeated_files(straight.path)
    assert [name for name in expected if files.get(name) != expected[name]] == []
    assert verify_chain(copy) == []
    assert "training.steps: 6 -> 8" in (copy / "chain.jsonl").read_text()


def test_a_falling_learning_rate_allows_no_more_steps(whole, tmp_path):
    copy = copy_of(whole, tmp_path)
    resolved = json.loads((copy / "resolved.json").read_text())
    resolved["training"]["final_rate_share"] = 0.1
    (copy / "resolved.json").write_text(json.dumps(resolved))
    with pytest.raises(ConfigError, match="steps from 6 to 8"):
        run(copy, "training.steps=8", resume=True)


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


@pytest.mark.parametrize(
    ("overrides", "lacks"),
    [
        (["objective.preset=on_policy_distillation"], "a teacher"),
        (["objective.preset=grpo_process"], "step rewards of sums"),
        (["objective.preset=pass_at_k", "rollouts.num_rollouts=3"], "pass_k = 4"),
        (["objective.preset=sft", "training.control=random"], "control"),
    ],
)
def test_a_recipe_that_lacks_what_its_objective_needs_says_what(overrides, lacks):
    with pytest.raises(ConfigError, match=lacks):
        make_objective(bind(Recipe, TINY, overrides=overrides).recipe)


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
