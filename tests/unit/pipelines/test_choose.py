"""Which stages fit: every branch, and a recipe that `run --dry-run` accepts."""

import json

import pytest

from verigrad.cli.main import main
from verigrad.core.config import bind
from verigrad.core.stages import PipelineRecipe
from verigrad.pipelines.choose import CHECKERS, Supervision, choose, recipe_of
from verigrad.pipelines.stages.plan import plan


def kinds(**have) -> list[str]:
    return [one.kind or "note" for one in choose(Supervision(**have))]


@pytest.mark.parametrize(
    ("have", "expected"),
    [
        ({}, ["note"]),
        ({"demonstrations": 50}, ["sft", "evaluate"]),
        ({"checker": "exact", "pass_rate": 0.3}, ["audit", "rl", "evaluate"]),
        ({"checker": "tests"}, ["audit", "rl", "evaluate"]),
        ({"checker": "exact", "pass_rate": 0.99}, ["audit", "note", "evaluate"]),
        ({"checker": "proof", "pass_rate": 0.0}, ["audit", "rl", "evaluate"]),
        (
            {"checker": "exact", "pass_rate": 0.0, "demonstrations": 5000},
            ["audit", "sft", "rl", "evaluate"],
        ),
        (
            {"checker": "exact", "can_already": False, "demonstrations": 5000},
            ["audit", "sft", "rl", "evaluate"],
        ),
        (
            {"checker": "exact", "can_already": True, "demonstrations": 5000},
            ["audit", "rl", "evaluate"],
        ),
        ({"checker": "exact", "can_already": False}, ["audit", "rl", "evaluate"]),
        # what was measured counts more than what is thought
        (
            {"checker": "exact", "can_already": True, "pass_rate": 0.0, "demonstrations": 500},
            ["audit", "sft", "rl", "evaluate"],
        ),
        # a model that is right sometimes needs no imitation first
        (
            {"checker": "exact", "pass_rate": 0.3, "demonstrations": 5000},
            ["audit", "rl", "evaluate"],
        ),
        ({"checker": "judge"}, ["audit", "note", "evaluate"]),
        ({"checker": "judge", "preferences": 900}, ["audit", "note", "dpo", "evaluate"]),
        ({"preferences": 20}, ["note", "note"]),
        ({"preferences": 9000}, ["dpo", "reward_model", "evaluate"]),
        # Tulu 3's order
        (
            {"demonstrations": 9000, "preferences": 9000, "checker": "exact"},
            ["audit", "sft", "dpo", "rl", "evaluate"],
        ),
        ({"has_teacher": True}, ["distill", "evaluate"]),
        (
            {"has_teacher": True, "checker": "exact", "pass_rate": 0.1},
            ["audit", "reject", "sft", "distill", "rl", "evaluate"],
        ),
        ({"has_step_labels": True}, ["process_reward_model", "evaluate"]),
    ],
)
def test_every_branch(have, expected):
    assert kinds(**have) == expected


def test_reasons_say_what_was_given():
    (first, *_) = [one.why for one in choose(Supervision(demonstrations=5000)) if one.kind == "sft"]
    assert "5,000" in first
    few = [one.why for one in choose(Supervision(demonstrations=5)) if one.kind == "sft"]
    assert "cold start" in few[0]
    seldom = choose(Supervision(checker="exact", pass_rate=0.0))
    assert any("easier problems" in one.why for one in seldom)
    never = choose(Supervision(checker="exact", can_already=False))
    assert any("easier problems" in one.why for one in never)


@pytest.mark.parametrize("checker", [name for name in CHECKERS if name not in ("none", "judge")])
def test_the_recipe_passes_a_dry_run(checker, tmp_path):
    have = Supervision(checker=checker, demonstrations=200, preferences=600)
    recipe = bind(PipelineRecipe, recipe_of(have, choose(have))).recipe
    names = [stage.name for stage in plan(recipe, tmp_path).stages]
    assert names == ["audit", "sft", "dpo", "rl", "evaluate"]
    assert recipe.stage[2].parents == ("sft",)
    assert recipe.stage[2].path == "pairs.jsonl"  # those that there are, and no new ones
    assert recipe.stage[3].parents == ("dpo",)


def test_a_teachers_traces_are_learned_by_the_student(tmp_path):
    have = Supervision(checker="tests", demonstrations=300, has_teacher=True)
    recipe = bind(PipelineRecipe, recipe_of(have, choose(have))).recipe
    parents = {stage.name: stage.parents for stage in recipe.stage}
    assert parents["reject"] == ()
    assert recipe.stage[2].model.path == "TEACHER"
    assert parents["sft_of_traces"] == ("sft", "reject")
    assert parents["rl"] == ("sft_of_traces",)
    assert plan(recipe, tmp_path).stages


def test_the_command_answers_in_json(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["choose", "--checker", "exact", "--pass-rate", "0.4", "--json"])
    assert caught.value.code == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["kind"] for one in told["advice"]] == ["audit", "rl", "evaluate"]
    assert "[[stage]]" in told["recipe"]


def test_flags_alone_are_enough(capsys):
    words = ["choose", "--demonstrations", "300", "--process-labels", "--model-can-already", "no"]
    with pytest.raises(SystemExit) as caught:
        main([*words, "--recipe"])
    assert caught.value.code == 0
    told = capsys.readouterr().out
    assert "300 worked answers" in told
    assert 'kind = "process_reward_model"' in told


@pytest.mark.parametrize(
    ("rate", "expected"), [("0.4", "right 40%"), ("no", "too seldom"), ("?", "measure first")]
)
def test_without_flags_it_asks(capsys, monkeypatch, rate, expected):
    answers = iter(["exact", 0, 0, rate])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: next(answers))
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    with pytest.raises(SystemExit) as caught:
        main(["choose"])
    assert caught.value.code == 0
    assert expected in capsys.readouterr().out


def test_what_cannot_be_is_refused(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    wrong = ["choose", "--checker", "exact", "--model-can-already", "perhaps"]
    for words in (["choose"], wrong, ["choose", "--checker", "oracle"]):
        with pytest.raises(SystemExit) as caught:
            main(words)
        assert caught.value.code == 2
    assert "one of none, exact" in capsys.readouterr().err
