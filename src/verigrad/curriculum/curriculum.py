"""The problems of a run that has a curriculum: chosen, observed, retired and revived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verigrad.core.curriculum import CurriculumSection
from verigrad.core.errors import DataError
from verigrad.core.seeds import stream
from verigrad.core.statistics import mean
from verigrad.core.types import Group, Problem
from verigrad.core.verdict import Status
from verigrad.curriculum.pass_rates import PassRate
from verigrad.curriculum.samplers import keys_for


@dataclass
class _State:
    """What is known of one problem of the pool."""

    rate: PassRate
    streak: int = 0  # groups all right, in a row
    retired_at: int | None = None


class Curriculum:
    """Fixed pools, by task. `observe` must see every step's groups, in order of the steps."""

    def __init__(
        self,
        pools: Mapping[str, Sequence[Problem]],
        section: CurriculumSection,
        *,
        seed: int,
        last_step: int,
        known: Mapping[str, PassRate] | None = None,
    ) -> None:
        self.section, self.seed, self.last_step = section, seed, last_step
        self.pools = {task: tuple(problems) for task, problems in pools.items()}
        known = known or {}
        self._states = {
            problem.id: _State(known.get(problem.id, PassRate()))
            for problems in self.pools.values()
            for problem in problems
        }

    def choose(self, task: str, count: int, *, step: int, attempt: int) -> list[Problem]:
        """`count` problems of the task's pool, none twice; retired ones only where no other is
        left, those that have rested longest first.

        A second attempt of a step (groups drawn again) takes those after the first's.
        """
        self._revive(step)
        awake = [p for p in self.pools[task] if self._states[p.id].retired_at is None]
        rng = stream("curriculum", seed=self.seed, task=task, step=step)
        rates = [self._states[problem.id].rate for problem in awake]
        keys = keys_for(self.section, step=step, last_step=self.last_step)(rates, rng)
        places = sorted(range(len(awake)), key=lambda place: (-keys[place], place))
        order = [awake[place] for place in places] + self._resting(task)
        first = attempt * count
        return [order[place % len(order)] for place in range(first, first + count)]

    def _resting(self, task: str) -> list[Problem]:
        """Retired problems, the first retired first."""
        at = {p.id: self._states[p.id].retired_at for p in self.pools[task]}
        retired = [p for p in self.pools[task] if at[p.id] is not None]
        return sorted(retired, key=lambda problem: at[problem.id] or 0)

    def observe(self, groups: Sequence[Group], *, step: int) -> dict[str, float]:
        """Update the estimates; metrics of the pool."""
        for group in groups:
            state = self._states.get(group.problem.id)
            scored = [j.verdict for j in group.judged if j.verdict.status is Status.SCORED]
            if state is None or not scored:
                continue
            right = sum(verdict.is_correct for verdict in scored)
            state.rate = state.rate.seen(right, len(scored), keep=self.section.keep)
            state.streak = state.streak + 1 if right == len(scored) else 0
            if self.section.retire_after and state.streak >= self.section.retire_after:
                state.retired_at = step
        states = list(self._states.values())
        return {
            "curriculum/pass_rate": mean([state.rate.mean for state in states]),
            "curriculum/retired": sum(state.retired_at is not None for state in states),
            "curriculum/seen": sum(state.rate.right + state.rate.wrong > 0 for state in states),
        }

    def _revive(self, step: int) -> None:
        """Retired problems come back, and one more group all right retires them again."""
        for state in self._states.values():
            if (
                state.retired_at is not None
                and step - state.retired_at >= self.section.revive_after
            ):
                state.retired_at = None
                state.streak = self.section.retire_after - 1

    def to_json(self) -> dict[str, Any]:
        """What an exact resume needs."""
        return {
            name: [state.rate.right, state.rate.wrong, state.streak, state.retired_at]
            for name, state in self._states.items()
        }

    def restore(self, value: Mapping[str, Any]) -> None:
        """Go on from what `to_json` gave; DataError where it is of other problems."""
        if value.keys() != self._states.keys():
            raise DataError(
                "the checkpoint's curriculum has other problems than the recipe's",
                where="curriculum",
                cause="the profile or the source changed since the run began",
                remedy="put the file back as it was, or begin a new run",
            )
        self._states = {
            name: _State(PassRate(right, wrong), streak, retired_at)
            for name, (right, wrong, streak, retired_at) in value.items()
        }
