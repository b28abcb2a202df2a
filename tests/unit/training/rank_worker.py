"""What every rank of test_ranks.py runs; called without a process group it is one rank of one."""

import random
from dataclasses import replace

import torch
from test_learner import BUILD, make_batch
from torch import distributed as dist

from verigrad.algorithms import PRESETS, preset
from verigrad.training.estimate import Paid, estimate
from verigrad.training.learner import Learner
from verigrad.training.options import CriticOptions, LearnerOptions
from verigrad.training.policy import build_policy, frozen
from verigrad.training.ranks import Ranks, whole

STEPS = 20
RATE = 1e-3


def run_rank(rank, store, out):
    """A process of two."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    found = everything(Ranks.of_group())
    if rank == 0:
        torch.save(found, out)
    dist.destroy_process_group()


def everything(ranks):
    return {"run": weights_after_a_run(ranks)} | {
        name: weights_after_one_step(name, ranks) for name in sorted(PRESETS)
    }


def learner_of(ranks, **options):
    policy, other = build_policy(BUILD, seed=0), frozen(build_policy(BUILD, seed=1))
    if options.get("precision") == "float64":
        policy.model.double(), other.model.double()
    options = LearnerOptions(tokens_per_micro_batch=120, **options)
    learner = Learner(policy, options, reference=other, ranks=ranks)
    learner.teacher = other
    return learner


def mine(batch, ranks):
    """This rank's groups: the first two on rank 0, the other four on rank 1."""
    if ranks.count == 1:
        return batch
    keep = [n for n, s in enumerate(batch.samples) if (s.group < 2) == (ranks.rank == 0)]
    return batch.select(keep)


def weights_after_a_run(ranks):
    learner, batch = learner_of(ranks, max_gradient_norm=0.1), make_batch()
    for step in range(STEPS):
        order = random.Random(step).sample(range(24), 24)
        batch = replace(batch, advantages=tuple(batch.advantages[n] for n in order))
        learner.policy_step(mine(batch, ranks), preset("grpo"), learning_rate=RATE)
    return learner.weights()


def weights_after_one_step(name, ranks):
    """By plain gradient descent at rate 1, so that the change of the weights is the gradient."""
    objective = PRESETS[name].objective
    if name == "pass_at_k":
        objective = replace(objective, pass_k=2)
    learner = learner_of(
        ranks,
        precision="float64",
        optimizer="sgd",
        max_gradient_norm=1e9,
        critic=CriticOptions() if objective.needs_critic else None,
    )
    draw = random.Random(7)
    batch = learner.annotate(make_batch(), objective)
    rewards = tuple(float(draw.random() < 0.5) for _ in batch.samples)
    paid = Paid(
        rewards,
        greedy=tuple(float(sample.group % 2) for sample in batch.samples),
        steps=tuple(
            ((0, draw.random()), (sample.num_predicted - 1, draw.random()))
            for sample in batch.samples
        ),
    )
    batch = estimate(batch, paid, objective)
    batch = replace(batch, old_logps=tuple(old + 0.1 * draw.random() for old in batch.old_logps))
    learner.policy_step(mine(batch, ranks), objective, learning_rate=1.0)
    found = learner.weights()
    if learner.critic is not None:
        critic = learner.critic.state_dict().items()
        found |= {f"critic.{n}": whole(value) for n, value in critic}
    return {n: value.clone() for n, value in found.items()}
