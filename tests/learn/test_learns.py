"""A seeded run must learn from verdicts alone, and must not learn from a coin."""

import pytest

pytest.importorskip("torch")

from verigrad.core.config import bind
from verigrad.core.recipe import Recipe
from verigrad.pipelines.train import train

RECIPE = """
name = "learns"
[model.build]
hidden_size = 64
num_layers = 2
num_heads = 2
num_kv_heads = 1
intermediate_size = 128
max_positions = 64
alphabet = "0123456789+-=;\\\\boxed{}"
[[task]]
name = "sums"
source = { generator = "addition", digits = 2 }
verifier = { kind = "math", answer_in = "boxed" }
[warm_up]
steps = 300
problems_per_step = 64
learning_rate = 4e-3
until_accuracy = 0.3
probe_every = 5
[rollouts]
num_rollouts = 8
max_output_tokens = 36
temperature = 0.5
[objective]
preset = "dr_grpo"
[training]
steps = 60
problems_per_step = 24
learning_rate = 3e-4
beta2 = 0.99
record_every = 30
[evaluation]
problems = 256
"""


@pytest.mark.slow
def test_a_policy_learns_from_verdicts_and_not_from_a_coin(tmp_path):
    honest = train(bind(Recipe, RECIPE), tmp_path / "honest")
    coin = train(bind(Recipe, RECIPE, overrides=["training.control=random"]), tmp_path / "coin")
    # the same warm start: what differs afterwards is what was rewarded
    assert honest.before == coin.before
    assert honest.before.accuracy <= 0.5
    assert honest.after.low > honest.before.high
    assert coin.after.low <= coin.before.high
