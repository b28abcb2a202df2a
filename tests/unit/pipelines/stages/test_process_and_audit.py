"""An audit whose cards later stages accept, and a process reward model that search hopes by."""

import json
import shutil
import subprocess
import sys
import time

import pytest

torch = pytest.importorskip("torch")

from tiny_pipeline import TINY

from verigrad.core.config import bind
from verigrad.core.errors import HaltedError
from verigrad.core.recipe import Recipe
from verigrad.core.stages import PipelineRecipe
from verigrad.pipelines.prepare import prepare
from verigrad.pipelines.process_hope import ProcessHope
from verigrad.pipelines.stages.plan import plan, stage_key
from verigrad.pipelines.stages.process import _ends, labelled
from verigrad.pipelines.stages.running import run_pipeline
from verigrad.pipelines.think import find_hope
from verigrad.testtime.base import Limits, Session, solve_all
from verigrad.testtime.scoring import VerifierScorer
from verigrad.testtime.table import find_methods

# a verifier without a card that ships: bounds of its own
OWN = TINY.split("[[stage]]", maxsplit=1)[0].replace(
    'kind = "math", answer_in = "boxed"',
    'kind = "math", answer_in = "boxed", max_response_chars = 5000',
)
STAGES = """
[[stage]]
name = "attacked"
kind = "audit"
problems = 4
[[stage]]
name = "start"
kind = "sft"
steps = 60
problems_per_step = 16
learning_rate = 1e-2
warm_up_steps = 5
[[stage]]
name = "scorer"
kind = "process_reward_model"
from = ["start"]
problems = 8
num_samples = 2
completions = 3
separator = ";"
steps = 6
pairs_per_step = 4
learning_rate = 1e-3
"""


def bound(text=OWN + STAGES, **overrides):
    return bind(PipelineRecipe, text, overrides=[f"{k}={v}" for k, v in overrides.items()])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("VERIGRAD_CARDS", str(tmp_path_factory.mktemp("no_cards")))
    out = tmp_path_factory.mktemp("pipeline") / "run"
    yield run_pipeline(bound(), out)
    patch.undo()


def test_later_stages_accept_the_audits_cards(finished):
    assert finished.ran == ("attacked", "start", "scorer")
    assert finished.stages["attacked"]["output"]["figures"] == {"verifiers": 1.0, "objections": 0.0}
    decided = json.loads((finished.path / "start" / "audit" / "trust.json").read_text())
    assert decided["objections"] == []


def test_without_the_audit_nothing_starts(finished, tmp_path):
    text = OWN + STAGES.split("[[stage]]")[2].join(["[[stage]]", ""])
    with pytest.raises(HaltedError, match="never been audited"):
        run_pipeline(bound(text), tmp_path / "run")


def test_an_audit_that_finds_faults_halts(tmp_path):
    leaky = OWN.replace('answer_in = "boxed", max', 'answer_in = "anywhere", max')
    if leaky == OWN:
        pytest.fail("the recipe's verifier changed")
    text = leaky.replace('kind = "math"', 'kind = "exact"').replace("anywhere", "last_number")
    with pytest.raises(HaltedError) as caught:
        run_pipeline(bound(text + STAGES.split("[[stage]]")[1].join(["[[stage]]", ""])), tmp_path)
    assert caught.value.exit_code == 6
    (card,) = tmp_path.glob("attacked/cards/*/card.html")  # it stays, to be read
    assert str(card) in caught.value.where
    entry = json.loads((tmp_path / "pipeline.json").read_text())["stages"]["attacked"]
    assert entry["state"] == "begun"
    assert "objections to the verifiers" in entry["failure"]
    assert "failed: stopped by an error or a gate" in (tmp_path / "pipeline.html").read_text()


def test_run_again_nothing_runs_and_from_the_start_the_digests_are_the_same(finished, tmp_path):
    assert run_pipeline(bound(), finished.path).ran == ()
    other = run_pipeline(bound(), tmp_path / "other")
    digests = [{n: s["digest"] for n, s in one.stages.items()} for one in (finished, other)]
    assert digests[0] == digests[1]
    assert {one.state for one in plan(bound().recipe, finished.path).stages} == {"done"}


def digests(path):
    stages = json.loads((path / "pipeline.json").read_text())["stages"]
    return {name: stage.get("digest") for name, stage in stages.items()}


