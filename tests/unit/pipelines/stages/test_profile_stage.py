"""A profile as a stage: the next one trains on what it keeps."""

import pytest

torch = pytest.importorskip("torch")

from tiny_pipeline import TINY

from verigrad.core.config import bind
from verigrad.core.errors import ConfigError
from verigrad.core.stages import PipelineRecipe
from verigrad.pipelines.curriculum import read_profile
from verigrad.pipelines.stages.plan import plan
from verigrad.pipelines.stages.running import run_pipeline
from verigrad.records.run import RunFolder

START = TINY[: TINY.index('[[stage]]\nname = "reinforce"')]
STAGES = """
[[stage]]
name = "curated"
kind = "profile"
from = ["start"]
num_samples = 4
guesses = 2
guess_asking = ""
guess_start = '\\boxed{'
guess_tokens = 4
curriculum = { pool = 24 }
[[stage]]
name = "reinforce"
kind = "rl"
from = ["start", "curated"]
profile = "curated"
training = { problems_per_step = 2 }
curriculum = { pool = 24, sampler = "easy_to_hard" }
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("pipeline") / "run"
    return run_pipeline(bind(PipelineRecipe, START + STAGES), out)


def test_training_asks_only_what_the_profile_keeps(finished):
    rows = list(read_profile(finished.path / "curated" / "profile.jsonl"))
    assert len(rows) == 24
    assert all(row["num_samples"] == 4 for row in rows)
    assert all(row["num_guesses"] == 2 for row in rows)
    kept = {row["id"] for row in rows if row["is_kept"]}
    asked = {
        record.judged.rollout.problem.id
        for record in RunFolder.open(finished.path / "reinforce").rollouts()
    }
    assert asked
    assert asked <= kept < {row["id"] for row in rows}


def test_its_figures_count_every_problem_once(finished):
    figures = finished.stages["curated"]["output"]["figures"]
    reasons = ("kept", "unjudged", "choice", "guessable", "too_hard", "too_easy")
    assert sum(figures[name] for name in reasons) == figures["problems"] == 24
    assert 0.0 <= figures["pass_rate"] <= 1.0
    assert (finished.path / "curated" / "profile.html").is_file()


def test_a_plan_counts_its_answers(tmp_path):
    stages = plan(bind(PipelineRecipe, START + STAGES).recipe, tmp_path).stages
    assert {one.name: one.samples for one in stages}["curated"] == 24 * (4 + 2)


def test_a_finished_profile_is_not_made_again(finished):
    again = run_pipeline(bind(PipelineRecipe, START + STAGES), finished.path)
    assert again.ran == ()


def test_only_a_profile_stage_is_a_profile():
    other = STAGES.replace('profile = "curated"', 'profile = "start"')
    with pytest.raises(ConfigError, match="start makes no profile"):
        bind(PipelineRecipe, START + other)
    stranger = STAGES.replace('from = ["start", "curated"]', 'from = ["start"]')
    with pytest.raises(ConfigError, match="must be one of `from`"):
        bind(PipelineRecipe, START + stranger)
    empty = STAGES.replace("num_samples = 4", "num_samples = 4\nband = [0.5, 0.5]")
    with pytest.raises(ConfigError, match="low < high"):
        bind(PipelineRecipe, START + empty)
