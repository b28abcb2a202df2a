"""Draws follow the distribution asked for, and depend on their address alone."""

import math

import pytest
import torch

from verigrad.rollouts.engines.torch.draw import draw, plan_draws
from verigrad.rollouts.engines.torch.randomness import stream_key, uniforms
from verigrad.rollouts.sampling import SamplingParameters

CPU = torch.device("cpu")
NUM_DRAWS = 100_000
LOGITS = torch.randn(60, generator=torch.Generator().manual_seed(3)) * 2


def sampling(**settings):
    return SamplingParameters(max_output_tokens=1, **settings)


def draw_rows(logits_BV, uniform_B, *rows):
    rows = rows if len(rows) > 1 else rows * len(logits_BV)
    return draw(logits_BV.clone(), uniform_B, plan_draws(rows, device=CPU))


def independent_distribution(logits, *, temperature=1.0, top_k=0, top_p=1.0):
    """Top-k, then top-p, written once more in plain Python from their definitions."""
    weights = [math.exp(x / temperature) for x in logits.double().tolist()]
    order = sorted(range(len(weights)), key=lambda i: -weights[i])
    if top_k:
        order = order[:top_k]
    mass, kept, so_far = sum(weights[i] for i in order), [], 0.0
    for i in order:
        if so_far >= top_p * mass:
            break
        kept.append(i)
        so_far += weights[i]
    total = sum(weights[i] for i in kept)
    return [weights[i] / total if i in set(kept) else 0.0 for i in range(len(weights))]


