"""policy_loss by hand: clipping, aggregation, corrections, KL, entropy, statistics."""

import math

import pytest
import torch

from verigrad.algorithms import (
    BatchTotals,
    Objective,
    TokenBatch,
    merge_statistics,
    policy_loss,
    preset,
    token_gradients,
)

LN2 = math.log(2.0)


def batch(logp, **changes):
    """Row 0 has two tokens, row 1 one; both of group 0; advantages 1 and -1."""
    fields = {
        "logp_T": torch.tensor(logp, dtype=torch.float64),
        "mask_T": torch.tensor([True, True, True]),
        "row_T": torch.tensor([0, 0, 1]),
        "group_B": torch.tensor([0, 0]),
        "old_logp_T": torch.zeros(3, dtype=torch.float64),
        "advantage_B": torch.tensor([1.0, -1.0], dtype=torch.float64),
    }
    return TokenBatch(**(fields | changes))


def totals_of(given, max_tokens=8):
    return BatchTotals.of(given.mask_T, given.row_T, group_B=given.group_B, max_tokens=max_tokens)


def gradients(given, objective):
    return token_gradients(given, objective, totals=totals_of(given)).tolist()


CLIP = Objective(ratio="token", clipping="clip", aggregation="sequence_sum")


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [
        ("sequence_mean", [-0.25, -0.25, 0.5]),  # 1/2 rows, 1/2 tokens
        ("token_mean", [-1 / 3, -1 / 3, 1 / 3]),
        ("constant", [-1 / 16, -1 / 16, 1 / 16]),  # 2 rows of at most 8
        ("group_token", [-1 / 3, -1 / 3, 1 / 3]),  # one group of three tokens
        ("sequence_sum", [-0.5, -0.5, 0.5]),
    ],
)
def test_weight_of_a_token(aggregation, expected):
    objective = Objective(aggregation=aggregation)
    assert gradients(batch([0.0, 0.0, 0.0]), objective) == pytest.approx(expected)


def test_group_token_weighs_every_group_the_same():
    given = batch([0.0, 0.0, 0.0], group_B=torch.tensor([0, 1]))
    assert gradients(given, Objective(aggregation="group_token")) == [-0.25, -0.25, 0.5]


@pytest.mark.parametrize(
    ("clipping", "expected"),
    [
        # ratios 2, 1/2 (A = 1) and 2 (A = -1); gradient = -ratio * A / 2 where not clipped
        ("clip", [0.0, -0.25, 1.0]),
        ("none", [-1.0, -0.25, 1.0]),
        ("dual", [0.0, -0.25, 0.0]),  # ratio 2 is beyond the dual clip 1.5 of A < 0
        ("stop_gradient", [-0.6, -0.4, 0.6]),  # weights 1.2, 0.8, 1.2
    ],
)
def test_gradient_under_clipping(clipping, expected):
    objective = Objective(ratio="token", clipping=clipping, dual_clip=1.5)
    given = batch([LN2, -LN2, LN2])
    assert gradients(given, objective) == pytest.approx(expected)


def test_soft_clipping_by_hand():
    # r = 2, t = 1: slope 4 sigmoid(1) (1 - sigmoid(1)) = 0.7864, times r = 1.5729; row weight 1/2
    objective = Objective(ratio="token", clipping="soft")
    assert gradients(batch([LN2, 0.0, 0.0]), objective)[0] == pytest.approx(
        -0.5 * 1.57290, rel=1e-5
    )
    # at r = 1 the slope is that of the plain ratio
    assert gradients(batch([0.0, 0.0, 0.0]), objective) == pytest.approx([-0.5, -0.5, 0.5])


def test_tapered_fades_bad_rows_only():
    # sequence ratios: row 0 is 4 (kept at weight 1), row 1 is 1/2
    objective = preset("topr")
    assert gradients(batch([LN2, LN2, -LN2]), objective) == pytest.approx([-0.5, -0.5, 0.25])
    # a bad row that became likelier is weighed by at most 1
    assert gradients(batch([0.0, 0.0, LN2]), objective)[2] == pytest.approx(0.5)


