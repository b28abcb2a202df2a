"""What a step trains on: problems drawn, played and judged, whole groups only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from verigrad.core.errors import ConfigError, HaltedError
from verigrad.core.recipe import RolloutSection, TrainingSection
from verigrad.core.seeds import derive
from verigrad.core.types import Group, Judged, Problem
from verigrad.core.verdict import Status
from verigrad.judging.task import Task
from verigrad.rollouts.carried import Carried, stamped
from verigrad.rollouts.collect import SINGLE_TURN, Playing, Rounds, check_context, open_group
from verigrad.rollouts.engines.base import Engine
from verigrad.rollouts.judged import Decided, Played, play_and_judge
from verigrad.rollouts.render import Renderer
from verigrad.rollouts.sampling import SamplingParameters
from verigrad.training.controls import controlled, noisy


@dataclass(frozen=True, slots=True)
class Supplied:
    """The judged groups of one step, those set aside, and greedy rollouts where they are wanted.

    `counts` repeat from run to run, `seconds` do not; both are metrics by name.
    """

    groups: tuple[Group, ...]
    surplus: tuple[Group, ...] = ()
    greedy: tuple[Judged, ...] = ()
    resampled: int = 0
    counts: Mapping[str, float] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)


class Chooser(Protocol):
    """Who chooses the problems of a step in place of their sources (`curriculum.Curriculum`)."""

    def choose(self, task: str, count: int, *, step: int, attempt: int) -> list[Problem]:
        """`count` training problems."""
        ...

    def observe(self, groups: Sequence[Group], *, step: int) -> dict[str, float]:
        """Learn from a step's judged groups; metrics by name."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Its state."""
        ...

    def restore(self, value: Mapping[str, Any]) -> None:
        """Take a state up."""
        ...


@dataclass
class _Tally:
    """Metrics of a step while it is being supplied."""

    counts: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, played: Played, rounds: Rounds) -> None:
        """One more call of the players."""
        for name, value in (
            ("time/generate_s", played.sample_s),
            ("time/verify_s", played.verify_s),
            ("time/verify_work_s", played.verify_work_s),
            ("time/environment_s", rounds.environment_s),
            ("time/tail_s", played.tail_s),
        ):
            self.seconds[name] = self.seconds.get(name, 0.0) + value
        self.count("rollouts/rounds", rounds.num_rounds)

    def count(self, name: str, number: float) -> None:
        """Add to a count."""
        self.counts[name] = self.counts.get(name, 0.0) + number


