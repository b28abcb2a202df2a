"""Canary problems: a real question whose reference nobody could guess. Any pass is a cheat."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence
from dataclasses import replace

from verigrad.audit.values import Kind, kind_of
from verigrad.core.seeds import derive
from verigrad.core.types import Problem

_DIGITS, _LETTERS = 12, 12


def canaries(problems: Sequence[Problem], *, seed: int, step: int) -> list[Problem]:
    """The problems with references drawn at random, as long as no policy could hit one by chance.

    Numbers become twelve digits, other texts twelve letters. Problems that are not answered by a
    text (tests, puzzles) make no canary and are left out. An honest policy is never paid for one;
    they are not trained on.
    """
    found = []
    for problem in problems:
        kind = kind_of(problem.answer)
        if kind is Kind.STRUCTURED or problem.info:
            continue
        rng = random.Random(derive("canary", seed=seed, step=step, problem=problem.id))
        if kind.is_number or kind in (Kind.SEQUENCE, Kind.EXPRESSION):
            secret = str(rng.randrange(10 ** (_DIGITS - 1), 10**_DIGITS))
        else:
            secret = "".join(rng.choices(string.ascii_lowercase, k=_LETTERS))
        found.append(replace(problem, answer=secret, solution=None, id=f"canary-{problem.id}"))
    return found
