"""Shadow verification in whole runs: it changes nothing that is trained, and raises its alarm."""

import json

import pytest

torch = pytest.importorskip("torch")

from test_train import TINY

from verigrad.core.config import bind
from verigrad.core.errors import ConfigError, HaltedError
from verigrad.core.recipe import Recipe
from verigrad.pipelines.train import train
from verigrad.records.chain import verify_chain
from verigrad.records.rollouts import read_rollouts
from verigrad.records.run import RunFolder

STRICT = 'task.0.shadow={ kind = "math", answer_in = "tag" }'  # no answer stands there: all wrong
ANY = "trust.gap_limit=0.0"  # this model is seldom right: one paid for nothing is enough
AGREES = 'task.0.shadow={ kind = "math", answer_in = "boxed", percent = "number" }'


def run(out, *overrides, **how):
    return train(bind(Recipe, TINY, overrides=overrides), out, **how)


def metrics(out):
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


def without_shadow(lines):
    return [{k: v for k, v in line.items() if not k.startswith("shadow/")} for line in lines]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    out = tmp_path_factory.mktemp("shadow") / "plain"
    run(out)
    return out


def test_a_shadow_that_agrees_changes_nothing_and_raises_nothing(plain, tmp_path):
    out = tmp_path / "run"
    run(out, AGREES, "trust.shadow_share=1.0")
    seen = metrics(out)
    assert without_shadow(seen) == metrics(plain)
    assert all(line["shadow/judged"] == 32 for line in seen)
    assert all(line["shadow/gap"] == 0.0 for line in seen)
    assert [line["shadow/paid"] for line in seen] == [line["shadow/right"] for line in seen]
    assert RunFolder.open(out).alarms() == []


def test_a_gap_raises_an_alarm_that_is_noted_and_chained(plain, tmp_path):
    out = tmp_path / "run"
    run(out, STRICT, "trust.shadow_share=1.0", ANY)
    assert without_shadow(metrics(out)) == metrics(plain)  # never paid
    (alarm,) = RunFolder.open(out).alarms()
    assert alarm["name"] == "shadow_gap"
    assert alarm["step"] == alarm["since"] == 1
    assert verify_chain(out) == []
    file = out / "alarms" / "step_000001-shadow_gap.json"
    file.write_text(file.read_text().replace("may have found", "has not found"))
    assert [found.path for found in verify_chain(out)] == ["alarms/step_000001-shadow_gap.json"]


def test_a_recipe_may_ask_to_stop_there(tmp_path):
    out = tmp_path / "run"
    with pytest.raises(HaltedError, match="alarm in step 1") as caught:
        run(out, STRICT, 'trust.alarms.shadow_gap="stop"', "trust.shadow_share=1.0", ANY)
    assert caught.value.exit_code == 6
    folder = RunFolder.open(out)
    assert len(metrics(out)) == 1  # the step is recorded before the run ends
    record = json.loads((out / "record.json").read_text())
    assert record["ending"] == "halted"
    assert "alarm in step 1" in record["halted_because"]
    assert len(folder.alarms()) == 1


def test_a_resumed_run_raises_what_the_whole_one_raised(tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    share = "trust.shadow_share=0.5"
    run(whole, STRICT, share, ANY)
    run(cut, STRICT, share, ANY, "training.steps=4")
    train(bind(Recipe, TINY, overrides=(STRICT, share, ANY, "training.steps=6")), cut, resume=True)
    assert metrics(cut) == metrics(whole)
    assert RunFolder.open(cut).alarms() == RunFolder.open(whole).alarms()


def test_a_shadow_must_be_another(tmp_path):
    with pytest.raises(ConfigError, match="can never disagree"):
        run(tmp_path / "run", 'task.0.shadow={ kind = "math", answer_in = "boxed" }')


def test_a_held_out_verifier_watches_beside_the_shadow(tmp_path):
    out = tmp_path / "run"
    held_out = 'task.0.held_out={ kind = "math", answer_in = "tag" }'
    run(out, AGREES, held_out, "trust.shadow_share=1.0", ANY, "training.steps=2")
    line = metrics(out)[0]
    assert line["held_out/judged"] == line["shadow/judged"] == 32
    assert line["held_out/right"] == 0.0
    assert [alarm["name"] for alarm in RunFolder.open(out).alarms()] == ["held_out_gap"]


def test_canaries_are_asked_and_change_nothing_that_is_trained(plain, tmp_path):
    out = tmp_path / "run"
    run(out, "trust.canaries=3", "trust.canary_every=2")
    seen = metrics(out)
    assert [line.get("watch/canaries") for line in seen[:4]] == [None, 3.0, None, 3.0]
    assert all(line.get("watch/canary_passes", 0.0) == 0.0 for line in seen)
    canary = {"watch/canaries", "watch/canary_passes"}
    left = [{k: v for k, v in line.items() if k not in canary} for line in seen]
    assert left == metrics(plain)


def test_a_paused_run_goes_on_and_a_stopped_one_wants_a_reason(tmp_path):
    for policy in ("pause", "stop"):
        out = tmp_path / policy
        asked = (STRICT, f'trust.alarms.shadow_gap="{policy}"', "trust.shadow_share=1.0", ANY)
        with pytest.raises(HaltedError, match=f"the run is {policy}"):
            run(out, *asked, "training.steps=3")
        bound = bind(Recipe, TINY, overrides=(*asked, "training.steps=3"))
        if policy == "stop":
            with pytest.raises(HaltedError, match="an alarm stopped this run"):
                train(bound, out, resume=True)
            train(bound, out, resume=True, accept_risk="I read them")
            assert RunFolder.open(out).record().accepted_risk == "I read them"
        else:
            train(bound, out, resume=True)
        assert len(metrics(out)) == 3
        assert RunFolder.open(out).record().ending == "finished"


def test_an_alarm_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(ConfigError, match="no such alarm"):
        run(tmp_path / "run", 'trust.alarms.shadow_gop="stop"')


def test_a_canary_that_is_paid_is_an_alarm_with_its_rollouts(tmp_path):
    hole = tmp_path / "hole.py"
    hole.write_text("def check(response, answer, info):\n    return True\n")
    leaky = f'task.0.verifier={{ kind = "function", function = "{hole}:check", where = "worker" }}'
    out = tmp_path / "run"
    run(
        out, leaky, "trust.canaries=2", "trust.canary_every=1", "training.steps=1",
        "training.record_every=1", accept_risk="the hole is what is tested",
    )  # fmt: skip
    (alarm,) = [a for a in RunFolder.open(out).alarms() if a["name"] == "canaries"]
    cheats = read_rollouts(out / "alarms" / "step_000001-canaries.parquet")
    assert len(cheats) == len(alarm["rollouts"]) > 0
    assert all(len(record.judged.rollout.problem.answer) == 12 for record in cheats)
    assert "Alarms" in (out / "report.html").read_text()
    assert verify_chain(out) == []
