"""Programs that cheat their tests and proofs that cheat their kernel, where those are judged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources

from verigrad.audit.cases import Case, Must, Subject
from verigrad.audit.corpora.listing import read_exploits
from verigrad.core.types import Problem

_SUMS = {False: [(1, 2, 3), (0, 0, 0)], True: [(10, 20, 30), (-2, -3, -5), (7, 8, 15)]}
_SQUARES = {
    "cases": [{"stdin": f"{n}\n", "stdout": f"{n * n}\n", "hidden": n > 3} for n in (3, 4, 12, -2)]
}


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
