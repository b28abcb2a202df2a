"""Levels, limits, jobs, presets and the choice of a level."""

import itertools

import pytest

from verigrad.core.errors import SetupError
from verigrad.sandbox import Job, Level, Limits, levels, presets, shared_sandbox, use_sandbox
from verigrad.sandbox.scripted import Scripted


def test_levels_are_ordered() -> None:
    ladder = [Level.NAMESPACES, Level.LANDLOCK, Level.SECCOMP, Level.PROCESS]
    for strong, weak in itertools.pairwise(ladder):
        assert strong.satisfies(weak)
        assert not weak.satisfies(strong)
    assert Level.CONTAINER.satisfies(Level.SECCOMP)
    assert not Level.CONTAINER.satisfies(Level.NAMESPACES)
    assert not Level.NAMESPACES.satisfies(Level.CONTAINER)
    assert [level.is_wall for level in ladder] == [True, True, True, False]


@pytest.mark.parametrize("path", ["/etc/passwd", "../up", "a/../../b", "", "a\0b"])
def test_files_stay_inside_the_job(path: str) -> None:
    with pytest.raises(ValueError, match="relative path"):
        Job(files={"main.py": b"", path: b""})


@pytest.mark.parametrize(
    "names",
    [("a" * 300,), ("é" * 150,), ("a", "a/b"), ("a//b",), ("./a",), ("/".join("ab" * 900),)],
)
def test_names_that_cannot_be_laid_out_are_refused_before_a_job_exists(
    names: tuple[str, ...],
) -> None:
    """Otherwise a policy that names its files could make the sandbox fail."""
    with pytest.raises(ValueError, match="a job's file"):
        Job(files={"main.py": b"", **dict.fromkeys(names, b"")})


def test_the_entry_must_exist_and_limits_be_positive() -> None:
    with pytest.raises(ValueError, match="not among"):
        Job(files={"other.py": b""})
    with pytest.raises(ValueError, match=r"Limits.memory_mb"):
        Limits(memory_mb=0)
    with pytest.raises(ValueError, match=r"Limits.wall_s"):
        Limits(wall_s=float("nan"))


def test_process_level_must_be_asked_for() -> None:
    for demand in (
        {"level": Level.PROCESS, "minimum": Level.SECCOMP},
        {"level": None, "minimum": Level.PROCESS},
    ):
        with pytest.raises(SetupError, match="holds nobody"):
            levels.choose(**demand, allow_unsafe=False)
    assert levels.choose(Level.PROCESS, minimum=Level.PROCESS, allow_unsafe=True) is Level.PROCESS


def test_choice_takes_the_strongest_that_works_and_names_all_reasons(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        levels, "try_level", lambda level: "" if level is Level.SECCOMP else "refused here"
    )
    assert levels.choose(None, minimum=Level.SECCOMP, allow_unsafe=False) is Level.SECCOMP
    with pytest.raises(SetupError, match="at least landlock") as caught:
        levels.choose(None, minimum=Level.LANDLOCK, allow_unsafe=False)
    assert caught.value.cause == "namespaces: refused here; landlock: refused here"
    with pytest.raises(SetupError, match="level namespaces does not work here"):
        levels.choose(Level.NAMESPACES, minimum=Level.SECCOMP, allow_unsafe=False)


def test_probe_tells_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        levels, "try_level", lambda level: "unshare: EPERM" if level is Level.NAMESPACES else ""
    )
    reports = {report.level: report for report in levels.probe()}
    assert list(reports) == list(Level)
    assert not reports[Level.NAMESPACES].available
    assert reports[Level.NAMESPACES].why_not == "unshare: EPERM"
    assert "user namespaces" in reports[Level.NAMESPACES].remedy
    assert reports[Level.LANDLOCK].available
    assert reports[Level.LANDLOCK].remedy == ""


def test_a_missing_runtime_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presets, "find_runtime", lambda name: None)
    assert (
        presets.missing("javascript")
        == "preset 'javascript' needs the program 'node', which is not on the PATH"
    )
    assert presets.missing("python") == ""


def test_shared_sandbox_is_what_was_put_there() -> None:
    fake = Scripted([])
    use_sandbox(fake)
    try:
        assert shared_sandbox() is fake
    finally:
        use_sandbox(None)
