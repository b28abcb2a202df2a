"""`eval`, `compare` and `think` as typed, on a tiny run."""

import json

import pytest

torch = pytest.importorskip("torch")

from test_train import TINY

from verigrad.cli.main import main
from verigrad.core.config import bind
from verigrad.core.recipe import Recipe
from verigrad.evaluation.samples import read_samples
from verigrad.pipelines.train import train


def verigrad(*words):
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in words])
    return stopped.value.code


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("evaluated") / "run"
    return train(bind(Recipe, TINY, overrides=("training.steps=1",)), out).path


@pytest.fixture(scope="module")
def model(run):
    return run / "checkpoints" / "step_000001"


@pytest.fixture(scope="module")
def recipe(run):
    return run / "recipe.toml"


def test_samples_are_written_judged_and_compared(model, recipe, tmp_path, capsys):
    out = tmp_path / "samples.json"
    asked = ("--num-samples", 4, "--temperature", 1, "--limit", 5, "--max-output-tokens", 9)
    assert verigrad("eval", model, "--recipe", recipe, *asked, "--out", out) == 0
    text = capsys.readouterr().out
    assert "pass@1" in text
    assert "maj@4" in text
    samples = read_samples(out)
    assert [len(problem.samples) for problem in samples.problems] == [4] * 5
    assert max(s.num_tokens for p in samples.problems for s in p.samples) <= 9
    assert verigrad("compare", out, out) == 0
    assert "not distinguishable" in capsys.readouterr().out


def test_one_option_alone_is_not_dropped(model, recipe, tmp_path):
    """`--max-output-tokens` asks for samples, which are no Parquet."""
    out = tmp_path / "verdicts.parquet"
    asked = ("eval", model, "--recipe", recipe, "--out", out)
    assert verigrad(*asked, "--max-output-tokens", 9) == 2
    assert not out.exists()
    assert verigrad(*asked) == 0
    assert out.is_file()


def test_one_file_does_not_hold_two_models(model, recipe, tmp_path):
    out = tmp_path / "verdicts.parquet"
    assert verigrad("eval", model, model, "--recipe", recipe, "--out", out) == 2
    assert not out.exists()
    several = tmp_path / "samples.json"
    assert verigrad("eval", model, model, "--recipe", recipe, "--out", several) == 0
    assert sorted(p.name for p in tmp_path.glob("*.json")) == ["samples-0.json", "samples-1.json"]


def test_think_draws_every_method_in_a_colour_of_the_page(model, recipe, tmp_path, capsys):
    out = tmp_path / "think.html"
    asked = ("--budgets", "24,48", "--separator", ";", "--set", "evaluation.problems=4")
    assert verigrad("think", model, "--task", recipe, *asked, "--out", out, "--json") == 0
    points = json.loads(capsys.readouterr().out)["points"]
    assert len(points) == 11 * 2
    assert all(0 < point["tokens"] <= point["budget"] for point in points)
    page = out.read_text()
    for method in {point["method"] for point in points}:
        assert f"<span>{method}</span>" in page
    assert 'class="line c-blue"' in page
    assert 'class="line dashed c-blue"' in page or 'class="line c-blue dashed"' in page