def chi_square_quantile(df, z):
    """Wilson-Hilferty: the chi-square value that a standard normal's `z` corresponds to."""
    return df * (1 - 2 / (9 * df) + z * math.sqrt(2 / (9 * df))) ** 3


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"temperature": 0.6},
        {"temperature": 1.7},
        {"top_k": 7},
        {"top_p": 0.8},
        {"temperature": 1.3, "top_k": 20, "top_p": 0.9},
    ],
    ids=str,
)
def test_a_hundred_thousand_draws_follow_the_distribution(settings):
    keys = torch.tensor([stream_key(11, sample) for sample in range(NUM_DRAWS // 100)])
    numbers = uniforms(keys, torch.arange(100)).flatten()
    tokens, _ = draw_rows(LOGITS.expand(NUM_DRAWS, -1), numbers, sampling(**settings))
    counts = torch.bincount(tokens, minlength=len(LOGITS)).tolist()
    expected = [p * NUM_DRAWS for p in independent_distribution(LOGITS, **settings)]
    assert all(count == 0 for count, e in zip(counts, expected, strict=True) if e == 0.0)
    rare = [i for i, e in enumerate(expected) if 0 < e < 5]  # pooled, as the test requires
    pairs = [(counts[i], e) for i, e in enumerate(expected) if e >= 5]
    if rare:
        pairs.append((sum(counts[i] for i in rare), sum(expected[i] for i in rare)))
    statistic = sum((count - e) ** 2 / e for count, e in pairs)
    assert statistic < chi_square_quantile(len(pairs) - 1, 3.1)  # p = 0.001
    if not settings:  # the test can fail: a slightly different distribution is told apart
        other = [p * NUM_DRAWS for p in independent_distribution(LOGITS, temperature=1.03)]
        off = sum((counts[i] - e) ** 2 / e for i, e in enumerate(other) if e >= 5)
        assert off > chi_square_quantile(len(pairs) - 1, 3.1)


def test_logps_are_of_the_distribution_before_truncation():
    logits = torch.tensor([[math.log(6.0), math.log(3.0), 0.0]])
    for number, token, share in ((0.1, 0, 0.6), (0.7, 1, 0.3), (0.95, 2, 0.1)):
        tokens, logps = draw_rows(logits, torch.tensor([number]), sampling())
        assert tokens.tolist() == [token]
        assert logps.item() == pytest.approx(math.log(share), abs=1e-6)
    # top-k 1 leaves one token, whose log-probability stays that of all three
    tokens, logps = draw_rows(logits, torch.tensor([0.99]), sampling(top_k=1))
    assert (tokens.item(), logps.item()) == (0, pytest.approx(math.log(0.6), abs=1e-6))
    # at temperature 2 weights are square roots: sqrt(6) / (sqrt(6) + sqrt(3) + 1) = 0.4727
    _, logps = draw_rows(logits, torch.tensor([0.1]), sampling(temperature=2.0))
    assert math.exp(logps.item()) == pytest.approx(0.47273, abs=1e-4)
    # greedy: temperature 1
    tokens, logps = draw_rows(logits, torch.tensor([0.99]), sampling(temperature=0.0))
    assert (tokens.item(), logps.item()) == (0, pytest.approx(math.log(0.6), abs=1e-6))


def test_top_p_keeps_the_smallest_set_that_holds_it():
    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log()
    top = torch.tensor([1 - 2.0**-24])
    for top_p, last in ((0.4, 0), (0.51, 1), (0.79, 1), (0.81, 2), (0.96, 3)):
        assert draw_rows(logits, top, sampling(top_p=top_p))[0].item() == last


def test_equal_tokens_stay_together_under_top_k():
    logits = torch.tensor([[1.0, 2.0, 2.0, 0.0]])
    tokens = {draw_rows(logits, torch.tensor([u]), sampling(top_k=1))[0].item() for u in (0.2, 0.8)}
    assert tokens == {1, 2}


def test_rows_of_one_batch_may_sample_differently():
    logits = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).log().expand(4, -1)
    rows = (
        sampling(),
        sampling(temperature=0.0),
        sampling(top_k=2),
        sampling(top_p=0.6, temperature=1.0),
    )
    tokens, _ = draw_rows(logits, torch.full((4,), 0.97), *rows)
    assert tokens.tolist() == [3, 0, 1, 1]


def test_a_large_vocabulary_is_truncated_as_a_small_one():
    """Beyond the first thousand tokens the rest is looked at only where it matters."""
    logits = torch.zeros(2, 5000)
    logits[0, 4000] = 20.0  # one token holds everything
    flat, top = sampling(top_p=0.999), torch.full((2,), 1 - 2.0**-24)
    tokens, _ = draw_rows(logits, top, flat)
    assert tokens[0].item() == 4000
    assert tokens[1].item() == 4999  # all tie, so none may be dropped
    falling = torch.linspace(0, -3, 5000).unsqueeze(0)
    tokens, _ = draw_rows(falling, top[:1], sampling(top_p=0.9))
    shares = falling[0].double().softmax(0)
    expected = int((shares.cumsum(0) < 0.9).sum())
    assert abs(tokens.item() - expected) <= 1
    tokens, _ = draw_rows(falling, top[:1], sampling(top_k=2000))
    assert tokens.item() == 1999


def test_the_last_token_is_reachable_and_no_impossible_one_is():
    logits = torch.tensor([[float("-inf"), 0.0, float("-inf"), 0.0, float("-inf")]])
    for number, token in ((2.0**-25, 1), (0.49, 1), (0.51, 3), (1 - 2.0**-25, 3), (1.0, 3)):
        tokens, logps = draw_rows(logits, torch.tensor([number]), sampling())
        assert tokens.item() == token
        assert logps.item() == pytest.approx(math.log(0.5))


def test_uniforms_are_the_published_generators():
    """SplitMix64 from state 1234567 (its reference implementation's first outputs)."""
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    numbers = uniforms(torch.tensor([1234567]), torch.arange(3))[0].tolist()
    assert numbers == pytest.approx([z / 2**64 for z in published], abs=2.0**-24)


def test_uniforms_fill_the_unit_interval_and_streams_differ():
    keys = torch.tensor([stream_key(seed, sample) for seed in range(40) for sample in range(25)])
    numbers = uniforms(keys, torch.arange(100))
    assert numbers.min() > 0.0
    assert numbers.max() < 1.0
    counts = torch.histc(numbers, bins=50, min=0, max=1)
    statistic = ((counts - 2000) ** 2 / 2000).sum().item()
    assert statistic < chi_square_quantile(49, 3.1)
    # neighbours in each direction of the address are uncorrelated: |r| < 4 / sqrt(n)
    for a, b in ((numbers[:, 1:], numbers[:, :-1]), (numbers[1:], numbers[:-1])):
        r = torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1].item()
        assert abs(r) < 4 / math.sqrt(a.numel())
    assert len(set(keys.tolist())) == 1000
