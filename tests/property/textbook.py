"""Every preset once more, from its paper's formula, in plain loops over plain numbers.

Independent of `verigrad.algorithms`: no import of it, no vectorised step. Rows hold only tokens that
the policy wrote. `logp[i][t]` are scalar tensors, so that autograd gives the reference gradient.
Each function returns the loss (what is minimised).
"""

import math
from dataclasses import dataclass, field

import torch


@dataclass
class Token:
    old: float
    behaviour: float
    reference: float
    teacher: float
    value: float


@dataclass
class Row:
    group: int
    reward: float
    greedy: float  # reward of the greedy rollout of the group's problem
    tokens: list[Token]
    steps: list[tuple[int, float]] = field(default_factory=list)  # (index of last token, reward)


def mean(values):
    return sum(values) / len(values)


def deviation(values):
    return math.sqrt(mean([(v - mean(values)) ** 2 for v in values]))


def of_group(rows, row):
    return [other.reward for other in rows if other.group == row.group]


def clip(x, low, high):
    return torch.clamp(x, low, high)


def ppo_term(ratio, advantage, low=0.2, high=0.2):
    return torch.minimum(ratio * advantage, clip(ratio, 1 - low, 1 + high) * advantage)


def k3(logp, reference):
    return torch.exp(reference - logp) - (reference - logp) - 1


def normalised(rows, row):
    group = of_group(rows, row)
    spread = deviation(group)
    return (row.reward - mean(group)) / spread if spread > 1e-6 else 0.0


def count(rows):
    return sum(len(row.tokens) for row in rows)


def whitened(values):
    flat = [v for row in values for v in row]
    middle, spread = mean(flat), deviation(flat)
    return [[(v - middle) / spread for v in row] for row in values]


def reinforce(rows, logp):
    return -sum(row.reward * sum(lp) for row, lp in zip(rows, logp, strict=True)) / len(rows)


def rloo(rows, logp, beta=0.03):
    rewards = [r.reward - beta * sum(t.old - t.reference for t in r.tokens) for r in rows]
    total = 0.0
    for i, row in enumerate(rows):
        others = [rewards[j] for j, o in enumerate(rows) if o.group == row.group and j != i]
        total = total + (rewards[i] - mean(others)) * sum(logp[i])
    return -total / len(rows)


def remax(rows, logp):
    terms = [(row.reward - row.greedy) * sum(lp) for row, lp in zip(rows, logp, strict=True)]
    return -sum(terms) / len(rows)


def reinforce_pp(rows, logp, beta=0.01):
    returns = [
        [
            row.reward - beta * sum(later.old - later.reference for later in row.tokens[t:])
            for t in range(len(row.tokens))
        ]
        for row in rows
    ]
    advantage = whitened(returns)
    total = 0.0
    for i, row in enumerate(rows):
        for t, token in enumerate(row.tokens):
            total = total + ppo_term(torch.exp(logp[i][t] - token.old), advantage[i][t])
    return -total / count(rows)


def reinforce_pp_baseline(rows, logp, beta=0.01):
    [advantage] = whitened([[row.reward - mean(of_group(rows, row)) for row in rows]])
    total = 0.0
    for i, row in enumerate(rows):
        for t, token in enumerate(row.tokens):
            term = ppo_term(torch.exp(logp[i][t] - token.old), advantage[i])
            total = total + term - beta * (logp[i][t] - token.reference) ** 2 / 2
    return -total / count(rows)


def gae_direct(row, rewards, discount, lam):
    values = [token.value for token in row.tokens] + [0.0]
    delta = [rewards[t] + discount * values[t + 1] - values[t] for t in range(len(rewards))]
    steps = range(len(rewards))
    return [sum((discount * lam) ** (u - t) * delta[u] for u in steps if u >= t) for t in steps]


def ppo(rows, logp, beta=0.05):
    advantages = []
    for row in rows:
        rewards = [-beta * (token.old - token.reference) for token in row.tokens]
        rewards[-1] += row.reward
        advantages.append(gae_direct(row, rewards, 1.0, 0.95))
    advantages = whitened(advantages)
    total = 0.0
    for i, row in enumerate(rows):
        for t, token in enumerate(row.tokens):
            total = total + ppo_term(torch.exp(logp[i][t] - token.old), advantages[i][t])
    return -total / count(rows)


def grpo(rows, logp, beta=0.04):
    total = 0.0
    for i, row in enumerate(rows):
        advantage, row_total = normalised(rows, row), 0.0
        for t, token in enumerate(row.tokens):
            term = ppo_term(torch.exp(logp[i][t] - token.old), advantage)
            row_total = row_total + term - beta * k3(logp[i][t], token.reference)
        total = total + row_total / len(row.tokens)
    return -total / len(rows)


def grpo_process(rows, logp, beta=0.04):
    total = 0.0
    for i, row in enumerate(rows):
        pool = [reward for o in rows if o.group == row.group for _, reward in o.steps]
        middle, spread, row_total = mean(pool), deviation(pool), 0.0
        for t, token in enumerate(row.tokens):
            to_come = [(r - middle) / spread for end, r in row.steps if end >= t]
            term = ppo_term(torch.exp(logp[i][t] - token.old), sum(to_come))
            row_total = row_total + term - beta * k3(logp[i][t], token.reference)
        total = total + row_total / len(row.tokens)
    return -total / len(rows)


