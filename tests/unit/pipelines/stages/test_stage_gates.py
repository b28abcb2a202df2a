"""Gates of cards and of regression, what a gate that halted leaves behind, and pairs of a file."""

import json
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")

from tiny_pipeline import TINY

from verigrad.core.config import bind
from verigrad.core.errors import ConfigError, DataError, HaltedError
from verigrad.core.stages import GateSection, PipelineRecipe
from verigrad.pipelines.progress import Silent
from verigrad.pipelines.stages import measure
from verigrad.pipelines.stages.output import Output, Work
from verigrad.pipelines.stages.pairs import read_pairs
from verigrad.pipelines.stages.running import run_pipeline

HEAD = TINY.split("[[stage]]", maxsplit=1)[0]
UNKNOWN = HEAD.replace(
    'answer_in = "boxed"', 'answer_in = "boxed", max_response_chars = 5001'
)  # no card ships for it
TWO = HEAD.replace(
    "[rollouts]",
    """[[task]]
name = "longer"
source = { generator = "addition", digits = 2 }
verifier = { kind = "math", answer_in = "boxed" }
[rollouts]""",
)
DPO = """
[[stage]]
name = "preferred"
kind = "dpo"
path = "PATH"
steps = 1
pairs_per_step = 2
"""


def bound(text):
    return bind(PipelineRecipe, text)


def work(text, tmp_path):
    recipe = bound(text).recipe
    return Work(
        pipeline=recipe, text=text, stage=recipe.stage[0], folder=tmp_path / "s", parents={},
        listener=Silent(),
    )  # fmt: skip


def gate(**values):
    return GateSection.model_validate(values)


def preferences(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


PAIR = {"prompt": "1+2=", "chosen": "\\boxed{3}", "rejected": "\\boxed{4}"}


def test_a_verifier_without_a_card_is_one_objection(tmp_path, monkeypatch):
    monkeypatch.setenv("VERIGRAD_CARDS", str(tmp_path / "none"))
    asked = [gate(measure="card_objections", at_most=0)]
    stage = '[[stage]]\nname = "s"\nkind = "rl"\n'
    (found,) = measure.check_gates(work(HEAD + stage, tmp_path), asked, place="entry")
    assert (found.value, found.is_kept, found.why) == (0.0, True, "")
    with pytest.raises(HaltedError) as caught:
        measure.check_gates(work(UNKNOWN + stage, tmp_path), asked, place="entry")
    assert caught.value.exit_code == 6
    assert "card_objections = 1.0000" in caught.value.cause
    assert "never been audited" in caught.value.cause


@pytest.mark.parametrize(
    ("tasks", "asked", "expected"),
    [
        # sums loses 0.05 and longer wins 0.10; the stage trains on ...
        ('tasks = ["sums"]', {}, (-0.1, "longer")),
        ('tasks = ["longer"]', {}, (0.05, "sums")),
        ("", {}, (0.05, "sums")),
        ("", {"task": "longer"}, (-0.1, "longer")),
    ],
)
def test_regression_is_the_greatest_loss_of_the_other_tasks(
    tasks, asked, expected, tmp_path, monkeypatch
):
    shares = {"in": {"sums": 0.8, "longer": 0.6}, "out": {"sums": 0.75, "longer": 0.7}}
    monkeypatch.setattr(measure, "prepare", lambda bound: bound.recipe)

    def evaluated(recipe, *, name):
        known = shares["in" if recipe.model.path is None else "out"]
        names = [task.name for task in recipe.task]
        assert recipe.evaluation.problems == 8 * len(names), name
        return SimpleNamespace(
            evaluation=SimpleNamespace(by_task={one: known[one] for one in names})
        )

    monkeypatch.setattr(measure, "evaluated", evaluated)
    rl = work(f'{TWO}[[stage]]\nname = "s"\nkind = "rl"\n{tasks}\n', tmp_path)
    (found,) = measure.check_gates(
        rl,
        [gate(measure="regression", at_most=0.06, **asked)],
        place="exit",
        output=Output(tmp_path),
    )
    value, task = expected
    assert found.value == pytest.approx(value)
    assert found.why.startswith(f"{task}: ")


def test_gates_ask_about_tasks_that_there_are_and_of_what_was_made():
    stage = '[[stage]]\nname = "s"\nkind = "rl"\n'
    unknown = 'exit = [{ measure = "gain", at_least = 0.0, task = "nobody" }]\n'
    with pytest.raises(ConfigError, match="nobody"):
        bound(HEAD + stage + unknown)
    early = 'entry = [{ measure = "regression", at_most = 0.0 }]\n'
    with pytest.raises(ConfigError, match="nothing was made yet"):
        bound(HEAD + stage + early)


def test_who_changes_a_gate_that_halted_goes_on_with_what_was_made(tmp_path):
    rows = preferences(tmp_path / "pairs.jsonl", [PAIR, {**PAIR, "prompt": "2+1="}])
    text = HEAD + DPO.replace("PATH", str(rows))
    halting = 'exit = [{ measure = "accuracy", at_least = 1.01 }]\n'
    out = tmp_path / "run"
    with pytest.raises(HaltedError, match="gates not kept"):
        run_pipeline(bound(text + halting), out)
    entry = json.loads((out / "pipeline.json").read_text())["stages"]["preferred"]
    assert "accuracy = 0.0" in entry["failure"]
    made = (out / "preferred" / "figures.json").stat().st_ino
    done = run_pipeline(bound(text), out).stages["preferred"]
    assert (done["state"], done["digest"]) == ("done", entry["digest"])
    assert "failure" not in done
    assert (out / "preferred" / "figures.json").stat().st_ino == made
    # other pairs: learned from anew
    preferences(rows, [PAIR])
    assert run_pipeline(bound(text), out).ran == ("preferred",)


@pytest.mark.parametrize("kind", ["reject", "process_reward_model"])
def test_a_task_with_an_environment_has_no_single_answers(kind, tmp_path):
    text = HEAD.replace(
        "[rollouts]", 'environment = { kind = "tools", tools = ["calculator"] }\n[rollouts]'
    )
    stage = f'[[stage]]\nname = "s"\nkind = "{kind}"\n'
    with pytest.raises(ConfigError, match="sums has an environment"):
        run_pipeline(bound(text + stage), tmp_path / "run")


def test_pairs_are_texts_or_messages(tmp_path):
    said = [{"role": "user", "content": "1+2="}]
    answers = {
        name: [*said, {"role": "assistant", "content": PAIR[name]}]
        for name in ("chosen", "rejected")
    }
    path = preferences(tmp_path / "pairs.jsonl", [PAIR, answers, {**PAIR, "prompt": said}])
    assert read_pairs(path) == [{**PAIR, "prompt": said}] * 3
    preferences(path, [PAIR, {"prompt": "1+2=", "better": "3", "worse": "4"}])
    with pytest.raises(DataError, match="row 2, with prompt, better, worse"):
        read_pairs(path)
