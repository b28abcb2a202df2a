"""Partial rollouts, sampling ahead and tools in whole runs: interrupted and resumed to the byte."""

import pytest

torch = pytest.importorskip("torch")

from verigrad.core.config import bind
from verigrad.core.errors import ConfigError
from verigrad.core.recipe import Recipe
from verigrad.core.types import StopReason
from verigrad.pipelines.progress import Silent
from verigrad.pipelines.train import train
from verigrad.records.metrics import read_metrics
from verigrad.records.run import RunFolder

TINY = """
name = "tiny"
seed = 3
[model.build]
hidden_size = 16
num_layers = 1
num_heads = 2
num_kv_heads = 1
intermediate_size = 32
max_positions = 96
alphabet = "0123456789+*=<>/toolca"
[[task]]
name = "sums"
source = { generator = "addition", digits = 1 }
verifier = { kind = "math", answer_in = "boxed" }
[rollouts]
num_rollouts = 2
max_output_tokens = 24
[objective]
preset = "grpo"
[training]
control = "random"
steps = 6
problems_per_step = 6
learning_rate = 1e-2
checkpoint_every = 2
evaluate_every = 3
[evaluation]
problems = 4
"""
PARTIAL = ("rollouts.partial={tokens_per_step=9, max_steps=4}",)
AHEAD = ("rollouts.max_staleness=1",)
TOOLS = ('task.0.environment={kind="feedback", max_turns=3}',)
CURRICULUM = ('curriculum={pool=24, sampler="frontier", retire_after=1, revive_after=2}',)
SETTINGS = {
    "partial": PARTIAL + TOOLS,
    "ahead": AHEAD,
    "both": PARTIAL + AHEAD,
    "deep": ("rollouts.max_staleness=3",),
    "curriculum": CURRICULUM,
    "curriculum ahead": CURRICULUM + AHEAD,
}


class Interrupting(Silent):
    def step(self, stage, number, metrics):
        if number == 3:
            raise KeyboardInterrupt


def run(out, *overrides, **how):
    return train(bind(Recipe, TINY, overrides=overrides), out, **how)


def repeated_files(path):
    skipped = {"chain.jsonl", "report.html", "environment.json"}
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.name not in skipped and not file.name.startswith("times")
    }


@pytest.fixture(scope="module", params=SETTINGS)
def whole(request, tmp_path_factory):
    settings = SETTINGS[request.param]
    return settings, run(tmp_path_factory.mktemp("runs") / "whole", *settings)


def test_interrupted_and_resumed_ends_with_the_same_bytes(whole, tmp_path):
    settings, result = whole
    out = tmp_path / "cut"
    with pytest.raises(KeyboardInterrupt):
        run(out, *settings, listener=Interrupting())
    run(out, *settings, resume=True)
    first, resumed = repeated_files(result.path), repeated_files(out)
    assert first.keys() == resumed.keys()
    assert [name for name in first if first[name] != resumed[name]] == []


def test_what_is_stale_says_so_and_within_its_bound(whole):
    settings, result = whole
    lines = read_metrics(result.path)
    depth = 3 if "rollouts.max_staleness=3" in settings else int(AHEAD[0] in settings)
    longest = depth + (3 if PARTIAL[0] in settings else 0)
    found = [
        (record.step, record.judged.rollout.facts.get("staleness", 0))
        for record in RunFolder.open(result.path).rollouts()
    ]
    assert found
    assert all(0 <= staleness <= longest for _, staleness in found)
    if PARTIAL[0] not in settings:
        assert set(found) == {(step, min(step - 1, depth)) for step, _ in found}
        # the engine's log-probabilities are those of older weights: the learner sees how far off
        assert lines[0]["kl/engine"] < 1e-6
        assert (lines[-1]["kl/engine"] > 1e-5) == (depth > 0)


def test_partial_rollouts_are_cut_carried_and_whole_in_the_end(tmp_path):
    result = run(tmp_path / "run", *PARTIAL)
    lines = read_metrics(result.path)
    assert lines[0]["partial/carried"] > 0
    records = list(RunFolder.open(result.path).rollouts())
    rollouts = [record.judged.rollout for record in records]
    assert {len(r.response_ids) > 9 for r in rollouts} == {True, False}
    for rollout in rollouts:
        assert rollout.stop in (StopReason.END, StopReason.LENGTH)
        assert len(rollout.logps) == len(rollout.response_ids) <= 24
        assert rollout.stop is not StopReason.LENGTH or len(rollout.response_ids) == 24
    # what went on under new weights keeps the log-probabilities of the weights that sampled it
    old = [line["kl/engine"] for line in lines if "kl/engine" in line]
    assert max(old) > 1e-6
    dropped = sum(line["partial/dropped"] for line in lines)
    opened = 6 + sum(6 - line["partial/carried"] for line in lines[:-1]) - dropped
    assert len(records) == 2 * (opened - lines[-1]["partial/carried"])


def test_partial_rollouts_refuse_what_wants_whole_groups(tmp_path):
    with pytest.raises(ConfigError, match="partial rollouts cannot be combined"):
        run(tmp_path / "a", *PARTIAL, "training.resample_groups=2")
    with pytest.raises(ConfigError, match="greedy baseline"):
        run(tmp_path / "b", *PARTIAL, 'objective.preset="remax"')
    assert list(tmp_path.iterdir()) == []  # said before anything is written