def dr_grpo(rows, logp, limit):
    total = 0.0
    for i, row in enumerate(rows):
        advantage = row.reward - mean(of_group(rows, row))
        for t, token in enumerate(row.tokens):
            total = total + ppo_term(torch.exp(logp[i][t] - token.old), advantage)
    return -total / (len(rows) * limit)


def dapo(rows, logp):
    total = 0.0
    for i, row in enumerate(rows):
        for t, token in enumerate(row.tokens):
            ratio = torch.exp(logp[i][t] - token.old)
            total = total + ppo_term(ratio, normalised(rows, row), 0.2, 0.28)
    return -total / count(rows)


def gspo(rows, logp):
    total = 0.0
    for i, row in enumerate(rows):
        log_ratio = sum(lp - token.old for lp, token in zip(logp[i], row.tokens, strict=True))
        s = torch.exp(log_ratio / len(row.tokens))
        total = total + ppo_term(s, normalised(rows, row), 3e-4, 4e-4)
    return -total / len(rows)


def cispo(rows, logp):
    total = 0.0
    for i, row in enumerate(rows):
        for t, token in enumerate(row.tokens):
            weight = min(math.exp(logp[i][t].item() - token.old), 5.0)
            total = total + weight * normalised(rows, row) * logp[i][t]
    return -total / count(rows)


def kimi(rows, logp, tau=0.1):
    total = 0.0
    for i, row in enumerate(rows):
        sequence, old = sum(logp[i]), sum(token.old for token in row.tokens)
        advantage = row.reward - mean(of_group(rows, row))
        total = total + advantage * sequence - tau / 2 * (sequence - old) ** 2
    return -total / len(rows)


def opmd(rows, logp, tau=1.0):
    total = 0.0
    for i, row in enumerate(rows):
        total = total + (row.reward - mean(of_group(rows, row))) * sum(logp[i])
    return -total / count(rows) / (1 + tau)


def gpg(rows, logp):
    groups = sorted({row.group for row in rows})
    mixed = [row for row in rows if deviation(of_group(rows, row)) > 1e-6]
    share = len(mixed) / len(rows)
    loss = 0.0
    for group in groups:
        members = [i for i, row in enumerate(rows) if row.group == group]
        middle = mean([rows[i].reward for i in members])
        total = sum((rows[i].reward - middle) / share * sum(logp[i]) for i in members)
        loss = loss - total / sum(len(rows[i].tokens) for i in members)
    return loss / len(groups)


def sapo(rows, logp):
    total = 0.0
    for i, row in enumerate(rows):
        advantage, row_total = normalised(rows, row), 0.0
        tau = 1.0 if advantage > 0 else 1.05
        for t, token in enumerate(row.tokens):
            ratio = torch.exp(logp[i][t] - token.old)
            row_total = row_total + 4 / tau / (1 + torch.exp(-tau * (ratio - 1))) * advantage
        total = total + row_total / len(row.tokens)
    return -total / len(rows)


def topr(rows, logp):
    total = 0.0
    for i, row in enumerate(rows):
        advantage, sequence = row.reward - mean(of_group(rows, row)), sum(logp[i])
        ratio = math.exp(sequence.item() - sum(token.old for token in row.tokens))
        weight = 1.0 if advantage >= 0 else min(ratio, 1.0)
        total = total + weight * advantage * sequence
    return -total / len(rows)


def pass_at_k(rows, logp, k=4):
    total = 0.0
    for i, row in enumerate(rows):
        group = of_group(rows, row)
        n, wrong = len(group), group.count(0.0)
        passes = 1 - math.comb(wrong, k) / math.comb(n, k)
        spread = math.sqrt(passes * (1 - passes))
        own = 1.0 if row.reward else 1 - math.comb(wrong - 1, k - 1) / math.comb(n - 1, k - 1)
        advantage = (own - passes) / spread if spread > 0 else 0.0
        ratios = [torch.exp(lp - token.old) for lp, token in zip(logp[i], row.tokens, strict=True)]
        total = total + sum(ppo_term(ratio, advantage) for ratio in ratios) / len(ratios)
    return -total / len(rows)


def raft(rows, logp):
    kept = [i for i, row in enumerate(rows) if row.reward > 0.5]
    return -sum(sum(logp[i]) / len(logp[i]) for i in kept) / len(kept)


def on_policy_distillation(rows, logp):
    total = 0.0
    for i, row in enumerate(rows):
        for t, token in enumerate(row.tokens):
            total = total + torch.exp(logp[i][t] - token.old) * (token.teacher - token.old)
    return -total / count(rows)


def sft(rows, logp):
    return -sum(sum(lp) for lp in logp) / count(rows)


TEXTBOOK = {
    function.__name__: function
    for function in (
        reinforce, rloo, remax, reinforce_pp, reinforce_pp_baseline, ppo, grpo, grpo_process,
        dr_grpo, dapo, gspo, cispo, kimi, opmd, gpg, sapo, topr, pass_at_k, raft,
        on_policy_distillation, sft,
    )
}  # fmt: skip
