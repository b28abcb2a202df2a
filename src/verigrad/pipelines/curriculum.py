"""Recipe -> the curriculum of its RL stage; and the profile that it may start from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from verigrad.core.curriculum import CurriculumSection
from verigrad.core.errors import ConfigError, DataError
from verigrad.core.seeds import derive
from verigrad.core.types import Problem
from verigrad.curriculum.curriculum import Curriculum
from verigrad.curriculum.pass_rates import PassRate
from verigrad.curriculum.profile import is_learnable
from verigrad.judging.sources import FixedProblems
from verigrad.judging.task import Task
from verigrad.pipelines.prepare import Prepared
from verigrad.training.supply import share_out

PROFILE_SCHEMA = "verigrad.profile/1"


def make_curriculum(prepared: Prepared) -> Curriculum | None:
    """None where the recipe has none: problems then come from their sources.

    DataError or ConfigError where the profile or a pool does not serve.
    """
    recipe, section = prepared.recipe, prepared.recipe.curriculum
    if not section.is_on:
        return None
    pools = {
        name: pool_of(task, section.pool, seed=recipe.seed) for name, task in prepared.tasks.items()
    }
    known: dict[str, PassRate] = {}
    if section.profile:
        rows = {row["id"]: row for row in read_profile(Path(section.profile))}
        pools = {name: _kept(pool, rows, name, section) for name, pool in pools.items()}
        known = {
            name: PassRate(row["num_correct"], row["num_samples"] - row["num_correct"])
            for name, row in rows.items()
        }
    _check_sizes(prepared, pools)
    return Curriculum(
        pools, section, seed=recipe.seed, last_step=recipe.training.steps, known=known
    )


def pool_of(task: Task, size: int | None, *, seed: int) -> tuple[Problem, ...]:
    """The training problems that take part, none twice; ConfigError for all of a generator's."""
    source = task.source
    if isinstance(source, FixedProblems):
        return tuple(islice({p.id: p for p in source.train_problems}.values(), size))
    if size is None:
        raise ConfigError(
            f"task {task.name} has problems without end",
            where="curriculum",
            remedy="say how many take part: `pool = 2048`",
        )
    return tuple(source.train(size, step=1, seed=derive("pool", seed=seed)))


def _kept(
    pool: tuple[Problem, ...],
    rows: Mapping[str, Mapping[str, Any]],
    task: str,
    section: CurriculumSection,
) -> tuple[Problem, ...]:
    kept = tuple(p for p in pool if p.id in rows and is_learnable(rows[p.id], section.band))
    if not kept:
        raise DataError(
            f"the profile keeps none of the {len(pool):,} problems of task {task}",
            where=section.profile,
            cause="a profile of another pool, seed or task; or no problem is in the band",
            remedy="run `verigrad profile` on this recipe again, with this seed and pool",
        )
    return kept


def _check_sizes(prepared: Prepared, pools: Mapping[str, tuple[Problem, ...]]) -> None:
    """A step asks no problem twice."""
    shares = share_out(prepared.tasks, prepared.recipe.training.problems_per_step)
    small = {name: pool for name, pool in pools.items() if len(pool) < shares[name]}
    if small:
        told = [f"{name} has {len(pool):,} of {shares[name]:,}" for name, pool in small.items()]
        raise ConfigError(
            f"a step asks for more problems than its pool has: {'; '.join(told)}",
            where="curriculum",
            cause="a small pool, or a profile or band that keeps few",
            remedy="raise the pool, widen the band, or lower training.problems_per_step",
        )


def read_profile(path: Path) -> Iterator[dict[str, Any]]:
    """The rows `verigrad profile` wrote; DataError for anything else."""
    try:
        first, *rest = path.read_text("utf-8").splitlines()
        if json.loads(first)["schema"] != PROFILE_SCHEMA:
            raise KeyError("schema")
        yield from map(json.loads, rest)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            "not a profile",
            where=str(path),
            cause=f"{type(error).__name__}: {error}",
            remedy="write one by `verigrad profile RECIPE --out FILE`",
        ) from None
