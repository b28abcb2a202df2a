"""A run judged again: equal by the same verifier; altered or mended, what changed and where."""

import json
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from test_train import TINY

from verigrad.cli.main import main
from verigrad.core.config import bind
from verigrad.core.recipe import Recipe
from verigrad.core.types import Reward
from verigrad.core.verdict import Reason, Status
from verigrad.pipelines.reverify import reverify
from verigrad.pipelines.train import train
from verigrad.records.rollouts import read_rollouts
from verigrad.records.run import RunFolder


def verigrad(*words):
    """The exit code of a command line."""
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in words])
    return stopped.value.code


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("reverify") / "run"
    return train(bind(Recipe, TINY), out).path


@pytest.fixture
def copy(finished, tmp_path):
    """The same run, to be altered."""
    import shutil

    return shutil.copytree(finished, tmp_path / "run")


def test_the_same_verifier_says_the_same(finished, capsys):
    found = reverify(finished)
    assert found.rollouts == 6 * 8 * 4
    assert found.same_verifier
    assert (found.changes, found.flips, found.first_wrong_step) == ([], [], None)
    assert verigrad("reverify", finished) == 0
    assert "every verdict is the same" in capsys.readouterr().out


def inverted(record):
    """The record as a verifier that says the contrary would have left it."""
    verdict = record.judged.verdict
    was_right = verdict.is_correct
    verdict = replace(
        verdict, score=1.0 - verdict.score, reason=Reason.WRONG if was_right else Reason.CORRECT
    )
    reward = Reward(float(not was_right), {"correct": float(not was_right)})
    judged = replace(record.judged, verdict=verdict, reward=reward)
    return replace(record, judged=judged, advantage=-record.advantage)


def mixed_group(path):
    """Step and records of the first group whose rewards differ."""
    for step, file in RunFolder.open(path).rollout_files():
        records = read_rollouts(file)
        for group in {record.group for record in records}:
            members = [record for record in records if record.group == group]
            if len({record.judged.reward.total for record in members}) > 1:
                return step, group, records
    raise AssertionError("the tiny run has no mixed group")


def test_a_fault_that_was_mended_is_found_with_its_flipped_advantages(copy, capsys):
    """One group was judged the wrong way round: GRPO's advantages are then the negated ones."""
    step, group, records = mixed_group(copy)
    altered = [inverted(r) if r.group == group else r for r in records]
    RunFolder.open(copy).write_rollouts(step, altered)
    found = reverify(copy)
    assert {(c.step, c.group) for c in found.changes} == {(step, group)}
    assert len(found.changes) == found.rewards_changed == len(found.flips) == 4
    assert found.first_wrong_step == step
    true = {r.judged.rollout.sample: r.advantage for r in records if r.group == group}
    for change in found.flips:
        assert change.advantage_after == pytest.approx(true[change.sample])
        assert change.advantage_before == pytest.approx(-true[change.sample])
    assert verigrad("reverify", copy, "--json") == 6
    assert json.loads(capsys.readouterr().out.splitlines()[0])["advantages_flipped"] == 4


def test_another_verifier_is_said_to_be_another(finished):
    found = reverify(finished, switches={"lowest_terms": True})
    assert not found.same_verifier
    none = reverify(finished, verifier="exact", switches={"answer_in": "tag"})
    right = sum(r.judged.verdict.is_correct for r in RunFolder.open(finished).rollouts())
    assert none.rewards_changed == right > 0
    assert all(change.reward_after == 0.0 for change in none.changes)


def test_verdicts_that_are_not_scored_have_no_reward(copy):
    step, group, records = mixed_group(copy)
    first = next(r for r in records if r.group == group)
    failed = replace(
        first.judged.verdict, status=Status.FAILED, reason=Reason.INFRASTRUCTURE, score=None
    )
    altered = [
        replace(r, judged=replace(r.judged, verdict=failed, reward=Reward(None)), advantage=None)
        if r is first
        else r
        for r in records
    ]
    RunFolder.open(copy).write_rollouts(step, altered)
    (change,) = reverify(copy).changes
    assert change.reward_before is None
    assert change.reward_after == first.judged.reward.total


def test_any_single_byte_changed_in_any_file_is_found_and_named(copy, capsys):
    assert verigrad("check", copy) == 0
    assert "every file is as the chain says" in capsys.readouterr().out
    files = [path for path in sorted(copy.rglob("*")) if path.is_file() and path.stat().st_size]
    assert len(files) > 15
    for path in files:
        content = path.read_bytes()
        place = (len(content) * 7) // 11
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert verigrad("check", copy) == 6
        assert path.relative_to(copy).as_posix() in capsys.readouterr().err
        path.write_bytes(content)
    assert verigrad("check", copy) == 0


def test_a_chain_written_anew_is_found_by_its_head(copy, capsys):
    assert verigrad("check", copy, "--json") == 0
    head = json.loads(capsys.readouterr().out)["head"]
    RunFolder.open(copy).note(copy / "recipe.toml", note="noted again")
    assert verigrad("check", copy, "--head", head) == 6