def test_sequence_ratio_is_the_geometric_mean():
    # log-ratios ln 2 and 0: s = sqrt(2); gradient of each token is s/2 * 1/2 rows
    objective = Objective(ratio="sequence", aggregation="sequence_mean")
    got = gradients(batch([LN2, 0.0, 0.0]), objective)
    assert got == pytest.approx([-math.sqrt(2) / 4, -math.sqrt(2) / 4, 0.5])


def test_ratio_against_behaviour_and_reference():
    half = torch.full((3,), -LN2, dtype=torch.float64)
    for name in ("behaviour", "reference"):
        objective = Objective(ratio="token", ratio_against=name)
        given = batch([0.0, 0.0, 0.0], **{f"{name}_logp_T": half})
        assert gradients(given, objective) == pytest.approx([-1.0, -1.0, 1.0])
        with pytest.raises(ValueError, match=f"{name}_logp_T"):
            gradients(batch([0.0, 0.0, 0.0]), objective)


def test_without_old_logps_the_update_is_on_policy():
    given = batch([-3.0, -0.1, -2.0], old_logp_T=None)
    assert gradients(given, CLIP) == pytest.approx([-0.5, -0.5, 0.5])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        # old/behaviour = 4, 1/2 in row 0 and 1 in row 1, limits [0.6, 3]
        ("none", [1.0, 1.0, 1.0]),
        ("token_truncated", [3.0, 0.6, 1.0]),
        ("token_masked", [0.0, 0.0, 1.0]),
        ("sequence_truncated", [2.0, 2.0, 1.0]),
        ("sequence_masked", [4.0, 0.5, 1.0]),  # geometric mean sqrt(2) is inside
    ],
)
def test_corrections(kind, expected):
    objective = Objective(correction=kind, correction_low=0.6, correction_high=3.0)
    given = batch([0.0, 0.0, 0.0], behaviour_logp_T=torch.tensor([-2 * LN2, LN2, 0.0]).double())
    got = gradients(given, objective)
    assert got == pytest.approx([-0.5 * expected[0], -0.5 * expected[1], 0.5 * expected[2]])


def test_a_row_outside_the_sequence_limits_is_dropped():
    objective = Objective(correction="sequence_masked", correction_low=0.6, correction_high=1.4)
    given = batch([0.0, 0.0, 0.0], behaviour_logp_T=torch.tensor([-2 * LN2, LN2, 0.0]).double())
    assert gradients(given, objective) == pytest.approx([0.0, 0.0, 0.5])


def test_the_sequence_limits_are_of_the_geometric_mean():
    # both tokens of row 0 have ratio 2: the product 4 is beyond 3, the geometric mean 2 is not
    objective = Objective(correction="sequence_masked", correction_low=0.6, correction_high=3.0)
    given = batch([0.0, 0.0, 0.0], behaviour_logp_T=torch.tensor([-LN2, -LN2, 0.0]).double())
    assert gradients(given, objective) == pytest.approx([-1.0, -1.0, 0.5])


def test_stale_negative_rows_are_dropped():
    objective = Objective(stale_limit=0.5)
    # both rows moved by ln 2 = 0.69 > 0.5 away from old; only the negative one is dropped
    assert gradients(batch([-LN2, -LN2, -LN2]), objective) == [-0.5, -0.5, 0.0]


def test_kl_in_the_loss():
    reference = torch.zeros(3, dtype=torch.float64)
    objective = Objective(estimator="constant", kl_coefficient=0.3, kl_estimator="k2")
    given = batch([LN2, 0.0, 0.0], reference_logp_T=reference, advantage_B=torch.zeros(2).double())
    out = policy_loss(given, objective, totals=totals_of(given))
    assert out.loss.item() == pytest.approx(0.3 * 0.5 * LN2**2 / 2)
    assert out.statistics["kl_loss"].item() == out.loss.item()
    with pytest.raises(ValueError, match="reference_logp_T"):
        policy_loss(batch([0.0, 0.0, 0.0]), objective, totals=totals_of(given))


