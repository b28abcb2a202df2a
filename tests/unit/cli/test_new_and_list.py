"""`verify --list` names everything; what `new verifier` writes passes its own tests and lint."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from verigrad.cli.main import main
from verigrad.verifiers import TABLE

ROOT = Path(__file__).parents[3]


def call(capsys, *words):
    try:
        main(list(words))
        code = 0
    except SystemExit as ended:
        code = ended.code or 0
    return code, capsys.readouterr()


def test_the_list_names_every_verifier_and_what_it_cannot(capsys):
    code, said = call(capsys, "verify", "--list", "--json")
    rows = {row["name"]: row for row in json.loads(said.out)}
    assert code == 0
    assert set(rows) >= set(TABLE.table)
    assert all(
        row[part]
        for row in rows.values()
        for part in ("proves", "cannot", "assurance", "cost", "version")
    )
    assert [name for name, row in rows.items() if not row["verifiable"]] == ["appeal", "judge"]


def test_the_list_for_people_marks_opinions(capsys):
    _, said = call(capsys, "verify", "judge", "--list")
    assert "verifiable = false" in said.out
    _, said = call(capsys, "verify", "math", "--list")
    assert "verifiable = false" not in said.out
    assert "cannot" in said.out


def test_no_name_is_a_usage_error(capsys):
    code, said = call(capsys, "verify", "--answer", "1", "--response", "1")
    assert code == 2
    assert "--list" in said.err


def test_a_new_verifier_passes_its_own_tests_and_lint(capsys, tmp_path):
    code, _ = call(capsys, "new", "verifier", "number_lists", "--folder", str(tmp_path))
    assert code == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"number_lists.py", "number_lists_cases.jsonl", "test_number_lists.py"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    assert "10 passed" in done.stdout
    lint = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--config",
        str(ROOT / "pyproject.toml"),
        "--ignore",
        "ARG002",
    ]
    done = subprocess.run(
        [*lint, str(tmp_path / "number_lists.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["math", "Upper", "a-b", "1a", ""])
def test_a_name_that_cannot_be_taken(capsys, tmp_path, name):
    code, _ = call(capsys, "new", "verifier", name, "--folder", str(tmp_path))
    assert code == 2
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(capsys, tmp_path):
    (tmp_path / "mine.py").write_text("kept")
    code, _ = call(capsys, "new", "verifier", "mine", "--folder", str(tmp_path))
    assert code == 2
    assert (tmp_path / "mine.py").read_text() == "kept"
    assert call(capsys, "new", "engine", "x")[0] == 2
