"""`verigrad profile` on a scripted engine, and what a recipe makes of the file it wrote."""

import json
import re

import pytest

pytest.importorskip("torch")

from typer.testing import CliRunner

from verigrad.cli.main import app
from verigrad.core.config import bind
from verigrad.core.digests import digest_file
from verigrad.core.errors import ConfigError, DataError
from verigrad.core.recipe import Recipe
from verigrad.pipelines.curriculum import make_curriculum
from verigrad.pipelines.dry_run import dry_run
from verigrad.pipelines.guessing import GuessSettings
from verigrad.pipelines.prepare import Prepared, prepare
from verigrad.pipelines.profile import ProfileSettings, profile, write_profile
from verigrad.pipelines.train import train
from verigrad.records.metrics import read_metrics
from verigrad.records.run import RunFolder
from verigrad.rollouts.engines.scripted import ScriptedEngine

TINY = """
name = "tiny"
[model.build]
hidden_size = 16
num_layers = 1
num_heads = 2
num_kv_heads = 1
intermediate_size = 32
max_positions = 64
alphabet = "0123456789+=;\\\\boxed{}"
[[task]]
name = "sums"
source = { generator = "addition", digits = 1 }
verifier = { kind = "math", answer_in = "boxed" }
[rollouts]
num_rollouts = 2
max_output_tokens = 16
[training]
steps = 1
problems_per_step = 2
[evaluation]
problems = 4
"""
START = "\\boxed{"
GUESSING = GuessSettings(count=2, asking="", start=START)


def script(prompt: str, sample: int) -> str:
    """With reasoning: a + b is right in a of 8 samples. Without: only what has b = 7."""
    found = re.search(r"(\d)\+(\d)=", prompt)
    assert found is not None
    a, b = int(found[1]), int(found[2])
    if prompt.endswith(START):
        return f"{a + b if b == 7 and sample == 1 else 99}}}"
    return f"{START}{a + b if sample < a else 99}}}"


def bound(*overrides: str):
    return bind(Recipe, TINY, overrides=overrides)


def addends(problem) -> tuple[int, int]:
    a, b = re.findall(r"\d", problem.question)[:2]
    return int(a), int(b)


@pytest.fixture
def scripted(monkeypatch):
    monkeypatch.setattr(
        Prepared, "make_engine", lambda self: ScriptedEngine(script, self.policy.tokenizer)
    )


@pytest.fixture
def found(scripted):
    return profile(bound(), None, ProfileSettings(num_samples=8, pool=40, guessing=GUESSING))


def test_counts_and_reasons_are_the_scripts(found):
    assert len(found) == len({one.problem.id for one in found}) == 40
    for one in found:
        a, b = addends(one.problem)
        assert (one.num_samples, one.num_correct) == (8, min(a, 8))
        assert (one.num_guesses, one.num_guessed) == (2, int(b == 7))
        rate = "too_hard" if a == 0 else "too_easy" if a >= 8 else "kept"
        assert one.why == ("guessable" if b == 7 else rate)
    assert {one.why for one in found} == {"kept", "guessable", "too_hard", "too_easy"}


def test_a_recipe_trains_on_what_is_kept_and_begins_with_the_counts(found, tmp_path):
    path = tmp_path / "profile.jsonl"
    write_profile(path, found)
    made = make_curriculum(prepare(bound(f'curriculum={{pool=40, profile="{path}"}}')))
    assert made is not None
    assert [p.id for p in made.pools["sums"]] == [o.problem.id for o in found if o.is_kept]
    for name, (right, wrong, streak, retired_at) in made.to_json().items():
        row = next(one for one in found if one.problem.id == name)
        assert (right, wrong) == (row.num_correct, 8 - row.num_correct)
        assert (streak, retired_at) == (0, None)


def test_a_run_asks_only_what_is_kept_and_its_record_says_so(found, tmp_path, monkeypatch):
    monkeypatch.undo()  # training samples from the policy
    path = tmp_path / "profile.jsonl"
    write_profile(path, found)
    section = f'curriculum={{pool=40, profile="{path}", sampler="prioritised"}}'
    result = train(bound(section, "training.steps=3"), tmp_path / "run")
    run = RunFolder.open(result.path)
    kept = {one.problem.id for one in found if one.is_kept}
    asked = [record.judged.rollout.problem.id for record in run.rollouts()]
    assert len(asked) == 3 * 2 * 2
    assert set(asked) <= kept
    record = run.record()
    assert record is not None
    told = record.facts["curriculum"]
    assert told["pools"]["sums"]["problems"] == len(kept)
    assert told["profile"] == digest_file(path)[:16]
    lines = read_metrics(result.path)
    assert [line["curriculum/seen"] for line in lines] == [len(kept)] * 3
    # the policy is never right: every problem that is asked is thought harder than before
    means = [line["curriculum/pass_rate"] for line in lines]
    assert means == sorted(means, reverse=True)
    assert len(set(means)) == 3
    assert record.facts["prompts"]["sums"]["first_step_digest"] is None


def test_a_band_chooses_anew_and_what_is_guessable_stays_out(found, tmp_path):
    path = tmp_path / "profile.jsonl"
    write_profile(path, found)
    section = f'curriculum={{pool=40, profile="{path}", band=[0.5, 1.0]}}'
    made = make_curriculum(prepare(bound(section)))
    assert made is not None
    pairs = [addends(problem) for problem in made.pools["sums"]]
    assert pairs
    assert all(5 <= a <= 7 and b != 7 for a, b in pairs)


def test_what_does_not_serve_is_said_before_a_folder_is_made(tmp_path):
    out = tmp_path / "run"
    with pytest.raises(DataError, match="not a profile"):
        train(bound('curriculum={pool=8, profile="nowhere.jsonl"}'), out)
    with pytest.raises(ConfigError, match="without end"):
        train(bound('curriculum={sampler="frontier"}'), out)
    with pytest.raises(ConfigError, match="sums has 1 of 2"):
        dry_run(bound("curriculum={pool=1}"))
    assert not out.exists()


def test_a_small_alphabet_cannot_be_asked_in_words(scripted):
    settings = ProfileSettings(pool=2, guessing=GuessSettings(count=1))
    with pytest.raises(ConfigError, match="no tokens for what it is told"):
        profile(bound(), None, settings)


def test_the_verb_writes_file_and_page(scripted, tmp_path):
    recipe, out, page = (tmp_path / name for name in ("recipe.toml", "p.jsonl", "p.html"))
    recipe.write_text(TINY)
    asked = ["profile", str(recipe), "--k", "8", "--pool", "20", "--out", str(out)]
    result = CliRunner().invoke(app, [*asked, "--page", str(page), "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    rows = [json.loads(line) for line in out.read_text().splitlines()[1:]]
    assert told["problems"] == len(rows) == sum(told["histogram"]) == 20
    assert told["why"]["kept"] == sum(row["is_kept"] for row in rows)
    assert all(row["low"] <= row["num_correct"] / 8 <= row["high"] for row in rows)
    assert "<svg" in page.read_text()
    plain = CliRunner().invoke(app, asked)
    assert "20 problems; by share of right answers:" in plain.output
    wrong = CliRunner().invoke(app, [*asked, "--low", "0.9", "--high", "0.1"])
    assert wrong.exit_code != 0
