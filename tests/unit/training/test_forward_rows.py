"""The bfloat16 pass on a CPU: few row counts, and what it computes for the real rows."""

import pytest

torch = pytest.importorskip("torch")

from verigrad.core.recipe import Build
from verigrad.training import forward
from verigrad.training.packing import Sample, pack
from verigrad.training.policy import build_policy

SMALL = Build(hidden_size=16, num_layers=2, num_heads=2, num_kv_heads=1, intermediate_size=32)


def batch_of(num_tokens):
    """A root of its own, a prompt and two answers: `num_tokens` packed tokens in all."""
    own = num_tokens - 12
    return pack(
        [
            Sample((5, 6), tuple(7 + i % 20 for i in range(own - 1)), (True,) * (own - 1), 0),
            Sample((9, 8, 7, 6), (5,) * 5, (True,) * 5, 1),
            Sample((9, 8, 7, 6), (6,) * 5, (True,) * 5, 1),
        ]
    )


def test_lengths_of_many_steps_give_few_row_counts(monkeypatch):
    model = build_policy(SMALL, seed=0).model
    counts = []
    honest = forward._linear
    monkeypatch.setattr(
        forward, "_linear", lambda x, *parts: (counts.append(len(x)), honest(x, *parts))[1]
    )
    lengths = range(70, 160, 7)
    for length in lengths:
        packed = batch_of(length)
        assert len(packed.tokens_T) == length
        with torch.no_grad():
            assert len(forward.hidden_states(model, packed, dtype=torch.bfloat16)) == length
    assert set(counts) == {128, 192}
    counts.clear()
    with torch.no_grad():
        forward.hidden_states(model, batch_of(70))
    assert set(counts) == {70}  # float32 keeps no code by shape


def test_rows_that_round_up_change_nothing(monkeypatch):
    model = build_policy(SMALL, seed=0).model
    packed = batch_of(75)
    found = {}
    for name, rounding in (("exact", lambda count: count), ("rounded", forward.rounded_up)):
        monkeypatch.setattr(forward, "rounded_up", rounding)
        hidden = forward.hidden_states(model, packed, dtype=torch.bfloat16)
        gradients = torch.autograd.grad(hidden.float().square().sum(), list(model.parameters()))
        found[name] = [hidden, *gradients]
    for exact, rounded in zip(found["exact"], found["rounded"], strict=True):
        scale = float(exact.detach().float().abs().max())
        assert float((exact - rounded).detach().float().abs().max()) <= 0.02 * scale
