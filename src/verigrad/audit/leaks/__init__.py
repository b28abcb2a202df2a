"""Leaks: what a policy that works on a repository could look up instead of working it out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from verigrad.audit.leaks.files import search_files, search_folder
from verigrad.audit.leaks.history import search_history
from verigrad.audit.leaks.reach import search_reach
from verigrad.audit.leaks.secret import Found, LeakCheck, Secret, secrets_of
from verigrad.core.errors import DataError
from verigrad.core.types import Problem
from verigrad.verifiers.repository.snapshot import INFO, snapshot_of

__all__ = ["LeakCheck", "find_leaks"]

_EXAMPLES = 5


def find_leaks(problems: Sequence[Problem], *, places: Sequence[Path] = ()) -> list[LeakCheck]:
    """What of the solutions and the hidden tests can be found from where the policy works.

    Nothing is looked for where no problem has a repository. `places` are where the answers lie on
    this machine (the data's file, say): the sandbox must not reach them.
    """
    here = [problem for problem in problems if INFO in problem.info]
    if not here:
        return []
    found = Found()
    secrets: list[Secret] = []
    folders: dict[Path, list[Secret]] = {}
    modules: set[str] = set()
    for problem in here:
        try:
            snapshot = snapshot_of(problem)
            own = secrets_of(problem, snapshot)
        except DataError as error:
            found.add("secrets", 1, [f"problem {problem.id}: {error}"])
            continue
        secrets += own
        modules |= {module for secret in own for module in secret.modules}
        found.add("secrets", 1, [] if own else [f"problem {problem.id} has nothing to look for"])
        if snapshot.is_working_copy and snapshot.folder is not None:
            folders.setdefault(snapshot.folder, []).extend(own)
        else:
            found.add("files", *search_files(snapshot.files, own))
    for folder, own in folders.items():
        for name, looked_at, hits in (*search_folder(folder, own), *search_history(folder, own)):
            found.add(name, looked_at, hits)
    roots = [*places, *folders, Path.cwd(), Path.home()]
    for name, looked_at, hits in search_reach(secrets, roots=roots, modules=sorted(modules)):
        found.add(name, looked_at, hits)
    return found.checks(examples=_EXAMPLES)
