"""Any combination of parts, not only the presets: layout and micro-batches change no gradient."""

import random

import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from objective_cases import (
    assert_same,
    contiguous,
    interleaved,
    pack,
    random_logps,
    random_rows,
    with_foreign_tokens,
)

from verigrad.algorithms import Objective, merge_statistics, policy_loss
from verigrad.algorithms.objective import PARTS


@st.composite
def objectives(draw):
    parts = {part: draw(st.sampled_from(names)) for part, names in PARTS.items()}
    parts |= dict(settled(parts))
    numbers = {
        "clip_low": draw(st.sampled_from([0.05, 0.2, 1.0])),
        "clip_high": draw(st.sampled_from([0.05, 0.28, 4.0])),
        "kl_coefficient": draw(st.sampled_from([0.0, 0.1])),
        "entropy_coefficient": draw(st.sampled_from([0.0, 0.01])),
        "negative_weight": draw(st.sampled_from([1.0, 0.5])),
        "correction_high": draw(st.sampled_from([1.05, 2.0])),
        "correction_low": draw(st.sampled_from([0.0, 0.95])),
        "stale_limit": draw(st.sampled_from([None, 0.05])),
        "pass_k": 2,
    }
    return Objective(**parts, **numbers)


def settled(parts):
    """Most random combinations contradict themselves; change what the estimator rules out."""
    estimator = parts["estimator"]
    if estimator in ("pass_at_k", "rejection", "constant", "teacher"):
        yield from (("baseline", "none"), ("scaling", "none"))
    elif estimator == "gae":
        yield from (("baseline", "value"), ("scaling", "batch_whiten"))
    elif parts["baseline"] == "value" or (estimator, parts["baseline"]) == ("process", "greedy"):
        yield "baseline", "group_mean"
    allowed = {"outcome": ("loss", "reward_sequence")} | dict.fromkeys(
        ("return", "gae"), ("loss", "reward_token")
    )
    if parts["kl_in"] not in allowed.get(estimator, ("loss",)):
        yield "kl_in", "loss"
    elif parts["kl_in"] != "loss":
        yield from (("kl_against", "reference"), ("kl_level", "token"), ("kl_gradient", "direct"))
    if parts["ratio"] == "none":
        yield from (("clipping", "none"), ("ratio_against", "old"))


@settings(max_examples=150, deadline=None)
@given(objective=objectives(), seed=st.integers(0, 10_000))
def test_layout_and_micro_batches_change_nothing(objective, seed):
    rows, draw = random_rows(seed), random.Random(seed)
    logp = random_logps(rows, seed)
    batch, totals = pack(rows, logp, contiguous(rows), objective)
    whole = policy_loss(batch, objective, totals=totals)
    gradient = torch.autograd.grad(whole.loss, logp)[0]
    assert torch.isfinite(gradient).all()
    places = with_foreign_tokens(interleaved(rows), draw)
    batch, totals = pack(rows, logp, places, objective)
    order = draw.sample(range(len(rows)), len(rows))
    pieces = draw.randint(2, len(rows))
    parts = [
        policy_loss(batch.select(order[start::pieces]), objective, totals=totals)
        for start in range(pieces)
    ]
    assert_same(torch.autograd.grad(sum(part.loss for part in parts), logp)[0], gradient)
    assert_same_statistics(merge_statistics(parts), merge_statistics([whole]))


def assert_same_statistics(got, expected):
    assert got.keys() == expected.keys()
    for name, value in expected.items():
        assert abs(got[name] - value) <= 1e-9 * max(1.0, abs(value)), name


@settings(max_examples=80, deadline=None)
@given(objective=objectives(), seed=st.integers(0, 10_000))
def test_rows_without_advantage_may_be_left_out(objective, seed):
    """Where `zero_advantage_is_inert` says so, dropping them changes no gradient."""
    assume(objective.zero_advantage_is_inert)
    rows = random_rows(seed)
    logp = random_logps(rows, seed)
    batch, totals = pack(rows, logp, contiguous(rows), objective)
    loss = policy_loss(batch, objective, totals=totals).loss
    gradient = torch.autograd.grad(loss, logp, retain_graph=True)[0]
    per_row = torch.zeros(len(rows), dtype=torch.float64).index_add(
        0, batch.row_T, batch.advantage_T.abs()
    )
    kept = per_row.nonzero().flatten().tolist()
    some = policy_loss(batch.select(kept), objective, totals=totals).loss
    assert_same(torch.autograd.grad(some, logp)[0], gradient, relative=1e-12)
