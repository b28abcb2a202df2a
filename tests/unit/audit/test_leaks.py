"""Planted leaks, each found by the search meant for it; and nothing found where none is."""

import json
import os
import py_compile
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest

from verigrad.audit.card import Card
from verigrad.audit.cases import Fault
from verigrad.audit.gate import CardStore, objections
from verigrad.audit.leaks import find_leaks
from verigrad.audit.leaks.files import search_files, search_folder
from verigrad.audit.leaks.history import search_history
from verigrad.audit.leaks.reach import search_reach
from verigrad.audit.leaks.secret import secrets_of
from verigrad.audit.probes import probes
from verigrad.audit.running import run_probes
from verigrad.audit.subject import of_problems
from verigrad.core.types import Message, Problem
from verigrad.core.verdict import Reason
from verigrad.pipelines.audit import audit
from verigrad.pipelines.audit_targets import AuditSettings
from verigrad.sandbox import Level, use_sandbox
from verigrad.sandbox.local import LocalSandbox
from verigrad.verifiers.base import correct, rejected
from verigrad.verifiers.repository import Repository
from verigrad.verifiers.repository.patches import BadPatch, apply_patch, read_patch, write_patch
from verigrad.verifiers.repository.snapshot import snapshot_of

WRONG = "def total(prices):\n    return prices[0]\n"
RIGHT = "def total(prices):\n    return sum(prices, start=0)\n"
TESTS = "assert total([4, 5, 6]) == 15\nassert total([]) == 0"
FILES = {"shop.py": WRONG, "README.md": "A shop.\n"}


def problem(repository):
    return Problem(
        prompt=(Message("user", "total([4, 5]) is 4."),),
        answer={"tests": [{"module": "shop", "entry_point": "total", "assertions": TESTS, "hidden": True}]},
        info={"repository": repository},
        solution=write_patch(FILES, {**FILES, "shop.py": RIGHT}),
    )  # fmt: skip


GIVEN = problem({"files": FILES})
SECRETS = secrets_of(GIVEN, snapshot_of(GIVEN))


def test_the_secrets_are_what_the_solution_adds_and_the_hidden_tests():
    tests, solution = SECRETS
    assert solution.lines == ("return sum(prices, start=0)",)
    assert solution.names == ("shop.py",)
    assert tests.lines == ("assert total([4, 5, 6]) == 15", "assert total([]) == 0")
    assert tests.is_in("x\n  assert total([]) == 0  # half is enough")
    assert not solution.is_in(WRONG)


# files --------------------------------------------------------------------------------------------


def test_files_that_are_given():
    assert search_files(FILES, SECRETS) == (2, [])
    _, found = search_files({**FILES, "old/fix.patch": GIVEN.solution}, SECRETS)
    assert found == [f"{SECRETS[1].what} in old/fix.patch"]


def _compiled(folder, text):
    (folder / "shop.py").write_text(text)
    py_compile.compile(str(folder / "shop.py"))
    (folder / "shop.py").write_text(WRONG)


def _compiled_tests(folder):
    (folder / "test_shop.py").write_text(TESTS)
    py_compile.compile(str(folder / "test_shop.py"))
    (folder / "test_shop.py").unlink()


def _wheel(folder):
    with zipfile.ZipFile(folder / "shop-2.0-py3-none-any.whl", "w") as archive:
        archive.writestr("shop.py", RIGHT)


def _sdist(folder):
    (folder / "solved.py").write_text(RIGHT)
    with tarfile.open(folder / "shop-2.0.tar.gz", "w:gz") as archive:
        archive.add(folder / "solved.py", "shop/shop.py")
    (folder / "solved.py").unlink()


def _pytest_cache(folder):
    cache = folder / ".pytest_cache/v/cache"
    cache.mkdir(parents=True)
    (cache / "lastfailed").write_text(f'{{"{TESTS.splitlines()[0]}": true}}')


