from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from verigrad.core.errors import DataError, HaltedError, UsageError
from verigrad.core.verdict import Reason
from verigrad.records import chain
from verigrad.records.metric_table import SHIPPED, Metric, MetricTable, known_metrics
from verigrad.records.metrics import (
    MetricsWriter,
    read_events,
    read_metrics,
    rewind_metrics,
)


def test_a_line_a_step_with_measured_times_apart(tmp_path: Path) -> None:
    writer = MetricsWriter(tmp_path)
    writer.event("started", at="2026-11-20T10:00:00Z")
    writer.write(1, {"time/step_s": 0.5, "reward/mean": 0.25, "length/correct_mean": None})
    writer.write(2, {"reward/mean": 0.5, "verdict/wrong": 3})
    writer.event("finished", at="2026-11-20T10:01:00Z", total_s=60.0)
    assert (tmp_path / "metrics.jsonl").read_text() == (
        '{"step": 1, "reward/mean": 0.25}\n{"step": 2, "reward/mean": 0.5, "verdict/wrong": 3}\n'
    )
    assert read_metrics(tmp_path) == [
        {"step": 1, "reward/mean": 0.25, "time/step_s": 0.5},
        {"step": 2, "reward/mean": 0.5, "verdict/wrong": 3},
    ]
    assert [event["event"] for event in read_events(tmp_path)] == ["started", "finished"]
    assert chain.verify_chain(tmp_path) == []


def test_stages_have_their_own_files(tmp_path: Path) -> None:
    MetricsWriter(tmp_path, stage="warm_up").write(1, {"loss/supervised": 2.0, "time/step_s": 1})
    MetricsWriter(tmp_path).write(1, {"reward/mean": 0.0})
    assert read_metrics(tmp_path, stage="warm_up")[0]["loss/supervised"] == 2.0
    assert read_metrics(tmp_path) == [{"step": 1, "reward/mean": 0.0}]


def test_an_undeclared_name_is_an_error_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='did you mean "reward/mean"'):
        MetricsWriter(tmp_path).write(1, {"reward/std": 0.1, "reward/maen": 0.5})
    assert not (tmp_path / "metrics.jsonl").exists()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_not_a_number_halts_and_names_the_step(tmp_path: Path, value: float) -> None:
    with pytest.raises(HaltedError, match=r"gradient/norm is .* in step 7"):
        MetricsWriter(tmp_path).write(7, {"gradient/norm": value})
    assert not (tmp_path / "metrics.jsonl").exists()


def test_a_plug_in_declares_its_own_and_cannot_redefine_ours(tmp_path: Path) -> None:
    mine = [Metric("mine/depth", "how deep"), Metric("reward/mean", "something else")]
    table = known_metrics().with_(mine)
    MetricsWriter(tmp_path, table=table).write(1, {"mine/depth": 3})
    assert read_metrics(tmp_path) == [{"step": 1, "mine/depth": 3}]
    assert table.get("reward/mean").help.startswith("mean reward")
    with pytest.raises(UsageError, match="area/name"):
        MetricTable.of([Metric("depth", "no area")])


def test_every_verdict_reason_and_any_task_has_a_metric() -> None:
    for reason in Reason:
        assert known_metrics().get(f"verdict/{reason}").unit == "rollouts"
    assert known_metrics().get("score/gsm8k").unit == "share"
    for bad in ("verdict/", "verdict/a/b", "reward", "unknown/name"):
        with pytest.raises(UsageError):
            known_metrics().get(bad)


def test_the_table_is_fit_for_people() -> None:
    names = [metric.name for metric in SHIPPED]
    assert len(set(names)) == len(names)
    for metric in SHIPPED:
        assert len(metric.help) > 8
        assert metric.low < metric.high
        assert metric.repeats is not metric.name.startswith(("time/", "speed/", "memory/"))
    assert known_metrics().get("clip/share").is_healthy(0.1)
    assert not known_metrics().get("clip/share").is_healthy(0.5)


def test_rewinding_makes_the_file_what_it_was(tmp_path: Path) -> None:
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    for run in (straight, stopped):
        run.mkdir()
        writer = MetricsWriter(run)
        for step in range(1, 6):
            writer.write(step, {"reward/mean": step / 7, "time/step_s": 0.1 * step})
    wrong = MetricsWriter(stopped)
    for step in (6, 7):
        wrong.write(step, {"reward/mean": 99.0, "time/step_s": 1.0})
    with (stopped / "metrics.jsonl").open("a") as stream:
        stream.write('{"step": 8, "rew')
    chain.append(stopped, rewind_metrics(stopped, step=5))
    assert chain.verify_chain(stopped) == []
    for run in (straight, stopped):
        MetricsWriter(run).write(6, {"reward/mean": 1.0, "time/step_s": 1.0})
    assert (straight / "metrics.jsonl").read_bytes() == (stopped / "metrics.jsonl").read_bytes()
    assert chain.verify_chain(stopped) == []


def test_rewinding_keeps_events_and_refuses_an_edited_file(tmp_path: Path) -> None:
    writer = MetricsWriter(tmp_path)
    writer.event("started", at="2026-11-20T10:00:00Z")
    writer.write(1, {"reward/mean": 0.5, "time/step_s": 0.1})
    writer.event("resumed", at="2026-11-20T11:00:00Z")
    chain.append(tmp_path, rewind_metrics(tmp_path, step=0))
    assert read_metrics(tmp_path) == []
    assert [event["event"] for event in read_events(tmp_path)] == ["started", "resumed"]
    writer = MetricsWriter(tmp_path)
    writer.write(1, {"reward/mean": 0.5})
    line = json.loads((tmp_path / "metrics.jsonl").read_text())
    (tmp_path / "metrics.jsonl").write_text(json.dumps({**line, "reward/mean": 0.9}) + "\n")
    with pytest.raises(DataError, match="not what the run wrote"):
        rewind_metrics(tmp_path, step=1)


def test_a_broken_line_is_an_error_not_a_gap(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"step": 1}\n{"step": oops}\n')
    with pytest.raises(DataError, match="not JSON lines"):
        read_metrics(tmp_path)
