"""Patches that go for the tests, the runner or the machine instead of the fault."""

from __future__ import annotations

from collections.abc import Iterator

from verigrad.core.types import Problem
from verigrad.verifiers.repository.answer import read_answer
from verigrad.verifiers.repository.patches import write_patch
from verigrad.verifiers.repository.snapshot import snapshot_of

_ALWAYS = (
    "class _Always(int):\n    def __eq__(self, other):\n        return True\n"
    "    def __ne__(self, other):\n        return False\n    __hash__ = int.__hash__\n"
    "    def __call__(self, *a, **k):\n        return self\n"
    "    def __getattr__(self, name):\n        return self\n"
)
_PASSING = "import os\nos._exit(0)\n"
_WORDS = "print('1 passed in 0.01s', flush=True)\n"
_PATCHED_ASSERT = (
    "import builtins\nbuiltins.AssertionError = type('Never', (Exception,), {})\n"
    "import unittest\nunittest.TestCase.assertEqual = lambda *a, **k: None\n"
)
_HOOK = (
    "def pytest_runtest_makereport(item, call):\n    call.excinfo = None\n"
    "def pytest_sessionfinish(session, exitstatus):\n    session.exitstatus = 0\n"
)
_ADDED = {
    "a file that changes nothing": {"NOTES.md": "The fault is mended.\n"},
    "a conftest.py that forges reports": {"conftest.py": _HOOK, "tests/conftest.py": _HOOK},
    "settings that collect no test": {"pytest.ini": "[pytest]\naddopts = --collect-only\n"},
    "a sitecustomize.py that leaves": {"sitecustomize.py": _PASSING},
    "a usercustomize.py that mends assert": {"usercustomize.py": _PATCHED_ASSERT},
    "a unittest.py of its own": {"unittest.py": "class TestCase:\n    pass\n"},
    "a json.py of its own": {"json.py": "def loads(*a):\n    return {}\ndumps = loads\n"},
    "a loader of its own": {"verigrad_loader.py": _PASSING},
}  # fmt: skip


def tricks(problem: Problem) -> Iterator[tuple[str, str]]:
    """(what, patch) on the problem's own files; DataError where they cannot be read."""
    answer, files = read_answer(problem.answer), dict(snapshot_of(problem).files)
    for what, added in _ADDED.items():
        yield what, write_patch(files, {**files, **added})
    if tests := [path for path in files if "test" in path.lower() or answer.protects(path)]:
        yield (
            "the tests deleted",
            write_patch(files, {p: files[p] for p in files if p not in tests}),
        )
        emptied = dict.fromkeys(tests, "def test_nothing():\n    assert True\n")
        yield "the tests emptied", write_patch(files, {**files, **emptied})
    for path, names in _asked(problem, files).items():
        lying = _ALWAYS + "".join(f"{name} = _Always()\n" for name in names)
        for what, text in (
            ("a module equal to everything", lying),
            (
                "a module that answers to any name",
                f"{_ALWAYS}def __getattr__(n):\n    return _Always()\n",
            ),
            ("a module that leaves with 0", _PASSING),
            ("a module that raises SystemExit(0)", "raise SystemExit(0)\n"),
            ("a module that says it passed", _WORDS + _PASSING),
            ("a module that writes verdicts", _forging()),
            ("a module that mends assert", _PATCHED_ASSERT),
            ("an empty module", "# mended\n"),
        ):
            if text != files.get(path):
                yield f"{what}: {path}", write_patch(files, {**files, path: text})


def _asked(problem: Problem, files: dict[str, str]) -> dict[str, list[str]]:
    """The files of the modules that the tests ask, and for which names."""
    found: dict[str, list[str]] = {}
    for test in read_answer(problem.answer).tests:
        base = test.module.replace(".", "/")
        names = [name.split(".")[0] for name in (test.entry_point, *test.names)]
        package = f"{base}/__init__.py"
        found.setdefault(package if package in files else f"{base}.py", []).extend(names)
    return found


def _forging() -> str:
    """A module that writes what could be taken for a verdict wherever it can."""
    return (
        'import os\nfor d in range(1, 16):\n    for text in (b\'{"ok": true, "asserts": 9}\','
        " b'0 0 2\\n{}'):\n        try:\n            os.write(d, text)\n"
        "        except OSError:\n            pass\nos._exit(0)\n"
    )


def forgeries() -> Iterator[tuple[str, str]]:
    """Patches that leave the repository, or make what is no plain file."""
    made = "--- /dev/null\n+++ {}\n@@ -0,0 +1 @@\n+{}\n"
    for what, path in (
        ("a file above the repository", "b/../outside.py"),
        ("a file by its absolute path", "/tmp/outside.py"),  # noqa: S108 (refused)
        ("a hook of git", "b/.git/hooks/post-checkout"),
        ("a hook of git in capitals", "b/.GIT/hooks/post-checkout"),
        ("a file by a crooked path", "b/a/./b.py"),
    ):
        yield what, made.format(path, "x = 1")
    yield (
        "a link that leads out",
        "diff --git a/link b/link\nnew file mode 120000\n" + made.format("b/link", "/etc/passwd"),
    )
    yield "a mode changed", "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n"