def test_killed_in_the_audit_and_in_the_scorer_it_ends_the_same(finished, tmp_path):
    recipe, out = tmp_path / "tiny.toml", tmp_path / "run"
    recipe.write_text(OWN + STAGES)
    command = [sys.executable, "-m", "verigrad", "run", str(recipe), "--out", str(out)]
    for name in ("attacked", "scorer"):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while name not in (digests(out) if (out / "pipeline.json").exists() else {}):
            assert process.poll() is None, f"ended before {name} began"
            time.sleep(0.01)
        process.kill()
        process.wait()
        assert digests(out)[name] is None
    subprocess.run(command, check=True, capture_output=True)
    assert digests(out) == digests(finished.path)


def test_a_changed_setting_runs_that_stage_and_those_after(finished, tmp_path):
    out = tmp_path / "copy"
    shutil.copytree(finished.path, out)
    assert run_pipeline(bound(**{"stage.2.completions": 2}), out).ran == ("scorer",)
    # an audit on other problems comes to the same figures: nobody after it has to learn again
    changed = {"stage.2.completions": 2, "stage.0.problems": 5}
    assert run_pipeline(bound(**changed), out).ran == ("attacked",)
    assert (out / "superseded" / "attacked-0" / "cards").is_dir()


def test_an_audit_whose_cards_are_gone_is_made_again(finished, tmp_path):
    out = tmp_path / "copy"
    shutil.copytree(finished.path, out)
    shutil.rmtree(out / "attacked" / "cards")
    assert run_pipeline(bound(), out).ran == ("attacked",)


def test_a_verifier_whose_code_changed_is_audited_again(finished, monkeypatch):
    stage = bound().recipe.stage[0]
    before = stage_key(bound().recipe, stage, {})
    assert before == finished.stages["attacked"]["key"]
    monkeypatch.setattr("verigrad.verifiers.base.digest_sources", lambda paths: f"{len(paths)}")
    assert stage_key(bound().recipe, stage, {}) != before


def test_the_scorer_is_what_search_hopes_by(finished):
    folder = finished.path / "scorer" / "process_reward_model"
    start = finished.path / finished.stages["start"]["output"]["model"]
    text = OWN.replace(OWN[OWN.index("[model.build]") : OWN.index("[[task]]")], "")
    prepared = prepare(bind(Recipe, text, overrides=[f'model.path="{start}"']))
    hope = find_hope(str(folder), prepared)
    assert isinstance(hope, ProcessHope)
    problem = prepared.held_out[0]
    value = hope(problem, "1+2=3;")
    assert 0.0 < value < 1.0
    # the same number by transformers' score of every token, at the last
    ids = [*prepared.renderer.prompt(problem.prompt), *prepared.renderer.encode("1+2=3;")]
    hidden = hope.model.model(input_ids=torch.tensor([ids])).last_hidden_state
    assert value == pytest.approx(float(hope.model.score(hidden)[0, -1, 0].sigmoid()), abs=1e-6)
    # and whole answers are reranked by it: what it is asked is in its memory
    known = len(hope._known)
    limits = Limits(budget=48, answer=24)
    (method,) = find_methods(["rerank"])
    scorer = VerifierScorer(prepared.tasks["sums"].verifier, hope)
    render = prepared.renderer
    session = Session(problem, scorer, limits, render.prompt, render.encode, method.name, 0, 96)
    (outcome,) = solve_all(method, [session], prepared.make_engine())
    assert outcome.response
    assert len(hope._known) > known


def test_steps_end_behind_separators():
    assert _ends("2+9=11;21", ";") == [7, 9]
    assert _ends("a;b;", ";") == [2, 4]
    assert _ends("", ";") == [0]


def test_labels_are_shares_of_what_goes_on_and_end_with_the_outcome(finished):
    from verigrad.pipelines.stages.measure import sampled

    start = finished.path / finished.stages["start"]["output"]["model"]
    text = OWN.replace(OWN[OWN.index("[model.build]") : OWN.index("[[task]]")], "")
    prepared = prepare(bind(Recipe, text, overrides=[f'model.path="{start}"']))
    stage = next(one for one in bound().recipe.stage if one.name == "scorer")
    groups = sampled(prepared, per_task=6, purpose="test")
    judged = [j for group in groups for j in group.judged]
    found = labelled(prepared, judged, stage)
    assert len(found) == len(judged)
    for one, answer in zip(judged, found, strict=True):
        assert answer.labels[-1] == (one.verdict.score or 0.0)
        assert all(label * 3 == pytest.approx(round(label * 3)) for label in answer.labels)
        text = prepared.renderer.decode(answer.sample.response_ids)
        for end in answer.ends[:-1]:
            assert prepared.renderer.decode(answer.sample.response_ids[: end + 1]).endswith(";")
        assert text.count(";") in (len(answer.ends) - 1, len(answer.ends))
