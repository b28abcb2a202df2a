"""Random batches for the conformance suite, and the ways to lay them out."""

import itertools
import random

import torch
from textbook import Row, Token

from verigrad.algorithms import BatchTotals, TokenBatch
from verigrad.algorithms.token_advantages import TokenInputs, token_advantages

LIMIT = 16  # tokens a response may have


def random_rows(seed, *, num_groups=3, per_group=6):
    """Rows of unequal length; a hard group, mixed ones, and a last one of equal rewards."""
    draw = random.Random(seed)
    rows = []
    for group in range(num_groups):
        rewards = [1.0, 0.0] + [float(draw.random() < 0.5) for _ in range(per_group - 2)]
        if group == 0:
            rewards = [1.0] + [0.0] * (per_group - 1)
        if group == num_groups - 1:
            rewards = [1.0] * per_group
        greedy = float(draw.random() < 0.5)
        rows += [_random_row(draw, group, reward, greedy) for reward in rewards]
    return rows


def _random_row(draw, group, reward, greedy):
    tokens = [
        Token(
            old=(old := -draw.expovariate(1.0) - 0.05),
            behaviour=old + draw.gauss(0, 0.1),
            reference=old + draw.gauss(0, 0.4),
            teacher=old + draw.gauss(0, 0.6),
            value=draw.gauss(0.5, 0.3),
        )
        for _ in range(draw.randint(1, 9))
    ]
    ends = sorted({draw.randrange(len(tokens)), len(tokens) - 1})
    return Row(group, reward, greedy, tokens, [(end, draw.random()) for end in ends])


def random_logps(rows, seed, *, drift=0.3):
    """The current policy: the old one, moved, so that some ratios are clipped."""
    draw = random.Random(seed)
    flat = [token.old + draw.gauss(0, drift) for row in rows for token in row.tokens]
    return torch.tensor(flat, dtype=torch.float64, requires_grad=True)


def nested(logp, rows):
    """The flat leaf as `logp[i][t]`."""
    pieces = iter(logp)
    return [[next(pieces) for _ in row.tokens] for row in rows]


def contiguous(rows):
    """(row, token) of every token, row after row."""
    return [(i, t) for i, row in enumerate(rows) for t in range(len(row.tokens))]


def interleaved(rows):
    """Tokens of all rows mixed, each row's own order kept."""
    turns = itertools.zip_longest(
        *[[(i, t) for t in range(len(r.tokens))] for i, r in enumerate(rows)]
    )
    return [place for turn in turns for place in turn if place is not None]


def with_foreign_tokens(places, draw):
    """Environment tokens (i, None) scattered among the tokens."""
    mixed = []
    for i, t in places:
        if draw.random() < 0.3:
            mixed.append((i, None))
        mixed.append((i, t))
    return mixed


def pack(rows, logp, places, objective):
    """TokenBatch and totals of the whole batch; a token that is not the policy's holds NaN."""
    index = {place: n for n, place in enumerate(contiguous(rows))}
    mask = torch.tensor([t is not None for _, t in places])
    row = torch.tensor([i for i, _ in places])
    group = torch.tensor([r.group for r in rows])

    def of_tokens(name):
        values = [
            float("nan") if t is None else getattr(rows[i].tokens[t], name) for i, t in places
        ]
        return torch.tensor(values, dtype=torch.float64)

    leaves = torch.cat([logp, logp.new_full((1,), float("nan"))])
    current = leaves[torch.tensor([index.get(place, len(logp)) for place in places])]
    where = {place: n for n, place in enumerate(places)}
    steps = [(where[i, end], reward) for i, r in enumerate(rows) for end, reward in r.steps]
    advantage, _ = token_advantages(
        torch.tensor([r.reward for r in rows], dtype=torch.float64),
        group,
        objective=objective,
        tokens=TokenInputs(
            mask_T=mask,
            row_T=row,
            logp_T=of_tokens("old"),
            reference_logp_T=of_tokens("reference"),
            teacher_logp_T=of_tokens("teacher"),
            value_T=of_tokens("value"),
            step_reward_S=torch.tensor([reward for _, reward in steps], dtype=torch.float64),
            step_token_S=torch.tensor([end for end, _ in steps]),
        ),
        greedy_reward_B=torch.tensor([r.greedy for r in rows], dtype=torch.float64),
    )
    batch = TokenBatch(
        logp_T=current,
        mask_T=mask,
        row_T=row,
        group_B=group,
        old_logp_T=of_tokens("old"),
        behaviour_logp_T=of_tokens("behaviour"),
        reference_logp_T=of_tokens("reference"),
        advantage_T=advantage,
        entropy_T=-current * torch.exp(current),
    )
    return batch, BatchTotals.of(mask, row, group_B=group, max_tokens=LIMIT)


def assert_same(got, expected, relative=1e-9):
    """Equal relative to the largest entry (the issue asks for 1e-6)."""
    scale = expected.abs().max().item()
    assert (got - expected).abs().max().item() <= relative * max(scale, 1e-12), (got, expected)
