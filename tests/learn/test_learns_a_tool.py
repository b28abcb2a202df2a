"""A model learns to leave products to a calculator; without it the same model cannot do them."""

import time
from pathlib import Path

import pytest

pytest.importorskip("torch")

from verigrad.core.config import bind
from verigrad.core.recipe import Recipe
from verigrad.core.types import StopReason
from verigrad.pipelines.progress import Silent
from verigrad.pipelines.train import train
from verigrad.records.run import RunFolder
from verigrad.rollouts.tools import TOOLS
from verigrad.rollouts.tools.calculator import Calculator

RECIPE = (Path(__file__).parents[2] / "recipes" / "calculator.toml").read_text()
WITHOUT = (
    'task.0.environment={kind="single_turn"}',
    "warm_up.steps=100",  # it would never reach the target of the probe
)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_tool_is_learned_from_verdicts_and_is_what_makes_the_difference(tmp_path):
    tool = train(bind(Recipe, RECIPE), tmp_path / "tool")
    bare = train(bind(Recipe, RECIPE, overrides=WITHOUT), tmp_path / "bare")
    assert tool.after.low > tool.before.high
    assert tool.after.accuracy > 0.6
    assert bare.after.high < 0.1
    last = list(RunFolder.open(tool.path).rollouts())[-256:]
    assert sum(r.judged.rollout.facts["tool_calls"] for r in last) > 0.9 * len(last)


class Moody(Calculator):
    """Once `is_moody`: hangs where the first number begins with 9, raises where it does with 8."""

    is_quick = False
    is_moody = False

    def call(self, arguments):
        first = arguments.expression[:1]
        if self.is_moody and first == "9":
            time.sleep(600)
        if self.is_moody and first == "8":
            raise RuntimeError("out of order")
        return super().call(arguments)


class Switch(Silent):
    def stage(self, name, total):
        Moody.is_moody = name == "rl"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_tools_that_break_leave_the_run_standing(tmp_path, monkeypatch):
    monkeypatch.setitem(TOOLS.table, "calculator", f"{__name__}:Moody")
    monkeypatch.setattr(Moody, "is_moody", False)
    environment = (
        'task.0.environment={kind="tools", tools=["calculator"], call_format="hermes", '
        'described_in="nowhere", results_as="tool", max_turns=3, step_limit_s=0.5}'
    )
    overrides = (environment, "training.steps=3", "training.max_unscored_share=0.5",
                 "evaluation.problems=32", "training.record_every=1")  # fmt: skip
    run = train(bind(Recipe, RECIPE, overrides=overrides), tmp_path / "run", listener=Switch())
    rollouts = [r.judged for r in RunFolder.open(run.path).rollouts()]
    assert len(rollouts) == 3 * 32 * 8
    hung = [j for j in rollouts if j.rollout.stop is StopReason.ERROR]
    assert hung
    for judged in hung:
        assert "no answer within 0.5 s" in judged.verdict.evidence["why"]
        assert judged.reward.total is None
    told = [m.content for j in rollouts for m in j.rollout.messages if m.role == "tool"]
    assert "error: RuntimeError: out of order" in told
    assert any(j.verdict.is_correct for j in rollouts)
