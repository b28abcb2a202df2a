"""Rollouts judged while others are still played: a group goes to its verifier once it is whole."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from verigrad.core.types import Group
from verigrad.judging.judge import judge
from verigrad.judging.task import Task
from verigrad.rollouts.collect import Rounds
from verigrad.rollouts.crew import Crew
from verigrad.rollouts.episode import Episode, Stage

_TAIL_SHARE = 0.1  # the last tenth of the groups is the tail


@dataclass(frozen=True, slots=True)
class Played:
    """What one round of playing and judging gave.

    `groups` are in order; None where a group is only partly played. `sample_s` is until the last
    group rested, `verify_s` what was then still waited for, `verify_work_s` all of judging,
    `tail_s` how long the last tenth of the groups took after the others had come to rest.
    """

    groups: tuple[Group | None, ...]
    sample_s: float
    verify_s: float
    verify_work_s: float
    tail_s: float


@dataclass(slots=True)
class _Clock:
    start: float = field(default_factory=time.perf_counter)
    rested: list[float] = field(default_factory=list)

    def tail(self) -> float:
        """Seconds between the first nine tenths of the groups and the last one."""
        if not self.rested:
            return 0.0
        main = math.ceil(len(self.rested) * (1 - _TAIL_SHARE)) - 1
        return self.rested[-1] - self.rested[main]


@dataclass
class Decided:
    """True of a group once `after` of its rollouts are over and all have one and the same score.

    Such a group has no spread to learn from, whatever a verdict on the others would be worth; the
    ones that ended first are the shorter ones, so a group that would have differed late is lost.
    """

    tasks: Mapping[str, Task]
    after: int
    scores: dict[int, float | None] = field(default_factory=dict)

    def __call__(self, group: Sequence[Episode]) -> bool:
        """Judges what is over, each once here; a whole group is judged again with its rewards."""
        over = [episode for episode in group if episode.stage is Stage.OVER]
        return len(over) >= self.after and len({self._score(episode) for episode in over}) == 1

    def _score(self, episode: Episode) -> float | None:
        if id(episode) not in self.scores:
            rollout = episode.rollout()
            verifier = self.tasks[rollout.problem.task].verifier
            self.scores[id(episode)] = verifier.verify(rollout.problem, rollout.response).score
        return self.scores[id(episode)]


def play_and_judge(
    tasks: Mapping[str, Task],
    groups: Sequence[Sequence[Episode]],
    rounds: Rounds,
    *,
    num_threads: int,
) -> Played:
    """Play `groups` to their rest and judge each whole one in a thread, as soon as it is.

    The verdicts are those of judging everything at the end: a verdict depends on problem and
    response alone. What an escaped bug of a verifier raises is raised here.
    """
    crew, clock = Crew(num_threads), _Clock()
    for index in rounds.play(groups):
        clock.rested.append(time.perf_counter())
        if all(episode.stage is Stage.OVER for episode in groups[index]):
            rollouts = [e.rollout() for e in groups[index] if not e.is_given_up]
            crew.start(index, lambda r=rollouts: judge(tasks, [r])[0], limit_s=math.inf)
    sampled = time.perf_counter()
    judged = {work.key: work for work in crew.finished(wait=True)}
    results = {index: work.result() for index, work in sorted(judged.items())}
    return Played(
        groups=tuple(results.get(index) for index in range(len(groups))),
        sample_s=sampled - clock.start,
        verify_s=time.perf_counter() - sampled,
        verify_work_s=sum(work.seconds for work in judged.values()),
        tail_s=clock.tail(),
    )
