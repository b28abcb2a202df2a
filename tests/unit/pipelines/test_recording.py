"""record.json says who judged, on what, by which rules; the model card says what was not done."""

import json

import pytest

torch = pytest.importorskip("torch")

from test_train import TINY

from verigrad.core.config import bind
from verigrad.core.recipe import Recipe
from verigrad.pipelines.train import train
from verigrad.records.chain import verify_chain
from verigrad.records.record import RunRecord
from verigrad.records.run import RunFolder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("recording") / "run"
    bound = bind(Recipe, TINY, overrides=("training.steps=2", "rollouts.temperature=0.9"))
    train(bound, out)
    return RunFolder.open(out)


@pytest.fixture(scope="module")
def facts(run):
    return json.loads((run.path / "record.json").read_text())["facts"]


def test_prompts_and_splits(run, facts):
    (name, prompts), *_ = facts["prompts"].items()
    first = next(run.rollouts()).judged.rollout
    assert name == first.problem.task
    assert prompts["training_problems"] == "generated"
    lengths = prompts["prompt_tokens"]
    assert lengths["shortest"] <= len(first.prompt_ids) <= lengths["longest"]
    assert facts["splits"]["held_out_problems"] == run.evaluations()["after"].num_problems


def test_verifiers_with_their_switches_and_card(run, facts):
    (told,) = facts["verifiers"].values()
    assert (told["kind"], told["switches"]) == ("math", {"answer_in": "boxed"})
    (card,) = (run.path / "audit").glob("card-*.json")
    assert json.loads(card.read_text())["digest"] == run.record().verifiers[0].digest
    assert told["card"] is not None


def test_sampling_objective_and_rules(facts):
    assert facts["sampling"]["temperature"] == 0.9
    assert facts["objective"]["baseline"] == facts["rules"]["baseline"] == "group_mean"
    assert facts["rules"]["unscored_rollouts"].startswith("masked out")


def test_overrides_are_what_the_text_alone_does_not_say(facts):
    assert facts["overrides"] == {"training.steps": 2, "rollouts.temperature": 0.9}


def test_what_a_preset_switches_on_is_no_override(tmp_path):
    text = TINY.replace('preset = "grpo"', 'preset = "dapo"')
    train(bind(Recipe, text, overrides=("training.steps=1",)), tmp_path / "run")
    run = RunFolder.open(tmp_path / "run")
    assert run.resolved["training"]["resample_groups"] == 3  # by the preset
    assert run.record().facts["overrides"] == {"training.steps": 1}


def test_what_was_not_done_is_said(run, facts):
    assert facts["evaluations"] == {"capability": ["after", "before"], "safety": "not done"}
    assert facts["not_scored"] == {"counts": {}, "first": []}
    card = (run.path / "MODEL_CARD.md").read_text()
    assert "no safety evaluation" in card
    assert "no decontamination against benchmarks" in card
    assert f"digest `{run.record().verifiers[0].digest}`, card `" in card
    assert verify_chain(run.path) == []


def test_records_of_before_are_still_read(run):
    old = json.loads((run.path / "record.json").read_text())
    del old["facts"], old["accepted_risk"]
    assert RunRecord.from_json(old).facts == {}


def test_any_byte_of_any_file_that_is_altered_is_found(run, tmp_path):
    """Three places of every file: its first, its middle and its last byte; the chain's own too."""
    files = [path for path in sorted(run.path.rglob("*")) if path.is_file()]
    assert len(files) > 15
    for path in files:
        content = path.read_bytes()
        for place in {0, len(content) // 2, len(content) - 1} if content else ():
            changed = bytearray(content)
            changed[place] ^= 1
            path.write_bytes(bytes(changed))
            found = verify_chain(run.path)
            name = path.relative_to(run.path).as_posix()
            assert found, (name, place)
            assert path.name == "chain.jsonl" or any(one.path == name for one in found), found
        path.write_bytes(content)
    assert verify_chain(run.path) == []


def test_every_byte_of_a_small_file_counts(run):
    path = run.path / "record.json"
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        changed = bytearray(content)
        changed[place] ^= 0x20
        path.write_bytes(bytes(changed))
        assert [found.path for found in verify_chain(run.path)] == ["record.json"]
    path.write_bytes(content)


def test_files_added_removed_and_swapped_are_found(run):
    added = run.path / "rollouts" / "step_000099.parquet"
    added.write_bytes(b"x")
    assert verify_chain(run.path)
    added.unlink()
    one, two = (run.path / "rollouts" / f"step_{n:06d}.parquet" for n in (1, 2))
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    assert {found.path for found in verify_chain(run.path)} == {
        "rollouts/step_000001.parquet", "rollouts/step_000002.parquet",
    }  # fmt: skip
    one.write_bytes(first)
    two.unlink()
    assert [found.path for found in verify_chain(run.path)] == ["rollouts/step_000002.parquet"]
    two.write_bytes(second)
    assert verify_chain(run.path) == []
