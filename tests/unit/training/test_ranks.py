"""Two processes with FSDP2 over gloo against one: the same weights, the same gradients."""

import pytest

torch = pytest.importorskip("torch")

from rank_worker import BUILD, everything, run_rank

from verigrad.algorithms import PRESETS
from verigrad.training.policy import build_policy
from verigrad.training.ranks import Ranks


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """What one rank finds and what two do."""
    folder = tmp_path_factory.mktemp("ranks")
    out = folder / "found.pt"
    torch.multiprocessing.spawn(run_rank, args=(folder / "store", out), nprocs=2)
    return everything(Ranks()), torch.load(out, weights_only=True)


def largest_change(one, two):
    return max((one[name] - two[name]).abs().max().item() for name in one)


@pytest.mark.slow
def test_two_ranks_reproduce_a_run_of_twenty_steps(both):
    one, two = (found["run"] for found in both)
    start = build_policy(BUILD, seed=0).model.state_dict()
    assert largest_change(one, start) > 1e-2
    assert largest_change(one, two) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PRESETS))
def test_two_ranks_have_the_gradient_of_one(both, name):
    one, two = (found[name] for found in both)
    start = {n: v.double() for n, v in build_policy(BUILD, seed=0).model.state_dict().items()}
    gradient = max((one[n] - start[n]).abs().max().item() for n in start)
    assert gradient > 1e-6
    assert largest_change(one, two) < 1e-6 * gradient


def test_one_rank_needs_no_process_group():
    alone = Ranks()
    assert alone.total(3) == alone.largest(3) == 3
    assert alone.merge({"a": 1.0}, {"b": 2.0}) == {"a": 1.0, "b": 2.0}