class Supply:
    """Makes the groups of a step. Everything random is addressed by `seed` and the step's number.

    With partial rollouts, groups that a step leaves unfinished are `carried` into the next.
    """

    def __init__(
        self,
        tasks: Mapping[str, Task],
        engine: Engine,
        renderer: Renderer,
        *,
        rollouts: RolloutSection,
        training: TrainingSection,
        seed: int,
        playing: Playing = SINGLE_TURN,
        with_greedy: bool = False,
        chooser: Chooser | None = None,
    ) -> None:
        self.chooser = chooser
        self.tasks, self.engine, self.renderer = tasks, engine, renderer
        self.rollouts, self.training, self.seed = rollouts, training, seed
        self.playing, self.with_greedy = playing, with_greedy
        self.carried: list[Carried] = []
        require_compatible(rollouts, training, with_greedy=with_greedy)

    def make(self, number: int, *, version: int) -> Supplied:
        """The groups of step `number`, by weights that have seen `version` updates.

        HaltedError where too many rollouts could not be judged.
        """
        tally = _Tally()
        groups = self._fill(number, version, tally)
        groups, surplus, resampled = self._resample(groups, number, tally)
        greedy = self._greedy(groups, number, tally) if self.with_greedy else []
        self._check_scored([*groups, *surplus], number)
        if self.chooser is not None:
            tally.counts |= self.chooser.observe([*groups, *surplus], step=number)
        return Supplied(
            tuple(groups), tuple(surplus), tuple(greedy), resampled, tally.counts, tally.seconds
        )

    # sampling ---------------------------------------------------------------------------------

    def _fill(self, number: int, version: int, tally: _Tally) -> list[Group]:
        """Groups that are whole after this step; the others stay in `carried`."""
        partial = self.rollouts.partial
        if partial is None:
            groups = self._play(self._draw(number, attempt=0), number, tally)
            if not self.rollouts.max_staleness:
                return groups
            return [stamped(group, staleness=number - 1 - version) for group in groups]
        kept, dropped = [], 0
        for carried in self.carried:
            if number - carried.step < partial.max_steps:
                kept.append(carried)
            else:
                dropped += 1
        fresh = self._draw(number, attempt=0)[: max(0, self.training.problems_per_step - len(kept))]
        kept += [Carried(number, version, group) for group in self._open(fresh, number, attempt=0)]
        for carried in kept:
            carried.resume(partial.tokens_per_step)
        groups = self._judged(
            [c.episodes for c in kept], SamplingParameters.of(self.rollouts), tally
        )
        done = [
            stamped(group, staleness=number - 1 - c.version)
            for c, group in zip(kept, groups, strict=True)
            if group is not None
        ]
        self.carried = [c for c, group in zip(kept, groups, strict=True) if group is None]
        tally.count("partial/carried", len(self.carried))
        tally.count("partial/dropped", dropped)
        return self._controlled(done, number)

    def _draw(self, number: int, *, attempt: int) -> list[Problem]:
        """The step's problems, shared out over the tasks by weight."""
        shares = share_out(self.tasks, self.training.problems_per_step)
        if self.chooser is not None:
            return [
                problem
                for name, count in shares.items()
                for problem in self.chooser.choose(name, count, step=number, attempt=attempt)
            ]
        seed = derive("problems", seed=self.seed, attempt=attempt)
        return [
            problem
            for name, count in shares.items()
            if count
            for problem in self.tasks[name].source.train(count, step=number, seed=seed)
        ]

    def _open(self, problems: Sequence[Problem], number: int, *, attempt: int) -> list[list]:
        asked: Counter[str] = Counter()
        groups = []
        for problem in problems:
            address = {"seed": self.seed, "step": number, "problem": problem.id, "attempt": attempt}
            if asked[problem.id]:  # a pool smaller than a step: other answers, not the same again
                address["repeat"] = asked[problem.id]
            asked[problem.id] += 1
            groups.append(
                open_group(
                    problem,
                    self.renderer,
                    self.playing,
                    count=self.rollouts.num_rollouts,
                    seed=derive("rollout", **address),
                )
            )
        check_context(groups, self.engine.capabilities.max_context)
        return groups

    def _play(
        self, problems: Sequence[Problem], number: int, tally: _Tally, *, attempt: int = 0
    ) -> list[Group]:
        """All rollouts of `problems`, whole and judged."""
        groups = self._open(problems, number, attempt=attempt)
        whole = self._judged(groups, SamplingParameters.of(self.rollouts), tally)
        return self._controlled([group for group in whole if group is not None], number)

    def _greedy(self, groups: Sequence[Group], number: int, tally: _Tally) -> list[Judged]:
        """One greedy rollout of every group's problem."""
        seed = derive("greedy", seed=self.seed, step=number)
        opened = [
            open_group(group.problem, self.renderer, self.playing, count=1, seed=seed)
            for group in groups
        ]
        sampling = SamplingParameters(
            max_output_tokens=self.rollouts.max_output_tokens, temperature=0.0
        )
        whole = self._judged(opened, sampling, tally)
        found = self._controlled([group for group in whole if group is not None], number)
        return [group.judged[0] for group in found]

    def _judged(
        self, groups: Sequence[Sequence], sampling: SamplingParameters, tally: _Tally
    ) -> tuple[Group | None, ...]:
        after = self.rollouts.give_up_after
        is_decided = Decided(self.tasks, after) if after else None
        rounds = Rounds(self.engine, sampling, self.playing, is_decided=is_decided)
        played = play_and_judge(
            self.tasks, groups, rounds, num_threads=self.rollouts.verify_threads
        )
        tally.add(played, rounds)
        return played.groups

    # groups -----------------------------------------------------------------------------------

    def _controlled(self, groups: list[Group], number: int) -> list[Group]:
        training, address = self.training, {"seed": self.seed, "step": number}
        groups = controlled(groups, training.control, tasks=self.tasks, **address)
        if training.noise is not None:
            return [noisy(group, training.noise, **address) for group in groups]
        return groups

    def _resample(
        self, groups: list[Group], number: int, tally: _Tally
    ) -> tuple[list[Group], list[Group], int]:
        """Replace groups without spread by fresh ones, at most `resample_groups` times a step.

        Returns the groups to train on, those set aside, and how many were drawn again.
        """
        surplus: list[Group] = []
        wanted = len(groups)
        resampled = 0
        for attempt in range(1, (self.training.resample_groups or 0) + 1):
            flat = [group for group in groups if not group.has_spread]
            if not flat:
                break
            problems = self._draw(number, attempt=attempt)[: len(flat)]
            fresh = self._play(problems, number, tally, attempt=attempt)
            resampled += len(fresh)
            groups = [group for group in groups if group.has_spread] + fresh
            surplus += flat[: len(fresh)]
            groups += flat[len(fresh) :]
        return groups[:wanted], surplus, resampled

    def _check_scored(self, groups: Sequence[Group], number: int) -> None:
        """Halt where too many verdicts say nothing of the response."""
        verdicts = [j.verdict for group in groups for j in group.judged]
        silent = [v for v in verdicts if v.status is not Status.SCORED]
        if len(silent) <= self.training.max_unscored_share * len(verdicts):
            return
        first = silent[0]
        raise HaltedError(
            f"{len(silent)} of {len(verdicts)} rollouts of step {number} could not be judged",
            where=f"first: {first.verifier} said {first.reason}: {dict(first.evidence)}",
            cause="references the verifier cannot read, or a sandbox or server that is missing",
            remedy="run `verigrad doctor`, or raise training.max_unscored_share knowingly",
        )


def require_compatible(
    rollouts: RolloutSection, training: TrainingSection, *, with_greedy: bool
) -> None:
    """ConfigError where partial rollouts meet what wants whole groups within one step."""
    if rollouts.partial is not None and rollouts.give_up_after is not None:
        raise ConfigError(
            "partial rollouts cannot be given up early",
            where="rollouts.give_up_after",
            cause="what is cut in this step goes on in the next: it is not undecided",
            remedy="leave out rollouts.partial or rollouts.give_up_after",
        )
    if rollouts.partial is not None and (training.resample_groups or with_greedy):
        raise ConfigError(
            "partial rollouts cannot be combined with "
            + ("a greedy baseline" if with_greedy else "groups drawn again in a step"),
            where="rollouts.partial",
            cause="both want whole groups within one step",
            remedy="leave out rollouts.partial, or set training.resample_groups = 0 and choose "
            "an objective without a greedy baseline",
        )


def share_out(tasks: Mapping[str, Task], count: int) -> dict[str, int]:
    """`count` shared out by weight, largest remainders first."""
    total = sum(task.weight for task in tasks.values())
    exact = {name: count * task.weight / total for name, task in tasks.items()}
    shares = {name: int(share) for name, share in exact.items()}
    left = count - sum(shares.values())
    for name in sorted(exact, key=lambda name: (shares[name] - exact[name], name))[:left]:
        shares[name] += 1
    return shares
