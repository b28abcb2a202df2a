"""A pipeline small enough for tests: one-digit sums, four stages."""

TINY = """
name = "tiny"
seed = 3
[model.build]
hidden_size = 32
num_layers = 1
num_heads = 2
num_kv_heads = 1
intermediate_size = 64
max_positions = 96
alphabet = "0123456789+=;\\\\boxed{}/<>_think "
[[task]]
name = "sums"
source = { generator = "addition", digits = 1 }
verifier = { kind = "math", answer_in = "boxed" }
[rollouts]
num_rollouts = 4
max_output_tokens = 24
[training]
steps = 3
problems_per_step = 4
learning_rate = 1e-4
[evaluation]
problems = 8
[[stage]]
name = "start"
kind = "sft"
steps = 60
problems_per_step = 16
learning_rate = 1e-2
warm_up_steps = 5
[[stage]]
name = "reinforce"
kind = "rl"
from = ["start"]
[[stage]]
name = "traces"
kind = "reject"
from = ["reinforce"]
problems = 12
num_samples = 4
[[stage]]
name = "final"
kind = "sft"
from = ["start", "traces"]
steps = 4
problems_per_step = 8
learning_rate = 1e-3
[[stage]]
name = "measured"
kind = "evaluate"
from = ["final"]
"""
