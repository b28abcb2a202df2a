"""Control groups: used where they are ours, left alone where they are not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from verigrad.sandbox import cgroups


def test_nothing_is_done_where_nothing_can_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    places = [("memory", "memory.max", Path("/proc/no/such/place"))]
    monkeypatch.setattr(cgroups, "_places", lambda: places)
    assert cgroups.confine(1) is None


def test_a_tree_without_the_controller_is_left_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cgroups, "_places", lambda: [("memory", "memory.max", tmp_path)])
    assert cgroups.confine(1) is None
    assert list(tmp_path.iterdir()) == []


def test_kills_of_an_earlier_job_are_not_the_next_ones(tmp_path: Path) -> None:
    (tmp_path / "memory.events").write_text("low 0\noom 0\noom_kill 0\n")
    group = cgroups.Cgroup({}, counter=cgroups.open_counter(tmp_path))
    group.start_counting()
    assert not group.ran_out()
    (tmp_path / "memory.events").write_text("low 0\noom 1\noom_kill 1\n")
    assert group.ran_out()
    group.start_counting()
    assert not group.ran_out()
    (tmp_path / "memory.events").write_text("low 0\noom 2\noom_kill 2\n")
    assert group.ran_out()


def test_a_real_group_holds_memory_and_goes_away() -> None:
    sleeper = subprocess.Popen(["/bin/sleep", "30"])
    group = cgroups.confine(sleeper.pid)
    try:
        if group is None or "memory" not in group.limits:
            pytest.skip("no control group for memory is ours to make")
        group.allow(memory_bytes=64 << 20, processes=4)
        assert group.limits["memory"].read_text().strip() == str(128 << 20)  # 64 MB of slack
    finally:
        sleeper.kill()
        sleeper.wait()
    group.remove()
    assert [folder for folder in group.folders if folder.exists()] == []
