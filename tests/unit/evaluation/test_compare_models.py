"""Paired tests keep their level; crossings are found; gates say what they find."""

import random

import pytest
from scipy.stats import binomtest

from verigrad.cli.main import main
from verigrad.evaluation.compare import _crosses, compare, crossing, in_words, mcnemar, sign_flip
from verigrad.evaluation.samples import Sample, Sampled, SampleSet, read_samples, write_samples


def make_set(rates, samples, *, seed, name="m", response="fine", tokens=10):
    source = random.Random(seed)
    problems = tuple(
        Sampled(
            str(i),
            "t",
            tuple(Sample(source.random() < rate, None, tokens, response) for _ in range(samples)),
        )
        for i, rate in enumerate(rates)
    )
    return SampleSet(name, "v", problems)


@pytest.mark.parametrize(("first", "second"), [(1, 7), (0, 5), (4, 4), (10, 3)])
def test_mcnemar_is_the_binomial_test(first, second):
    expected = binomtest(first, first + second, 0.5).pvalue
    assert mcnemar(first, second) == pytest.approx(expected)


@pytest.mark.parametrize("samples", [1, 4])
def test_equal_models_are_rarely_told_apart(samples):
    source = random.Random(1)
    rejected = 0
    for repeat in range(2000):
        rates = [source.random() for _ in range(40)]
        a = make_set(rates, samples, seed=2 * repeat)
        b = make_set(rates, samples, seed=2 * repeat + 1)
        gaps = [y.passes(1) - x.passes(1) for x, y in zip(a.problems, b.problems, strict=True)]
        p = (
            mcnemar(gaps.count(-1.0), gaps.count(1.0))
            if samples == 1
            else sign_flip(gaps, seed=repeat, num_draws=199)
        )
        rejected += p <= 0.05
    # 5 % of 2,000 is 100, with a standard deviation of 9.7: two of them more
    assert rejected <= 119


def test_difference_is_found_and_said():
    a, b = make_set([0.2] * 60, 8, seed=0, name="base"), make_set([0.6] * 60, 8, seed=1, name="rl")
    found = compare(a, b)
    assert found.is_distinguishable()
    assert in_words(found, first="base", second="rl").endswith("rl is better")
    same = compare(a, a)
    assert same.p_value == 1.0
    assert in_words(same, first="x", second="y").endswith("not distinguishable")


def test_crossing_of_faster_not_smarter():
    """RL: half the problems always right, half never. Base: all right one time in four."""
    base = make_set([0.25] * 80, 16, seed=0)
    rl = make_set([1.0] * 40 + [0.0] * 40, 16, seed=1)
    found = crossing(base, rl)
    # 1 - 0.75^k = 0.5 at k = 2.4
    assert found.k == pytest.approx(2.4, abs=0.4)
    assert found.low <= found.k <= found.high
    assert found.share > 0.9


def test_files_round_and_gate_exits_with_six(tmp_path, capsys):
    a, b = make_set([0.2] * 40, 4, seed=0, name="a"), make_set([0.9] * 40, 4, seed=1, name="b")
    for name, value in (("a", a), ("b", b)):
        write_samples(tmp_path / f"{name}.json", value)
    assert read_samples(tmp_path / "a.json") == a
    gate = tmp_path / "gate.toml"
    gate.write_text(
        '[[threshold]]\nmeasure = "gain"\ntask = "t"\nlimit = 0.3\nis_certain = true\n'
        '[[threshold]]\nmeasure = "refusals"\ntask = "t"\nlimit = 0.0\n'
        '[[threshold]]\nmeasure = "length"\ntask = "t"\nlimit = 1.0\n'
    )
    files = [str(tmp_path / "a.json"), str(tmp_path / "b.json")]
    with pytest.raises(SystemExit) as kept:
        main(["gate", str(gate), *files])
    assert kept.value.code in (0, None)
    with pytest.raises(SystemExit) as broken:
        main(["gate", str(gate), *files[::-1]])
    assert broken.value.code == 6
    assert "BROKEN gains -0." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("gaps", "k"),
    [
        ([0.25, 0.0, -0.5], 2.0),  # exactly equal on the way down
        ([0.25, 0.0, 0.0], None),  # caught up, never overtaken
        ([0.25, 0.0, 0.5], None),
        ([-0.1, -0.2, -0.3], None),
        ([0.1, -0.1, 0.2], 2**0.5),
    ],
)
def test_where_a_lead_is_lost(gaps, k):
    assert _crosses([1, 2, 4], gaps) == (None if k is None else pytest.approx(k))
