"""Problems -> rollouts: episodes of environments, advanced in rounds, all at once.

A round asks the engine for the next part of every episode that is being sampled, in one call.
Environments answer while other rows are still being sampled, and the next round begins when all
have answered: so the batches of a run, and with them every bit of its results, do not depend on how
long a tool took.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from verigrad.core.errors import DataError
from verigrad.core.types import Completion, Problem, Rollout
from verigrad.rollouts.crew import Crew, Work
from verigrad.rollouts.engines.base import Engine, arriving
from verigrad.rollouts.environments.base import Setting
from verigrad.rollouts.environments.single_turn import ONE_ANSWER
from verigrad.rollouts.episode import Episode, Opening, Stage
from verigrad.rollouts.render import Renderer
from verigrad.rollouts.sampling import Request, SamplingParameters
from verigrad.rollouts.thinking_rule import ThinkingRule

NUM_THREADS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Playing:
    """How problems are played: the setting of each task by name (others take one answer), how
    the policy may think, and how many environments may be at work at a time.
    """

    settings: Mapping[str, Setting] = field(default_factory=dict)
    thinking: ThinkingRule | None = None
    num_threads: int = NUM_THREADS

    def setting(self, problem: Problem) -> Setting:
        """The setting of the problem's task."""
        return self.settings.get(problem.task, ONE_ANSWER)


SINGLE_TURN = Playing()


def collect(
    problems: Sequence[Problem],
    engine: Engine,
    *,
    renderer: Renderer,
    sampling: SamplingParameters,
    num_rollouts: int,
    seeds: Sequence[int],
    playing: Playing = SINGLE_TURN,
) -> list[list[Rollout]]:
    """`num_rollouts` rollouts of every problem, in order; `seeds` holds one seed a problem.

    Sampling that was cut (`StopReason.LENGTH`) ends the rollout, as does an environment that
    raises, hangs or is over its time (`StopReason.ERROR`: data, not an end of the run). Raises
    DataError for a prompt that fills the engine's context.
    """
    groups = [
        open_group(problem, renderer, playing, count=num_rollouts, seed=seed)
        for problem, seed in zip(problems, seeds, strict=True)
    ]
    check_context(groups, engine.capabilities.max_context)
    for _ in Rounds(engine, sampling, playing).play(groups):
        pass
    return [[episode.rollout() for episode in group] for group in groups]


def open_group(
    problem: Problem, renderer: Renderer, playing: Playing, *, count: int, seed: int
) -> list[Episode]:
    """`count` new episodes of one problem; DataError where its environments open differently."""
    setting = playing.setting(problem)
    environments = [setting.make() for _ in range(count)]
    openings = {environment.reset(problem) for environment in environments}
    if len(openings) != 1:
        raise DataError(
            "an environment opened one problem in two different ways",
            where=f"{setting.make}, problem {problem.id}",
            remedy="make reset depend on the problem alone: a group shares its prompt",
        )
    renderer = renderer.with_options(**setting.template_options)
    messages, reasoning = openings.pop(), None
    if playing.thinking is not None:
        messages, renderer, reasoning = playing.thinking.open(messages, renderer, seed=seed)
    opening = Opening(
        problem, setting, messages, renderer, renderer.prompt(messages), seed, reasoning
    )
    return [Episode(opening, sample, env) for sample, env in enumerate(environments)]


def check_context(groups: Sequence[Sequence[Episode]], max_context: int | None) -> None:
    """DataError where prompts leave no room for an answer."""
    if max_context is None:
        return
    openings = [group[0].opening for group in groups]
    long = [opening for opening in openings if len(opening.prompt_ids) >= max_context]
    if long:
        first = long[0]
        raise DataError(
            f"{len(long)} of {len(groups)} prompts leave no room for an answer: "
            f"{len(first.prompt_ids)} tokens in a context of {max_context}",
            where=f"problem {first.problem.id}: {first.problem.question[:80]!r}",
            cause="long problems, or a model with a short context",
            remedy="drop or shorten these problems, or use a model with a longer context",
        )


