from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path
from typing import BinaryIO

import pytest
from judged_examples import step_records

from verigrad.core.errors import SetupError
from verigrad.records import atomic
from verigrad.records.rollouts import write_rollouts


def write_and_fail(stream: BinaryIO, content: bytes) -> None:
    stream.write(content)
    raise KeyError


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a" / "file.txt"
    with pytest.raises(KeyError), atomic.new_file(path) as stream:
        write_and_fail(stream, b"half")
    assert names(tmp_path) == ["a"]
    atomic.write_text(path, "first")
    with pytest.raises(KeyError), atomic.new_file(path) as stream:
        write_and_fail(stream, b"sec")
    assert path.read_text() == "first"


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    with pytest.raises(KeyError), atomic.new_folder(path) as folder:
        write_and_fail((folder / "x").open("wb"), b"half")
    assert names(tmp_path) == []
    with atomic.new_folder(path) as folder:
        (folder / "inner").mkdir()
        (folder / "inner" / "x").write_text("x")
        assert not path.exists()
    assert names(tmp_path) == ["folder", "folder/inner", "folder/inner/x"]


def test_a_folder_that_holds_something_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "old").write_text("old")
    with pytest.raises(FileExistsError), atomic.new_folder(tmp_path / "full") as folder:
        (folder / "new").write_text("new")
    assert names(tmp_path) == ["full", "full/old"]


def test_json_refuses_not_a_number(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        atomic.write_json(tmp_path / "a.json", {"x": float("nan")})
    assert names(tmp_path) == []


@pytest.fixture
def tiny_disk(tmp_path: Path):
    """A real file system of 64 KiB; tests that need one are skipped where none may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"no mount command: {error}")
    if done.returncode:
        pytest.skip(f"may not mount a small disk: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def check_full(error: SetupError, folder: Path) -> None:
    assert error.exit_code == 5
    assert "the disk is full" in error.what
    assert str(folder) in error.where
    assert "MiB free" in error.where
    assert "--resume" in error.remedy
    assert list(folder.rglob("*" + atomic.PARTIAL)) == []


def test_a_full_disk_leaves_nothing_half_written(tiny_disk: Path) -> None:
    with pytest.raises(SetupError) as caught:
        atomic.write_text(tiny_disk / "big.txt", "x" * 200_000)
    check_full(caught.value, tiny_disk)
    assert names(tiny_disk) == []


def test_a_full_disk_while_pyarrow_writes(tiny_disk: Path) -> None:
    (tiny_disk / "filler").write_bytes(os.urandom(44_000))
    with pytest.raises(SetupError) as caught:
        write_rollouts(tiny_disk / "a.parquet", step_records(1, num_groups=60, num_rollouts=8))
    check_full(caught.value, tiny_disk)
    assert names(tiny_disk) == ["filler"]


def test_a_full_disk_while_a_folder_is_filled(tiny_disk: Path) -> None:
    with pytest.raises(SetupError) as caught, atomic.new_folder(tiny_disk / "c") as folder:
        (folder / "weights").write_bytes(b"x" * 200_000)
    check_full(caught.value, tiny_disk)
    assert names(tiny_disk) == []


def test_a_full_disk_while_appending_cuts_the_line_off_again(tiny_disk: Path) -> None:
    log = tiny_disk / "log"
    atomic.append_bytes(log, b"one\n")
    with pytest.raises(SetupError):
        atomic.append_bytes(log, b"y" * 200_000)
    assert log.read_bytes() == b"one\n"


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        RuntimeError("PytorchStreamWriter failed: No space left on device"),
    ],
)
def test_libraries_report_a_full_disk_in_their_own_ways(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(SetupError), atomic.disk_errors(tmp_path / "x"):
        raise error


def test_other_errors_pass_through(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), atomic.disk_errors(tmp_path / "x"):
        raise PermissionError(errno.EACCES, "no")


def test_leftovers_are_removed_and_named(tmp_path: Path) -> None:
    (tmp_path / "a.partial").mkdir()
    (tmp_path / "a.partial" / "b.partial").write_text("x")
    (tmp_path / "whole").write_text("x")
    assert [path.name for path in atomic.remove_partials(tmp_path)][:1] == ["a.partial"]
    assert names(tmp_path) == ["whole"]
