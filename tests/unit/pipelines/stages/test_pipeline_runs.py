"""Pipelines, tiny: nothing runs twice, a change runs what it touches, kill -9 changes nothing."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

torch = pytest.importorskip("torch")

from tiny_pipeline import TINY

from verigrad.core.config import bind
from verigrad.core.errors import ConfigError, HaltedError
from verigrad.core.stages import PipelineRecipe
from verigrad.pipelines.stages.plan import plan
from verigrad.pipelines.stages.running import run_pipeline

ALL = ("start", "reinforce", "traces", "final", "measured")


def bound(*overrides):
    return bind(PipelineRecipe, TINY, overrides=overrides)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("pipeline") / "run"
    return run_pipeline(bound(), out)


def digests(path):
    stages = json.loads((path / "pipeline.json").read_text())["stages"]
    return {name: stage.get("digest") for name, stage in stages.items()}


def test_every_stage_runs_once(finished):
    before = digests(finished.path)
    assert finished.ran == ALL
    again = run_pipeline(bound(), finished.path)
    assert again.ran == ()
    assert digests(finished.path) == before
    assert {one.state for one in plan(bound().recipe, finished.path).stages} == {"done"}


def test_the_record_names_the_parents_outputs(finished):
    record = json.loads((finished.path / "final" / "stage.json").read_text())
    known = digests(finished.path)
    assert record["parents"] == {"start": known["start"], "traces": known["traces"]}


def test_killed_at_three_stages_ends_the_same(finished, tmp_path):
    recipe, out = tmp_path / "tiny.toml", tmp_path / "run"
    recipe.write_text(TINY)
    command = [sys.executable, "-m", "verigrad", "run", str(recipe), "--out", str(out)]
    for name in ("start", "reinforce", "final"):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while name not in (digests(out) if (out / "pipeline.json").exists() else {}):
            assert process.poll() is None, f"ended before {name} began"
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert digests(out)[name] is None
    subprocess.run(command, check=True, capture_output=True)
    assert digests(out) == digests(finished.path)


def test_a_changed_stage_runs_with_those_after_it(finished):
    before = digests(finished.path)
    ran = run_pipeline(bound("stage.2.num_samples=5"), finished.path).ran
    after = digests(finished.path)
    assert ran[0] == "traces"
    assert not {"start", "reinforce"} & set(ran)
    assert before["reinforce"] == after["reinforce"]
    assert (finished.path / "superseded" / "traces-0").is_dir()


def test_a_gate_that_is_not_kept_halts(finished):
    gate = 'stage.4.entry=[{measure="accuracy", at_least=1.01}]'
    with pytest.raises(HaltedError, match="gates not kept"):
        run_pipeline(bound("stage.2.num_samples=5", gate), finished.path)


def test_a_parent_must_stand_before():
    with pytest.raises(ConfigError, match="no stage before it"):
        bound('stage.0.from=["final"]')
