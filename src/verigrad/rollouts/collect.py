"""Problems -> rollouts: episodes of an environment, advanced turn by turn, all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from verigrad.core.errors import DataError, VerigradError
from verigrad.core.seeds import derive
from verigrad.core.types import Completion, Message, Problem, Rollout, StopReason
from verigrad.rollouts.engines.base import Engine
from verigrad.rollouts.environments.base import Environment, EnvironmentFactory, Observation
from verigrad.rollouts.environments.single_turn import SingleTurn
from verigrad.rollouts.render import Renderer
from verigrad.rollouts.sampling import Request, SamplingParameters


def collect(
    problems: Sequence[Problem],
    engine: Engine,
    *,
    renderer: Renderer,
    sampling: SamplingParameters,
    num_rollouts: int,
    seeds: Sequence[int],
    environment: EnvironmentFactory = SingleTurn,
) -> list[list[Rollout]]:
    """`num_rollouts` rollouts of every problem, in order; `seeds` holds one seed a problem.

    Sampling that was cut (`StopReason.LENGTH`) ends the rollout, as does an environment that
    raises a VerigradError (`StopReason.ERROR`: data, not an end of the run). Raises DataError for
    a prompt that fills the engine's context.
    """
    groups = [
        _open_group(problem, renderer, count=num_rollouts, factory=environment)
        for problem in problems
    ]
    _check_context(groups, engine.capabilities.max_context)
    requests = [
        Request(group[0].prompt_ids, num_rollouts, sampling, seed)
        for group, seed in zip(groups, seeds, strict=True)
    ]
    for group, completions in zip(groups, engine.generate(requests), strict=True):
        for episode, completion in zip(group, completions, strict=True):
            episode.take(completion, renderer)
    _play_on(groups, engine, renderer=renderer, sampling=sampling, seeds=seeds)
    return [[episode.rollout() for episode in group] for group in groups]


@dataclass(slots=True)
class _Episode:
    """One rollout while it is being played."""

    problem: Problem
    sample: int
    environment: Environment
    opening: Observation
    prompt_ids: tuple[int, ...]
    turn: int = 0
    response_ids: list[int] = field(default_factory=list)
    mask: list[bool] = field(default_factory=list)
    logps: list[float] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    stop: StopReason | None = None  # None while it goes on

    @property
    def ids(self) -> tuple[int, ...]:
        return (*self.prompt_ids, *self.response_ids)

    def take(self, completion: Completion, renderer: Renderer) -> None:
        """The policy's turn, then the environment's answer."""
        self.turn += 1
        self._append(completion.token_ids, logps=completion.logps)
        message = Message("assistant", completion.text)
        self.messages.append(message)
        if completion.stop in (StopReason.LENGTH, StopReason.ERROR):
            self.stop = completion.stop
            return
        try:
            answer = self.environment.step(message)
        except VerigradError:
            self.stop = StopReason.ERROR
            return
        if answer is None:
            self.stop = completion.stop
            return
        is_closed = completion.token_ids[-1:] and completion.token_ids[-1] in renderer.end_token_ids
        history = (*self.opening, *self.messages)
        self._append(renderer.observation(history, answer, is_closed=bool(is_closed)), logps=None)
        self.messages.extend(answer)

    def _append(self, ids: Sequence[int], *, logps: Sequence[float] | None) -> None:
        self.response_ids += ids
        self.mask += [logps is not None] * len(ids)
        self.logps += [0.0] * len(ids) if logps is None else logps

    def rollout(self) -> Rollout:
        return Rollout(
            problem=self.problem,
            sample=self.sample,
            prompt_ids=self.prompt_ids,
            response_ids=tuple(self.response_ids),
            loss_mask=tuple(self.mask),
            logps=tuple(self.logps),
            messages=tuple(self.messages),
            stop=self.stop or StopReason.ERROR,
        )


def _open_group(
    problem: Problem, renderer: Renderer, *, count: int, factory: EnvironmentFactory
) -> list[_Episode]:
    environments = [factory() for _ in range(count)]
    openings = {environment.reset(problem) for environment in environments}
    if len(openings) != 1:
        raise DataError(
            "an environment opened one problem in two different ways",
            where=f"{factory}, problem {problem.id}",
            remedy="make reset depend on the problem alone: a group shares its prompt",
        )
    opening = openings.pop()
    ids = renderer.prompt(opening)
    return [
        _Episode(problem, sample, environment, opening, ids)
        for sample, environment in enumerate(environments)
    ]


def _check_context(groups: Sequence[Sequence[_Episode]], max_context: int | None) -> None:
    if max_context is None:
        return
    long = [group[0] for group in groups if len(group[0].prompt_ids) >= max_context]
    if long:
        first = long[0]
        raise DataError(
            f"{len(long)} of {len(groups)} prompts leave no room for an answer: "
            f"{len(first.prompt_ids)} tokens in a context of {max_context}",
            where=f"problem {first.problem.id}: {first.problem.question[:80]!r}",
            cause="long problems, or a model with a short context",
            remedy="drop or shorten these problems, or use a model with a longer context",
        )


def _play_on(
    groups: Sequence[Sequence[_Episode]],
    engine: Engine,
    *,
    renderer: Renderer,
    sampling: SamplingParameters,
    seeds: Sequence[int],
) -> None:
    """Turn after turn until every episode has ended."""
    room = engine.capabilities.max_context
    while True:
        live = [
            (episode, seed)
            for group, seed in zip(groups, seeds, strict=True)
            for episode in group
            if episode.stop is None
        ]
        for episode, _ in live:
            if room is not None and len(episode.ids) >= room:
                episode.stop = StopReason.LENGTH
        live = [(episode, seed) for episode, seed in live if episode.stop is None]
        if not live:
            return
        requests = [
            Request(
                episode.ids,
                1,
                sampling,
                derive("turn", seed=seed, sample=episode.sample, turn=episode.turn),
            )
            for episode, seed in live
        ]
        for (episode, _), (completion,) in zip(live, engine.generate(requests), strict=True):
            episode.take(completion, renderer)
