"""Patches: what is written is read again, git agrees, and what does not fit is refused."""

import contextlib
import subprocess
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verigrad.verifiers.repository.patches import BadPatch, apply_patch, read_patch, write_patch
from verigrad.verifiers.repository.snapshot import is_inside

LINES = st.lists(
    st.sampled_from(["a\n", "b\n", "\n", "  c\n", "-x\n", "+y\n", "@@\n", "\tz\r\n"]), max_size=12
)
TEXT = st.builds(lambda lines, end: "".join(lines) + end, LINES, st.sampled_from(["", "last"]))
FILES = st.dictionaries(
    st.sampled_from(["a.py", "d/b.py", "d/e/c.txt"]), TEXT.filter(bool), max_size=3
)


@given(FILES, FILES)
@settings(max_examples=300, deadline=None)
def test_what_is_written_leads_there(before, after):
    text = write_patch(before, after)
    if before == after:
        assert text == ""
    else:
        assert apply_patch(before, read_patch(text)) == after


@given(FILES, FILES)
@settings(max_examples=15, deadline=None)
def test_git_agrees(tmp_path_factory, before, after):
    text = write_patch(before, after)
    if not text:
        return
    folder = tmp_path_factory.mktemp("tree")
    for path, content in before.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content.encode())
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    done = subprocess.run(
        ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-"],
        cwd=folder, input=text.encode(), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    found = {
        p.relative_to(folder).as_posix(): p.read_bytes().decode()
        for p in folder.rglob("*")
        if p.is_file() and ".git" not in p.parts
    }
    assert found == after


@given(st.text(alphabet="@-+ \\ab/\n0123,", max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(BadPatch):
        apply_patch({"a": "a\nb\n"}, read_patch(f"--- a/a\n+++ b/a\n{text}"))


TWICE = "x\nsame\ny\nsame\nz\n"


def hunk(at, *lines, path="f"):
    old = sum(line[0] in " -" for line in lines)
    new = sum(line[0] in " +" for line in lines)
    return f"--- a/{path}\n+++ b/{path}\n@@ -{at},{old} +{at},{new} @@\n" + "".join(
        f"{x}\n" for x in lines
    )


def test_a_wrong_line_number_is_mended_where_only_one_place_fits():
    text = hunk(40, " y", "-same", "+other")
    assert apply_patch({"f": TWICE}, read_patch(text)) == {"f": "x\nsame\ny\nother\nz\n"}


def test_a_right_line_number_tells_two_places_apart():
    text = hunk(4, "-same", "+other")
    assert apply_patch({"f": TWICE}, read_patch(text)) == {"f": "x\nsame\ny\nother\nz\n"}


def test_an_added_block_at_its_line():
    text = "--- a/f\n+++ b/f\n@@ -1,0 +2 @@\n+new\n"
    assert apply_patch({"f": "one\ntwo\n"}, read_patch(text)) == {"f": "one\nnew\ntwo\n"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (hunk(9, "-same", "+other"), "at 2 places"),
        (hunk(1, "-none", "+other"), "nowhere"),
        ("", "no file"),
        ("--- a/f\n+++ b/f\n", "no hunk"),
        ("--- a/f\n+++ b/f\n@@ -1,2 +1 @@\n-x\n", "a hunk says 2 old"),
        ("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-x\n+y\nthen words\n", "belongs to no hunk"),
        (hunk(1, "-x", "+y") * 2, "patched twice"),
        ("--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+x\n", "exists"),
        ("--- a/g\n+++ b/g\n@@ -1 +1 @@\n-x\n+y\n", "no file 'g'"),
        ("--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n", "would keep text"),
        ("--- a/f\n+++ b/g\n@@ -1 +1 @@\n-x\n+y\n", "renamed"),
        ("--- /dev/null\n+++ b/../g\n@@ -0,0 +1 @@\n+x\n", "no path inside"),
        ("--- /dev/null\n+++ /etc/g\n@@ -0,0 +1 @@\n+x\n", "no path inside"),
        ("--- /dev/null\n+++ b/.git/config\n@@ -0,0 +1 @@\n+x\n", "no path inside"),
        ("--- /dev/null\n+++ b/f/g\n@@ -0,0 +1 @@\n+x\n", "a file and a folder"),
        ("diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+x\n", "plain files"),
        ("diff --git a/f b/g\nrename from f\nrename to g\n", "not applied"),
        ("diff --git a/f b/f\nGIT binary patch\n", "not applied"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(text, why):
    with pytest.raises(BadPatch, match=why):
        apply_patch({"f": TWICE}, read_patch(text))


@pytest.mark.parametrize(
    "path", ["", "/a", "a/../b", "a//b", "./a", "a/", ".git/x", "a/.GIT/x", "a\0b"]
)
def test_paths_that_are_not_inside(path):
    assert not is_inside(path)


def test_a_patch_of_the_largest_size_is_applied_in_a_moment():
    """Every hunk at a wrong line of a long file, and as many files as fit: work in proportion."""
    lines = [f"line {n}\n" if n % 7 else "\n" for n in range(60_000)]
    hunks = [
        f"@@ -{n + 99},1 +{n + 99},1 @@\n-line {n}\n+x\n" for n in range(1, 60_000, 8) if n % 7
    ]
    many = "--- a/f\n+++ b/f\n" + "".join(hunks)
    made = "".join(f"--- /dev/null\n+++ b/d/{n}\n@@ -0,0 +1 @@\n+x\n" for n in range(6_000))
    start = time.process_time()
    changed = apply_patch({"f": "".join(lines)}, read_patch(many + made))
    assert time.process_time() - start < 5
    assert changed["f"].count("x\n") == len(hunks)
    assert len(changed) == 6_001
