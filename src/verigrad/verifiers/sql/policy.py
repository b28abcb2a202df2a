"""Switches of the SQL verifier."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from verigrad.sandbox import Level
from verigrad.verifiers.base import Policy


class SqlPolicy(Policy):
    """How many databases, within which budgets. Part of the verifier's digest.

    pool: random databases to choose from. num_databases: how many are used in any case; more are
    where they tell near misses of the reference apart, of which `near_misses` are tried.
    min_telling, min_telling_share: how many databases, and which share of the pool, must have a
    result that does not depend on the physical order of rows; else the problem is abstained from.
    """

    pool: Annotated[int, Field(gt=1, le=200)] = 40
    num_databases: Annotated[int, Field(gt=1, le=50)] = 10
    near_misses: Annotated[int, Field(ge=0)] = 40
    min_telling: Annotated[int, Field(gt=1)] = 3
    min_telling_share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
    steps: Annotated[int, Field(gt=0)] = 5_000_000  # of SQLite's virtual machine, each database
    time_limit_s: Annotated[float, Field(gt=0, le=600)] = 10.0
    reference_limit_s: Annotated[float, Field(gt=0, le=600)] = 60.0  # once a question, whole pool
    memory_mb: Annotated[int, Field(gt=0)] = 512
    max_query_chars: Annotated[int, Field(gt=0)] = 1 << 14
    minimum_level: Level = Level.PROCESS
