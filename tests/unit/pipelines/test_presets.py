"""Every preset runs in the RL loop, from one warm start, and is resumed to the same bytes."""

import pytest

torch = pytest.importorskip("torch")

from verigrad.algorithms import PRESETS
from verigrad.core.config import bind
from verigrad.core.recipe import Recipe
from verigrad.pipelines.learner import make_learner
from verigrad.pipelines.prepare import prepare
from verigrad.pipelines.progress import Silent
from verigrad.pipelines.train import train
from verigrad.records.rollouts import Fate
from verigrad.training.loop import RlLoop
from verigrad.training.policy import frozen

BASE = """
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
steps = { kind = "worked" }
[rollouts]
num_rollouts = 4
max_output_tokens = 24
temperature = 0.6
[training]
steps = 2
problems_per_step = 12
learning_rate = 1e-3
[evaluation]
problems = 4
"""
WARM_UP = [
    "training.steps=2",
    "training.keep_checkpoints=2",
    "training.checkpoint_every=1",
    "warm_up.steps=120",
    "warm_up.problems_per_step=32",
    "warm_up.learning_rate=1e-2",
    "warm_up.until_accuracy=0.3",
    "warm_up.probe_every=10",
    "warm_up.probe_problems=32",
]


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A checkpoint that is right sometimes."""
    out = tmp_path_factory.mktemp("start") / "run"
    run = train(bind(Recipe, BASE, overrides=WARM_UP), out)
    return max((run.path / "checkpoints").glob("step_*"))


def recipe(start, preset, *overrides):
    text = BASE.split("[model.build]", maxsplit=1)[0] + f'[model]\npath = "{start}"\n[[task]]'
    text += BASE.split("[[task]]")[1]
    given = [f"objective.preset={preset}", *overrides]
    if preset == "on_policy_distillation":
        given.append(f"teacher.path={start.parent / 'step_000000'}")
    if preset == "pass_at_k":
        given.append("objective.pass_k=2")
    return bind(Recipe, text, overrides=given)


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_every_preset_takes_a_step(start, preset):
    prepared = prepare(recipe(start, preset))
    learner = make_learner(prepared, is_rl=True)
    if prepared.objective.needs_reference:
        learner.reference = frozen(prepared.policy)
    before = {name: value.clone() for name, value in learner.weights().items()}
    loop = RlLoop(
        prepared.tasks,
        prepared.make_engine(),
        prepared.renderer,
        learner,
        prepared.objective,
        prepared.recipe.rollouts,
        prepared.recipe.training,
        0,
    )
    outcome = loop.step(1)
    assert outcome.metrics["batch/updates"] == 1
    assert outcome.metrics["gradient/norm"] > 1e-4
    assert any((learner.weights()[name] != value).any() for name, value in before.items())
    fates = {record.fate for record in outcome.records}
    assert (Fate.TRAINED in fates) != (preset == "sft")
    assert (Fate.BASELINE in fates) == (preset == "remax")
    assert ("value/explained_variance" in outcome.metrics) == (preset == "ppo")
    assert ("reward_term/overlong" in outcome.metrics) == (preset == "dapo")


@pytest.mark.parametrize(
    ("preset", "overrides"),
    [
        ("ppo", ["training.updates_per_batch=2", "training.mini_batches=2"]),
        ("ppo", ["critic.kind=shared", "training.optimizer=muon"]),
        ("grpo_process", ["training.optimizer=sgd", "reference.kind=ema"]),
        ("grpo", ["model.lora.rank=4", "training.updates_per_batch=2"]),
    ],
)
def test_stopped_and_resumed_ends_with_the_same_bytes(start, tmp_path, preset, overrides):
    bound = recipe(start, preset, "training.checkpoint_every=1", *overrides)
    whole = train(bound, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(bound, tmp_path / "cut", listener=StopsAfter(1))
    resumed = train(bound, tmp_path / "cut", resume=True)
    names = ["metrics.jsonl", "rollouts/step_000002.parquet"]
    if "model.lora.rank=4" in overrides:
        names.append("checkpoints/step_000002/adapter/adapter_model.safetensors")
    names += [f"checkpoints/step_000002/{n}" for n in ("model.safetensors", "learner.pt")]
    for name in names:
        assert (whole.path / name).read_bytes() == (resumed.path / name).read_bytes(), name


class StopsAfter(Silent):
    def __init__(self, last):
        self.last = last

    def step(self, stage, number, metrics):
        if stage == "rl" and number == self.last:
            raise KeyboardInterrupt