PLANTED_FILES = {
    "a backup": (lambda f: (f / "shop.py.orig").write_text(RIGHT), "left over", "shop.py.orig"),
    "a module compiled from the solution": (lambda f: _compiled(f, RIGHT), "left over", "another shop.py"),
    "compiled hidden tests": (_compiled_tests, "left over", "not there"),
    "a wheel": (_wheel, "left over", "in it shop.py"),
    "a source archive": (_sdist, "left over", "in it shop/shop.py"),
    "what pytest remembers": (_pytest_cache, "left over", "lastfailed"),
    "a link that leads out": (lambda f: (f / "data").symlink_to(f.parent / "answers"), "links", "answers"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED_FILES)
def test_what_lies_in_a_working_copy(tmp_path, name):
    plant, check, says = PLANTED_FILES[name]
    (tmp_path / "answers").write_text(RIGHT)
    folder = tmp_path / "copy"
    folder.mkdir()
    _compiled(folder, WRONG)
    assert {n: hits for n, _, hits in search_folder(folder, SECRETS)} == {
        "left over": [],
        "links": [],
    }
    plant(folder)
    hits = {n: hits for n, _, hits in search_folder(folder, SECRETS)}[check]
    assert len(hits) == 1
    assert says in hits[0]


def test_an_archive_that_is_none_and_a_broken_link_are_no_leak(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 not really")
    (tmp_path / "b.tar.gz").write_bytes(b"\x1f\x8b nor this")
    (tmp_path / "gone").symlink_to("/nowhere/at/all")
    assert all(not hits for _, _, hits in search_folder(tmp_path, SECRETS))


# history ------------------------------------------------------------------------------------------


def git(folder, *arguments):
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main", *arguments],
        cwd=folder, check=True, capture_output=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"},
    )  # fmt: skip


@pytest.fixture
def copy(tmp_path):
    folder = tmp_path / "copy"
    folder.mkdir()
    for path, text in FILES.items():
        (folder / path).write_text(text)
    git(folder, "init", "-q")
    commit(folder, "first")
    return folder


def commit(folder, message, **how):
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", message)


def solve(folder, text=RIGHT):
    (folder / "shop.py").write_text(text)
    commit(folder, "second")


def _later_branch(folder):
    git(folder, "checkout", "-qb", "next")
    solve(folder)
    git(folder, "checkout", "-q", "main")


def _packed(folder):
    _later_branch(folder)
    git(folder, "gc", "-q", "--aggressive")


def _reflog(folder):
    solve(folder)
    git(folder, "reset", "-q", "--hard", "HEAD~1")


def _dangling(folder):
    _reflog(folder)
    git(folder, "reflog", "expire", "--expire=now", "--all")


def _stash(folder):
    (folder / "shop.py").write_text(RIGHT)
    git(folder, "stash", "-q")


def _tag(folder):
    _later_branch(folder)
    git(folder, "tag", "v2", "next")
    git(folder, "branch", "-qD", "next")


def _past(folder):
    solve(folder)
    solve(folder, WRONG)


def _staged(folder):
    (folder / "shop.py").write_text(RIGHT)
    git(folder, "add", "-A")
    (folder / "shop.py").write_text(WRONG)
    git(folder, "reset", "-q")


def _in_a_message(folder):
    (folder / "README.md").write_text("The shop.\n")
    commit(folder, "next: return sum(prices, start=0)")


def _tests_in_head(folder):
    (folder / "test_shop.py").write_text(TESTS)
    commit(folder, "tests")
    (folder / "test_shop.py").unlink()


def _borrowed(folder):
    other = folder.parent / "other"
    subprocess.run(["cp", "-r", str(folder), str(other)], check=True)
    solve(other)
    (folder / ".git/objects/info/alternates").write_text(f"{other}/.git/objects\n")


def _nested(folder):
    inner = folder / "vendor/shop"
    inner.mkdir(parents=True)
    git(inner, "init", "-q")
    solve(inner)
    (inner / "shop.py").unlink()


PLANTED_HISTORY = {
    "a later commit on a branch": (_later_branch, "another branch"),
    "packed away": (_packed, "another branch"),
    "a commit that was reset": (_reflog, "only the reflog"),
    "an object that nothing leads to": (_dangling, "to which no branch"),
    "a stash": (_stash, "the stash leads"),
    "a tag": (_tag, "a tag"),
    "the past, before the fault was put in": (_past, "in HEAD or its past"),
    "a file that was staged once": (_staged, "to which no branch"),
    "the message of a commit": (_in_a_message, "in HEAD or its past"),
    "hidden tests deleted but committed": (_tests_in_head, "in HEAD or its past"),
    "objects borrowed from another repository": (_borrowed, "to which no branch"),
    "a repository inside": (_nested, "in HEAD or its past"),
}


@pytest.mark.parametrize("name", PLANTED_HISTORY)
def test_what_git_remembers(copy, name):
    assert {n: hits for n, _, hits in search_history(copy, SECRETS)} == {
        "history": [], "later commits": [], "remotes": [],
    }  # fmt: skip
    plant, says = PLANTED_HISTORY[name]
    plant(copy)
    hits = [hit for n, _, hits in search_history(copy, SECRETS) if n == "history" for hit in hits]
    assert hits, name
    assert all("problem" in hit for hit in hits)
    assert any(says in hit for hit in hits), hits


def test_commits_and_remotes_are_told(copy):
    git(copy, "remote", "add", "origin", "https://example.org/shop.git")
    git(copy, "checkout", "-qb", "other")
    (copy / "README.md").write_text("Another.\n")
    commit(copy, "unrelated")
    git(copy, "checkout", "-q", "main")
    found = {n: hits for n, _, hits in search_history(copy, SECRETS)}
    assert found["history"] == []
    assert found["later commits"][0].startswith("1 commits")
    assert found["remotes"] == ["remote.origin.url https://example.org/shop.git"]


def test_no_repository_and_an_empty_one(tmp_path):
    assert search_history(tmp_path, SECRETS) == []
    git(tmp_path, "init", "-q")
    assert all(not hits for _, _, hits in search_history(tmp_path, SECRETS))


# from inside the sandbox --------------------------------------------------------------------------


def test_the_sandbox_reaches_none_of_it(local, tmp_path, monkeypatch):
    (tmp_path / "rows.jsonl").write_text(TESTS)
    monkeypatch.setenv("HUB_TOKEN", "hf_abc")
    monkeypatch.setenv("ANSWER", RIGHT)
    found = {n: hits for n, _, hits in search_reach(SECRETS, roots=[tmp_path], modules=["shop"])}
    assert found == {"variables": [], "reach": [], "packages": [], "network": []}


def test_without_walls_everything_is_reached():
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalSandbox(level=Level.PROCESS, allow_unsafe=True) as unsafe,
    ):
        rows = Path(folder, "rows.jsonl")
        rows.write_text(TESTS)
        Path(folder).chmod(0o755)  # a job that root starts is another user's
        use_sandbox(unsafe)
        try:
            hits = {n: h for n, _, h in search_reach(SECRETS, roots=[rows], modules=["shop"])}
        finally:
            use_sandbox(None)
    assert hits["reach"] == [f"{SECRETS[0].what} in {rows}"]
    assert hits["network"] == ["a listener outside answers (level process)"]


