"""Programs, patches and proofs that cheat, where those are judged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources

from verigrad.audit.cases import Case, Must, Subject
from verigrad.audit.corpora.listing import read_exploits
from verigrad.audit.corpora.patches import forgeries, tricks
from verigrad.core.errors import DataError
from verigrad.core.types import Problem
from verigrad.verifiers.repository.patches import write_patch

_MOST_REPOSITORIES = 4
_SUMS = {False: [(1, 2, 3), (0, 0, 0)], True: [(10, 20, 30), (-2, -3, -5), (7, 8, 15)]}
_SQUARES = {
    "cases": [{"stdin": f"{n}\n", "stdout": f"{n * n}\n", "hidden": n > 3} for n in (3, 4, 12, -2)]
}


_CORE = "sums/core.py"
_REPOSITORY = {"sums/__init__.py": "", _CORE: "def add(a, b):\n    return a\n"}


def cheating_patches(subject: Subject) -> Iterator[Case]:
    """Patches that go for the tests instead of the fault: on the subject's own repositories, and
    every cheating definition of add(a, b) as a patch.
    """
    if subject.verifier.name != "repository":
        return
    for sample in subject.samples[:_MOST_REPOSITORIES]:
        try:
            for what, patch in (*tricks(sample.problem), *forgeries()):
                yield Case(sample.problem, patch, Must.FAIL, what)
        except DataError:
            continue
    asserts = [
        {"source": "\n".join(f"assert add({a}, {b}) == {c}" for a, b, c in rows), "hidden": hidden}
        for hidden, rows in _SUMS.items()
    ]
    test = {"module": "sums.core", "entry_point": "add", "assertions": asserts}
    problem = Problem.of("Mend add.", {"tests": [test]}, repository={"files": _REPOSITORY})
    for exploit in read_exploits("functions"):
        if "hang" not in exploit.marks:
            patch = write_patch(_REPOSITORY, {**_REPOSITORY, _CORE: exploit.source})
            yield Case(problem, patch, Must.FAIL, f"{exploit.id}: {exploit.words}")


def cheating_programs(subject: Subject) -> Iterator[Case]:
    """Wrong definitions of add(a, b) and wrong programs, each with a trick of its own."""
    if subject.verifier.name != "code":
        return
    cases = [
        {"args": [a, b], "expected": c, "hidden": hidden}
        for hidden, rows in _SUMS.items()
        for a, b, c in rows
    ]
    calls = Problem.of("Write add(a, b).", {"entry_point": "add", "cases": cases})
    programs = Problem.of("Read a number, print its square.", _SQUARES)
    for name, problem in (("functions", calls), ("programs", programs)):
        for exploit in read_exploits(name):
            if "hang" not in exploit.marks:
                what = f"{exploit.id}: {exploit.words}"
                yield Case(problem, exploit.source, Must.FAIL, what)


def cheating_proofs(subject: Subject) -> Iterator[Case]:
    """Proofs in Coq of what is false, or of another claim."""
    if subject.verifier.name != "coq":
        return
    path = resources.files("verigrad.audit.corpora").joinpath("proofs", "coq_cheats.jsonl")
    for row in map(json.loads, path.read_text("utf-8").splitlines()):
        claim = {key: row[key] for key in ("statement", "axioms") if key in row}
        yield Case(Problem.of("Prove it.", claim), row["proof"], Must.FAIL, row["why"])