def test_kl_of_the_sequence():
    # Kimi: tau/2 (sum of log-ratios)^2, row 0: (2 ln 2)^2; a mean over two rows
    given = batch([LN2, LN2, 0.0], advantage_B=torch.zeros(2).double())
    loss = policy_loss(given, preset("kimi"), totals=totals_of(given)).loss
    assert loss.item() == pytest.approx(0.1 * (2 * LN2) ** 2 / 2 / 2)


def test_entropy_bonus():
    entropy = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    objective = Objective(entropy_coefficient=0.1, aggregation="token_mean")
    given = batch([0.0, 0.0, 0.0], entropy_T=entropy, advantage_B=torch.zeros(2).double())
    out = policy_loss(given, objective, totals=totals_of(given))
    assert out.loss.item() == pytest.approx(-0.2)
    assert out.statistics["entropy"].item() == pytest.approx(2.0)
    with pytest.raises(ValueError, match="entropy_T"):
        policy_loss(batch([0.0, 0.0, 0.0]), objective, totals=totals_of(given))


def test_statistics_by_hand():
    # ratios 2, 1/2 with A = 1: one clipped above; 2.5 with A = -1: not clipped; tail beyond 2: one
    given = batch([LN2, -LN2, math.log(2.5)])
    out = policy_loss(given, CLIP, totals=totals_of(given))
    numbers = merge_statistics([out])
    assert numbers["clip_share_high"] == pytest.approx(1 / 3)
    assert numbers["clip_share_low"] == 0.0
    assert numbers["ratio_mean"] == pytest.approx((2 + 0.5 + 2.5) / 3)
    assert numbers["ratio_max"] == pytest.approx(2.5)
    assert numbers["ratio_tail_share"] == pytest.approx(1 / 3)
    # KL(old || policy) by k3 of -log ratio: r - 1 - log r
    expected = (2 - 1 - LN2 + 0.5 - 1 + LN2 + 2.5 - 1 - math.log(2.5)) / 3
    assert numbers["kl_old"] == pytest.approx(expected)


def test_a_negative_push_is_clipped_below():
    given = batch([0.0, 0.0, -LN2])
    out = policy_loss(given, CLIP, totals=totals_of(given))
    assert out.statistics["clip_share_low"].item() == pytest.approx(1 / 3)


def test_masked_tokens_are_never_read():
    nan = float("nan")
    given = batch(
        [0.0, nan, 0.0],
        mask_T=torch.tensor([True, False, True]),
        old_logp_T=torch.tensor([0.0, nan, 0.0]).double(),
    )
    objective = preset("grpo", kl_coefficient=0.0)
    assert gradients(given, objective) == [-0.5, 0.0, 0.5]


def test_an_empty_micro_batch_adds_nothing():
    given = batch([0.0, 0.0, 0.0])
    totals = totals_of(given)
    for name in ("grpo", "gspo", "gpg", "kimi"):
        objective = preset(name, kl_against="old") if name == "grpo" else preset(name)
        out = policy_loss(given.select([]), objective, totals=totals)
        assert out.loss.item() == 0.0
        assert all(math.isfinite(v) for v in merge_statistics([out]).values())


def test_totals_count_trained_tokens_by_group():
    mask = torch.tensor([True, False, True, True, True])
    totals = BatchTotals.of(
        mask, torch.tensor([0, 0, 1, 2, 2]), group_B=torch.tensor([0, 2, 2]), max_tokens=4
    )
    assert totals == BatchTotals(3, 2, num_tokens=4, max_tokens=4, tokens_in_group=(1, 0, 3))
    assert totals.with_ranks([totals]) == BatchTotals(
        6, 4, num_tokens=8, max_tokens=4, tokens_in_group=(1, 0, 3)
    )


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="old_logp_T"):
        batch([0.0, 0.0, 0.0], old_logp_T=torch.zeros(2))
    with pytest.raises(ValueError, match="exactly one"):
        batch([0.0, 0.0, 0.0], advantage_T=torch.zeros(3))
    with pytest.raises(TypeError, match="bool"):
        batch([0.0, 0.0, 0.0], mask_T=torch.ones(3))