# the audit ----------------------------------------------------------------------------------------


class InOneProcess(Repository):
    """Asks the patched module in a process that says with its exit code whether it passed."""

    def judge(self, given, response):
        from verigrad.sandbox import Job, shared_sandbox

        try:
            files = apply_patch(
                snapshot_of(given).files, read_patch(response.strip("`").removeprefix("diff\n"))
            )
        except BadPatch:
            return rejected(Reason.MALFORMED)
        lines = []
        for test in given.answer["tests"]:
            lines.append(f"from {test['module']} import *")
            for group in (
                [test["assertions"]] if isinstance(test["assertions"], str) else test["assertions"]
            ):
                lines.append(group if isinstance(group, str) else group["source"])
        job = Job(
            entry="run_all.py",
            files={"run_all.py": "\n".join(lines).encode()}
            | {p: t.encode() for p, t in files.items()},
        )
        return correct() if shared_sandbox().run(job).exited_cleanly else rejected(Reason.WRONG)


def test_tests_in_the_patchs_own_process_are_found_out(local, tmp_path):
    subject = of_problems("broken", InOneProcess(), [GIVEN], source="here", max_fuzz=9)
    wanted = [probe for probe in probes(tmp_path / "c") if probe.name == "cheating patches"]
    (result,) = run_probes(subject, wanted, canary=tmp_path / "c")
    paid = {
        outcome.case.what.split(":")[0] for outcome in result.faulty if Fault.PAID in outcome.faults
    }
    assert {"a module equal to everything", "a module that leaves with 0", "L01"} <= paid


def test_a_leak_is_on_the_card_and_refuses(local, copy, tmp_path):
    _reflog(copy)
    rows = tmp_path / "rows.jsonl"
    given = problem({"folder": str(copy)})
    rows.write_text(json.dumps({
        "question": given.question, "answer": given.answer, "solution": given.solution,
        "repository": dict(given.info["repository"]),
    }) + "\n")  # fmt: skip
    (found,) = audit("repository", AuditSettings(data=rows), store=CardStore((tmp_path / "cards",)))
    (leak,) = [why for why in found.objections if why.startswith("leaks")]
    assert "only the reflog leads" in leak
    again = Card.from_json(json.loads((found.folder / "card.json").read_bytes()))
    assert objections(again) == list(found.objections)
    page = (found.folder / "card.html").read_text()
    assert "What a policy could look up" in page
    assert "only the reflog leads" in page
    assert "only the reflog leads" in (found.folder / "card.md").read_text()


def test_other_problems_are_not_looked_at():
    assert find_leaks([Problem.of("2+2?", "4")]) == []
