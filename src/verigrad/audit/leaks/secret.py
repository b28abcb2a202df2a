"""What must not be found: the lines that a solution adds, and those of the hidden tests."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from verigrad.core.types import Problem
from verigrad.verifiers.repository.answer import read_answer
from verigrad.verifiers.repository.patches import BadPatch, read_patch
from verigrad.verifiers.repository.snapshot import Snapshot

MIN_CHARS = 12  # a shorter line says nothing: "return x"
_WORD = re.compile(r"[^\W\d_]{2}")

LOOKS_FOR: Mapping[str, str] = {
    "secrets": "problems whose answer is too short to look for",
    "files": "the answer among the files that are given",
    "left over": "the answer in the working copy: its files, caches, builds, archives and backups",
    "links": "links that lead out of the working copy",
    "history": "the answer in any object of the git repository, whatever leads to it",
    "later commits": "commits that HEAD does not come from",
    "remotes": "places that the git repository could fetch from",
    "variables": "credentials and answers in the sandbox's environment",
    "reach": "the answer in files that a program in the sandbox can read",
    "packages": "an installed copy of the module that is mended already",
    "network": "a way out of the sandbox",
}
_SOFT = {"secrets", "later commits", "remotes"}


@dataclass(frozen=True, slots=True)
class Secret:
    """Lines of which half, found in one place, give a problem's answer away.

    `names` are the files that the solution changes, `modules` those that the tests ask.
    """

    what: str
    lines: tuple[str, ...]
    names: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()

    @property
    def needed(self) -> int:
        """How many lines must be found: half, rounded up."""
        return math.ceil(len(self.lines) / 2)

    def is_in(self, text: str) -> bool:
        """Whether `text` gives it away."""
        return sum(line in text for line in self.lines) >= self.needed


@dataclass(frozen=True, slots=True)
class LeakCheck:
    """One way of looking: how many things were looked at, in how many places something was found.

    What is `soft` is told, and refuses nobody.
    """

    name: str
    looks_for: str
    looked_at: int
    found: int
    examples: tuple[str, ...] = ()
    is_soft: bool = False


@dataclass(slots=True)
class Found:
    """Collects what the searches find, by the name of the check."""

    looked_at: dict[str, int] = field(default_factory=dict)
    hits: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, looked_at: int, hits: Iterable[str]) -> None:
        """Count, and keep what is new."""
        self.looked_at[name] = self.looked_at.get(name, 0) + looked_at
        known = self.hits.setdefault(name, [])
        known += [hit for hit in hits if hit not in known]

    def checks(self, *, examples: int) -> list[LeakCheck]:
        """One check for each name, in the order of `LOOKS_FOR`."""
        return [
            LeakCheck(
                name, says, self.looked_at[name], len(self.hits[name]),
                tuple(hit[:200] for hit in self.hits[name][:examples]), name in _SOFT,
            )
            for name, says in LOOKS_FOR.items()
            if name in self.looked_at
        ]  # fmt: skip


def secrets_of(problem: Problem, snapshot: Snapshot) -> list[Secret]:
    """The secrets of a problem: its solution's and its hidden tests', where there are any.

    A line counts if it is long enough to say something. A line that the solution adds must be new
    to its file.
    """
    answer = read_answer(problem.answer)
    modules = tuple(sorted({test.module for test in answer.tests}))
    hidden = [group.source for test in answer.tests for group in test.groups if group.hidden]
    found = [
        Secret("the hidden tests", _telling("\n".join(hidden).split("\n"))),
        _of_solution(problem.solution, snapshot, modules),
    ]
    return [
        Secret(f"{secret.what} of problem {problem.id}", secret.lines, secret.names, secret.modules)
        for secret in found
        if secret.lines
    ]


def _of_solution(solution: str | None, snapshot: Snapshot, modules: tuple[str, ...]) -> Secret:
    try:
        patches = read_patch(solution) if solution else []
    except BadPatch:
        patches = []
    lines: list[str] = []
    for patch in patches:
        before = snapshot.files.get(patch.path, "")
        new = [line for hunk in patch.hunks for line in hunk.new if line not in hunk.old]
        lines += [line for line in _telling(new) if line not in before]
    names = tuple(sorted({patch.path.rsplit("/", 1)[-1] for patch in patches}))
    return Secret("the solution", tuple(dict.fromkeys(lines)), names, modules)


def _telling(lines: Sequence[str]) -> tuple[str, ...]:
    stripped = (line.strip() for line in lines)
    return tuple(
        dict.fromkeys(line for line in stripped if len(line) >= MIN_CHARS and _WORD.search(line))
    )