class Rounds:
    """Plays groups of episodes until each of them is over or paused.

    With `is_decided`, a group of which that is true is played no further: its unfinished episodes
    are given up.
    """

    def __init__(
        self,
        engine: Engine,
        sampling: SamplingParameters,
        playing: Playing,
        *,
        is_decided: Callable[[Sequence[Episode]], bool] | None = None,
    ) -> None:
        self.engine, self.sampling, self.is_decided = engine, sampling, is_decided
        self.dropped: set[int] = set()  # requests of the round that are sampled no further
        self.max_context = engine.capabilities.max_context
        self.asked = _Asked()
        self.crew = Crew(playing.num_threads)
        self.environment_s = 0.0
        self.num_rounds = 0

    def play(self, groups: Sequence[Sequence[Episode]]) -> Iterator[int]:
        """Yields the index of every group, as soon as nothing more happens to it."""
        left = {index: sum(not e.stage.is_resting for e in g) for index, g in enumerate(groups)}
        for index in [index for index, count in left.items() if not count]:
            left.pop(index)
            yield index
        for index in self._rests(groups):
            if index not in left:
                continue
            left[index] -= 1
            if left[index] and self.is_decided is not None and self.is_decided(groups[index]):
                self._give_up(groups[index], index)
                left[index] = 0
            if not left[index]:
                del left[index]
                yield index

    def _give_up(self, group: Sequence[Episode], index: int) -> None:
        """End what is unfinished of a group, and its requests of this round."""
        for episode in group:
            if not episode.stage.is_resting:
                episode.give_up()
        for request, owners in enumerate(self.asked.owners):
            if owners[0][0] == index:
                self.dropped.add(request)

    def _rests(self, groups: Sequence[Sequence[Episode]]) -> Iterator[int]:
        """The group's index of every episode that comes to rest."""
        while True:
            asked = self.asked = self._requests(groups)
            self.dropped.clear()
            yield from asked.ended
            if not asked.requests:
                return
            self.num_rounds += 1
            found = arriving(self.engine, asked.requests, dropped=self.dropped)
            for request, sample, completion in found:
                index, episode = asked.owners[request][sample]
                if not episode.is_given_up and self._take(index, episode, completion):
                    yield index
                yield from self._claim(wait=False)
            yield from self._claim(wait=True)

    def _requests(self, groups: Sequence[Sequence[Episode]]) -> _Asked:
        """One call's requests; the first parts of a group are samples of one request."""
        asked = _Asked()
        for index, group in enumerate(groups):
            fresh: list[tuple[int, Episode]] = []
            first: Request | None = None
            for episode in group:
                if not episode.stage.wants_engine:
                    continue
                request = episode.request(self.sampling, self.max_context)
                if request is None:
                    asked.ended.append(index)
                elif episode.calls:
                    asked.add(request, [(index, episode)])
                else:
                    fresh.append((index, episode))
                    first = request
            if first is not None:
                asked.add(replace(first, num_samples=len(fresh)), fresh)
        return asked

    def _take(self, index: int, episode: Episode, completion: Completion) -> bool:
        """Hand a completion over; True where the episode has come to rest."""
        message = episode.take(completion, self.sampling, self.max_context)
        if message is None:
            return episode.stage.is_resting
        setting = episode.opening.setting
        work = Work((index, episode, completion.stop), lambda: episode.answer(message), 0.0)
        if setting.is_quick:
            work.run()
            return self._hear(work)
        self.crew.start(work.key, work.call, limit_s=setting.budgets.step_limit_s)
        return False

    def _claim(self, *, wait: bool) -> Iterator[int]:
        for work in self.crew.finished(wait=wait):
            if self._hear(work):
                yield work.key[0]

    def _hear(self, work: Work) -> bool:
        """What the environment came to; True where its episode has come to rest."""
        _, episode, stop = work.key
        self.environment_s += work.seconds
        try:
            reply = work.result()
            episode.spent(work.seconds)
            if episode.stage is not Stage.OVER:
                episode.hear(reply, stop=stop)
        except Exception as error:  # noqa: BLE001 (whatever an environment raises ends its rollout)
            episode.broke(error)
        return episode.stage.is_resting


@dataclass(slots=True)
class _Asked:
    """The requests of one round, whose they are, and groups of episodes that ended for want of
    room.
    """

    requests: list[Request] = field(default_factory=list)
    owners: list[list[tuple[int, Episode]]] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)

    def add(self, request: Request, owners: list[tuple[int, Episode]]) -> None:
        """One more request."""
        self.requests.append(request)
        self.owners.append(owners)
