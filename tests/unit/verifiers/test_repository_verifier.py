"""The repository verifier: patches judged by tests that they cannot reach."""

import subprocess

import pytest

from verigrad.core.types import Message, Problem
from verigrad.core.verdict import Extracted, Reason, Status
from verigrad.verifiers.repository import Repository
from verigrad.verifiers.repository.patches import write_patch
from verigrad.verifiers.repository.snapshot import snapshot_of
from verigrad.verifiers.repository.verifier import find_patch

WRONG = "def double(x):\n    return x + 2\n"
RIGHT = "def double(x):\n    return x * 2\n"
FILES = {"lib/__init__.py": "", "lib/maths.py": WRONG, "tests/test_maths.py": "# visible\n"}
TESTS = [
    {"module": "lib.maths", "entry_point": "double", "assertions": [
        "assert double(2) == 4", {"source": "assert double(5) == 10", "hidden": True}]},
]  # fmt: skip
PATCH = write_patch(FILES, {**FILES, "lib/maths.py": RIGHT})


pytestmark = pytest.mark.usefixtures("local")


def problem(repository=None, *, solution=PATCH, **answer):
    return Problem(
        prompt=(Message("user", "double(5) is 7."),),
        answer={"tests": TESTS, "protected": ["tests/*"], **answer},
        info={"repository": repository or {"files": FILES}},
        solution=solution,
    )


def changed(**files):
    names = {name.replace("__", "/") + ".py": text for name, text in files.items()}
    return write_patch(FILES, {**FILES, **names})


def test_right_and_wrong():
    verifier = Repository()
    verdict = verifier.verify(problem(), f"Here:\n```diff\n{PATCH}```\n")
    assert verdict.is_correct
    assert verdict.evidence["hidden"] == {"passed": 1, "ran": 1, "total": 1}
    assert verifier.verify(problem(), PATCH).is_correct
    close = verifier.verify(problem(), changed(lib__maths="def double(x):\n    return 4\n"))
    assert close.reason is Reason.WRONG
    assert close.evidence["visible"]["passed"] == 1
    assert close.evidence["failure"]["hidden"] is True
    assert verifier.check_reference(problem()).is_correct


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("I would multiply.", Reason.NO_ANSWER),
        ("<think>```diff", Reason.NO_ANSWER),
        (f"```diff\n{PATCH}", Reason.MALFORMED),
        (f"```diff\n{PATCH}```\n```diff\n--- a/x\n```", Reason.AMBIGUOUS),
        ("```diff\n" + PATCH.replace("x + 2", "x + 3") + "```", Reason.MALFORMED),
        (write_patch(FILES, {k: v for k, v in FILES.items() if "test" not in k}), Reason.VIOLATION),
        ("--- a/lib/maths.py\n+++ b/lib/maths.py\n@@ -1 +1 @@\n-def double(x):\n+def double(x):\n",
         Reason.WRONG),
        (changed(lib__maths="import sys\nsys.exit(0)\n"), Reason.WRONG),
        (changed(lib__maths="def double(x:\n"), Reason.MALFORMED),
        (changed(lib__maths="def double(x):\n    while True: pass\n"), Reason.TIMEOUT),
    ],
)  # fmt: skip
def test_reasons(response, reason):
    verdict = Repository(time_limit_s=1).verify(problem(), response)
    assert verdict.reason is reason, dict(verdict.evidence)


@pytest.mark.parametrize(
    "path",
    ["x" * 201, "é" * 101, "/".join("abcdefghi" for _ in range(91)), "a\ud800", "a\x00b",
     "verigrad_loader.py/x.py"],
)  # fmt: skip
def test_a_name_that_no_sandbox_can_hold_is_the_patchs_own_fault(path):
    """What is `failed` is not trained on: a policy that could bring it about would dodge its zeros."""
    patch = f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x = 1\n"
    for text in (patch, PATCH + patch):
        assert Repository().verify(problem(), text).reason is Reason.MALFORMED


def test_a_thousand_files_are_over_the_limit():
    patch = "".join(f"--- /dev/null\n+++ b/f{n}\n@@ -0,0 +1 @@\n+x\n" for n in range(1_000))
    verdict = Repository(disk_files=500).verify(problem(), PATCH + patch)
    assert verdict.reason is Reason.OVER_LIMIT, dict(verdict.evidence)


def test_a_patch_that_holds_the_end_of_a_thought_is_read_whole():
    patch = changed(lib__maths=RIGHT + "END = '</think>'\n")
    assert find_patch(f"\n{patch}", max_chars=10_000).text == patch
    assert Repository().verify(problem(), patch).is_correct
    after = find_patch(f"<think>--- a/x</think>\n{PATCH}", max_chars=10_000)
    assert after.text == PATCH


def test_protection_knows_no_case():
    patch = write_patch({}, {"Tests/new.py": "x = 1\n"})
    assert Repository().verify(problem(), patch).reason is Reason.VIOLATION


def test_a_problem_whose_tests_pass_before_any_patch_pays_nobody():
    files = {**FILES, "lib/maths.py": RIGHT}
    patch = write_patch(files, {**files, "notes.txt": "mended\n"})
    given = problem({"files": files}, solution=patch)
    verifier = Repository()
    for verdict in (verifier.verify(given, patch), verifier.check_reference(given)):
        assert verdict.status is Status.ABSTAINED
        assert "before any patch" in verdict.evidence["why"]


@pytest.mark.parametrize(
    ("repository", "answer", "why"),
    [
        ({"files": {}}, {}, "no files"),
        ({"files": {"../x": ""}}, {}, "relative paths"),
        ({"path": "x"}, {}, "no repository"),
        ({"folder": "/nowhere/at/all"}, {}, "no folder"),
        ({"files": FILES}, {"tests": []}, "not in their form"),
    ],
)
def test_what_cannot_be_judged_is_abstained_from(repository, answer, why):
    verdict = Repository().verify(problem(repository, **answer), PATCH)
    assert verdict.status is Status.ABSTAINED
    assert why in verdict.evidence["why"]


def git(folder, *arguments):
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return done.stdout.decode().strip()


def test_the_files_of_a_commit_and_of_a_working_copy(tmp_path):
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\xff\xfe")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    commit = git(tmp_path, "rev-parse", "HEAD")
    (tmp_path / "lib/maths.py").write_text(RIGHT)
    git(tmp_path, "commit", "-qam", "second")
    at_commit = {"folder": str(tmp_path), "commit": commit}
    assert dict(snapshot_of(problem(at_commit)).files) == FILES
    working = snapshot_of(problem({"folder": str(tmp_path)}))
    assert working.is_working_copy
    assert working.files["lib/maths.py"] == RIGHT
    assert Repository().verify(problem(at_commit), PATCH).is_correct
    verdict = Repository().verify(problem({**at_commit, "commit": "--all"}), PATCH)
    assert verdict.status is Status.ABSTAINED


def test_only_the_visible_tests():
    verifier = Repository()
    four = {**FILES, "lib/maths.py": "def double(x):\n    return 4\n"}
    nowhere = Extracted("", 0, 0, "whole")
    assert verifier.judge_files(problem(), four, extracted=nowhere, only_visible=True).is_correct
    assert not verifier.judge_files(problem(), four, extracted=nowhere).is_correct
