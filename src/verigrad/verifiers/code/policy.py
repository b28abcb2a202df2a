"""Switches of the code verifier."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from verigrad.sandbox import Level
from verigrad.verifiers.base import Policy


class CodePolicy(Policy):
    """How code is taken from a response, run and scored. Part of the verifier's digest.

    score: all-or-nothing, or the fraction of cases passed.
    block: which fenced block counts: the only one that fits, or the last.
    helpers: where names come from that tests use but do not define. `trusted`: from `prelude`, the
        prompt's code or the worked solution, else the problem is abstained from. `candidate`: from
        the candidate, whose helpers may lie. `auto`: trusted where the problem has a prompt,
        candidate where it has none.
    minimum_level: below this the verdict is `failed`.
    """

    score: Literal["all", "fraction"] = "all"
    block: Literal["only", "last"] = "only"
    helpers: Literal["trusted", "candidate", "auto"] = "auto"
    shuffle: bool = True
    fresh_process: bool = True  # each case in a process of its own
    stop_early: bool = True  # at the first failure, where the score allows
    time_limit_s: Annotated[float, Field(gt=0, le=600)] = 5.0  # of each process
    memory_mb: Annotated[int, Field(gt=0)] = 512
    processes: Annotated[int, Field(gt=0)] = 16  # and threads
    output_bytes: Annotated[int, Field(gt=0)] = 1 << 20
    max_source_chars: Annotated[int, Field(gt=0)] = 1 << 17
    minimum_level: Level = Level.PROCESS
    reference_runs: Annotated[int, Field(gt=0)] = 3  # all must pass, in different orders
