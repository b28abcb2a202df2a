"""One rollout while it is being played: what it asks of the engine next, and what it holds so far.

An episode is a small machine. It is `SAMPLING` until a turn of the policy is complete, `WAITING`
while the environment answers, `ASKING` while the policy answers a question of the environment,
`PAUSED` where the step's allowance of tokens is used up, and in the end `OVER`. Token ids only
grow at their end; what was sampled is never tokenised again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from verigrad.core.seeds import derive
from verigrad.core.types import Completion, Message, Problem, Rollout, StopReason
from verigrad.rollouts.environments.base import (
    Environment,
    Hearing,
    Observation,
    Reply,
    Setting,
    as_turn,
)
from verigrad.rollouts.render import Renderer
from verigrad.rollouts.sampling import Request, SamplingParameters
from verigrad.rollouts.thinking import Edit, Reasoning, Thought


class Stage(StrEnum):
    """Where an episode stands."""

    SAMPLING = "sampling"
    WAITING = "waiting"
    ASKING = "asking"
    PAUSED = "paused"
    OVER = "over"

    @property
    def wants_engine(self) -> bool:
        """True where the next thing to do is a call of the engine."""
        return self in (Stage.SAMPLING, Stage.ASKING)

    @property
    def is_resting(self) -> bool:
        """True where nothing more happens in this step."""
        return self in (Stage.PAUSED, Stage.OVER)


@dataclass(frozen=True, slots=True)
class Opening:
    """What the rollouts of a group share: the problem, how it is shown, and within what."""

    problem: Problem
    setting: Setting
    messages: Observation
    renderer: Renderer  # with the template options of the setting and of thinking
    prompt_ids: tuple[int, ...]
    seed: int
    reasoning: Reasoning | None = None


@dataclass(slots=True, eq=False)
class Episode:
    """One rollout of `opening`; `allowance` is what it may still sample in this step."""

    opening: Opening
    sample: int
    environment: Environment
    stage: Stage = Stage.SAMPLING
    stop: StopReason | None = None
    error: str = ""
    submission: str | None = None
    calls: int = 0  # of the engine so far: they address the next one's draws
    turns: int = 0  # of the policy, finished ones
    turn_start: int = 0  # where in response_ids the turn begins that is being sampled
    thought: Thought | None = None
    asked: Observation = ()
    limit: int = 0  # tokens that the last call might give at most
    allowance: int | None = None
    environment_s: float = 0.0
    is_given_up: bool = False  # not finished, because the others of its group had decided it
    told: list[tuple[bool, str]] = field(default_factory=list)  # to the environment; True: heard
    response_ids: list[int] = field(default_factory=list)
    mask: list[bool] = field(default_factory=list)
    logps: list[float] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    facts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._begin_turn()

    def give_up(self) -> None:
        """End it here, unfinished: it is no rollout."""
        self.is_given_up, self.stage = True, Stage.OVER

    # the engine -------------------------------------------------------------------------------

    def request(self, sampling: SamplingParameters, max_context: int | None) -> Request | None:
        """What is asked of the engine now; None where no room is left and the episode is over."""
        seed = self._seed()
        if self.stage is Stage.ASKING:
            return Request(self.opening.renderer.prompt(self.asked), 1, sampling, seed)
        limit = self._room(sampling, max_context)
        if limit < 1:
            self._end(StopReason.LENGTH)
            return None
        if self.thought is not None:
            budget = self.thought.limit(self._turn_tokens)
            limit = limit if budget is None else max(1, min(limit, budget))
        if self.allowance is not None:
            limit = min(limit, self.allowance)
        self.limit = limit
        part = replace(sampling, max_output_tokens=limit, **self._mark_stop(sampling))
        ids = (*self.opening.prompt_ids, *self.response_ids)
        return Request(ids, 1, part, seed, is_continued=self._goes_on())

    def take(
        self, completion: Completion, sampling: SamplingParameters, max_context: int | None
    ) -> Message | None:
        """What the engine said; a complete turn is returned for the environment to answer."""
        self.calls += 1
        if completion.stop is StopReason.ERROR:
            self._break("the engine broke this rollout")
            return None
        if self.stage is Stage.ASKING:
            self.stage = Stage.WAITING
            return Message("assistant", completion.text)
        self._append(completion.token_ids, logps=completion.logps)
        if self.allowance is not None:
            self.allowance -= len(completion.token_ids)
        edit = None
        if self.thought is not None:
            edit = self.thought.follow(self.response_ids[self.turn_start :], completion.stop)
        if edit is not None:
            self._apply(edit)
        elif completion.stop is not StopReason.LENGTH:
            return self._close_turn(completion)
        elif self._room(sampling, max_context) < 1 or len(completion.token_ids) < self.limit:
            self._count_thought()
            self.messages.append(Message("assistant", self._turn_text(completion)))
            self._end(StopReason.LENGTH)
            return None
        self._pause_if_spent()
        return None

    # the environment --------------------------------------------------------------------------

    def answer(self, message: Message) -> Reply:
        """Let the environment answer; in any thread, and whatever it raises."""
        self.told.append((bool(self.asked), message.content))
        return self._tell(message, hears=bool(self.asked))

    def tell_again(self, told: Sequence[tuple[bool, str]]) -> None:
        """Bring a new environment to where another one was, by telling it the same."""
        self.told = list(told)
        try:
            for hears, text in told:
                self._tell(Message("assistant", text), hears=hears)
        except Exception as error:  # noqa: BLE001 (as when it was told the first time)
            self.broke(error)

    def _tell(self, message: Message, *, hears: bool) -> Reply:
        if hears:
            assert isinstance(self.environment, Hearing)
            return self.environment.hear(message)
        return self.environment.step(message)

    def hear(self, reply: Reply, *, stop: StopReason) -> None:
        """What the environment said to the turn that ended by `stop`."""
        turn = as_turn(reply)
        self.asked = ()
        self.facts.update(turn.facts)
        if turn.is_over:
            self.submission = turn.submission
            self._end(stop)
        elif turn.ask:
            self.asked = turn.ask
            self.stage = Stage.ASKING
        elif self.turns >= self.opening.setting.budgets.max_turns:
            self.facts["out_of_turns"] = 1
            self._end(stop)
        else:
            self._observe(turn.messages)

    def broke(self, error: BaseException) -> None:
        """The environment raised `error` or hung: this one rollout is `failed`."""
        what = getattr(error, "what", "") or f"{type(error).__name__}: {error}"
        self._break(f"the environment broke this rollout: {what}"[:500])

    def spent(self, seconds: float) -> None:
        """The environment took so long; over its budget the rollout is `failed`."""
        self.environment_s += seconds
        limit = self.opening.setting.budgets.time_limit_s
        if self.environment_s > limit and self.stage is not Stage.OVER:
            self._break(f"the environment took over {limit:g} s in all")

    def resume(self, allowance: int | None) -> None:
        """Go on in a new step, with a new allowance."""
        self.allowance = allowance
        if self.stage is Stage.PAUSED:
            self.stage = Stage.SAMPLING

    def rollout(self) -> Rollout:
        """The finished rollout."""
        assert self.stop is not None
        return Rollout(
            problem=self.opening.problem,
            sample=self.sample,
            prompt_ids=self.opening.prompt_ids,
            response_ids=tuple(self.response_ids),
            loss_mask=tuple(self.mask),
            logps=tuple(self.logps),
            messages=tuple(self.messages),
            stop=self.stop,
            facts=self._facts(),
            submission=self.submission,
            error=self.error,
        )

    # inside -----------------------------------------------------------------------------------

    @property
    def _turn_tokens(self) -> int:
        return len(self.response_ids) - self.turn_start

    @property
    def _ends_closed(self) -> bool:
        """True where the last token closes the assistant's turn."""
        ends = self.opening.renderer.end_token_ids
        return bool(self.response_ids) and self.response_ids[-1] in ends

    def _seed(self) -> int:
        if not self.calls:
            return self.opening.seed
        return derive("turn", seed=self.opening.seed, sample=self.sample, turn=self.calls)

    def _goes_on(self) -> bool:
        more_turns = self.turns + 1 < self.opening.setting.budgets.max_turns
        return more_turns or self.thought is not None or self.allowance is not None

    def _room(self, sampling: SamplingParameters, max_context: int | None) -> int:
        """Tokens that the turn may still have, by every limit but thinking and the step's."""
        rooms = [sampling.max_output_tokens - self._turn_tokens]
        if (budget := self.opening.setting.budgets.max_tokens) is not None:
            rooms.append(budget - sum(self.mask))
        if max_context is not None:
            rooms.append(max_context - len(self.opening.prompt_ids) - len(self.response_ids))
        return min(rooms)

    def _mark_stop(self, sampling: SamplingParameters) -> Mapping[str, tuple]:
        thought = self.thought
        if thought is None or not thought.stops_at_mark:
            return {}
        if thought.rule.close_id is not None:
            return {"stop_token_ids": (*sampling.stop_token_ids, thought.rule.close_id)}
        return {"stop": (*sampling.stop, thought.rule.marks.closes)}

    def _append(self, ids: Sequence[int], *, logps: Sequence[float] | None) -> None:
        self.response_ids += ids
        self.mask += [logps is not None] * len(ids)
        self.logps += [0.0] * len(ids) if logps is None else logps

    def _apply(self, edit: Edit) -> None:
        if edit.drop:
            for column in (self.response_ids, self.mask, self.logps):
                del column[-edit.drop :]
        self._append(edit.insert, logps=None)

    def _begin_turn(self) -> None:
        self.turn_start = len(self.response_ids)
        reasoning = self.opening.reasoning
        self.thought = None if reasoning is None else Thought(reasoning)

    def _close_turn(self, completion: Completion) -> Message:
        self.turns += 1
        self._count_thought()
        message = Message("assistant", self._turn_text(completion))
        self.messages.append(message)
        self.stage = Stage.WAITING
        return message

    def _turn_text(self, completion: Completion) -> str:
        """The text of all parts of the turn, without what the engine left out of the last one."""
        own = self.response_ids[self.turn_start :]
        if len(own) == len(completion.token_ids):
            return completion.text
        decode = self.opening.renderer.decode
        left_out = len(decode(completion.token_ids)) - len(completion.text)
        text = decode(own)
        return text[: len(text) - left_out] if left_out > 0 else text

    def _observe(self, added: Observation) -> None:
        renderer = self.opening.renderer
        ids = renderer.observation(
            self.opening.messages, added, is_closed=self._ends_closed, turn=self.turns
        )
        self._append(ids, logps=None)
        self.messages.extend(added)
        self._begin_turn()
        self.stage = Stage.SAMPLING
        self._pause_if_spent()

    def _pause_if_spent(self) -> None:
        if self.allowance is not None and self.allowance < 1:
            self.stage = Stage.PAUSED

    def _count_thought(self) -> None:
        thought = self.thought
        if thought is None:
            return
        self.facts["thinking_tokens"] += thought.num_tokens
        self.facts["thinking_cut"] += thought.was_cut
        self.facts["thinking_extended"] += thought.num_extensions

    def _end(self, stop: StopReason) -> None:
        self.stage, self.stop = Stage.OVER, stop
        if self.opening.setting.submits and self.submission is None:
            self.submission = ""

    def _break(self, error: str) -> None:
        self.error = error
        self._end(StopReason.ERROR)

    def _facts(self) -> dict[str, float]:
        return {"turns": float(self.turns), **{n: float(v) for n, v in sorted(self.facts.items())}}
