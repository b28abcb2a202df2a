"""The page of a pipeline: a tree, figures and charts from records made by hand, whole or unfinished."""

import json
from pathlib import Path

import pytest

from verigrad.reports.family_tree import family_tree
from verigrad.reports.pipeline_page import panels, write_pipeline_page
from verigrad.reports.stage_facts import read_stages


@pytest.fixture
def out(tmp_path: Path) -> Path:
    half = {"accuracy": 0.5, "low": 0.4, "high": 0.6}
    curve = {"accuracy_at_8": 0.2, "low_at_8": 0.1, "high_at_8": 0.3}
    curve |= {"accuracy_at_16": 0.7, "low_at_16": 0.6, "high_at_16": 0.8}
    stages = {
        "start": {"state": "done", "kind": "sft", "parents": {}, "output": {"figures": half}},
        "zweig": {
            "state": "done",
            "kind": "reject",
            "parents": {"start": "d"},
            "output": {"figures": {"kept": 1234.0}},
        },
        "after": {
            "state": "done",
            "kind": "evaluate",
            "parents": {"start": "d", "zweig": "e"},
            "output": {"figures": curve},
        },
        "<last>": {"state": "begun", "key": "k", "kind": "rl", "failure": "a gate\nspread = 0"},
    }
    order = ["start", "zweig", "after", "<last>", "never_begun"]
    state = {"schema": "verigrad.pipeline/1", "name": "p", "order": order, "stages": stages}
    (tmp_path / "pipeline.json").write_text(json.dumps(state, sort_keys=True))
    return tmp_path


def test_stages_come_in_the_recipes_order(out: Path) -> None:
    assert [stage.name for stage in read_stages(out)] == ["start", "zweig", "after", "<last>"]


def test_the_tree_has_a_box_for_each_and_a_line_for_each_parent(out: Path) -> None:
    tree = family_tree(read_stages(out))
    assert tree.count('<rect class="box') == 4
    assert tree.count('class="edge"') == tree.count('class="tip"') == 3
    assert "sft, 50.0%" in tree
    assert "reject, 1,234 kept" in tree
    assert "&lt;last&gt;" in tree


def test_colours_say_what_ran_what_was_taken_and_what_failed(out: Path) -> None:
    stages = read_stages(out, ran=["after", "<last>"])
    found = [stage.condition for stage in stages]
    assert found == ["as before", "as before", "done", "failed"]
    page = write_pipeline_page(out, name="p", ran=["after", "<last>"]).read_text()
    assert "<strong>&lt;last&gt;</strong>: a gate\nspread = 0" in page
    state = json.loads((out / "pipeline.json").read_text())
    del state["stages"]["<last>"]["failure"]
    (out / "pipeline.json").write_text(json.dumps(state))
    assert read_stages(out)[-1].condition == "unfinished"


def test_budgets_are_a_curve(out: Path) -> None:
    (panel,) = panels(read_stages(out))
    assert panel.title == "Thinking budgets: after"
    assert panel.chart.data["series"][0]["points"] == [[8, 0.2, 0.1, 0.3], [16, 0.7, 0.6, 0.8]]


def test_the_page_is_one_file_without_requests(out: Path) -> None:
    page = write_pipeline_page(out, name="p").read_text()
    assert "3 of 4 stages done" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page
