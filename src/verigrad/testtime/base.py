"""The interface: a method asks, a driver answers for many problems at once, a ledger counts.

A method is a generator of engine requests, so that one engine call serves every problem that is
being worked on. Its cost is the tokens sampled for it; what is read as prompt is counted apart.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from verigrad.core.errors import ConfigError
from verigrad.core.seeds import derive
from verigrad.core.types import Completion, Message, Problem, StopReason
from verigrad.rollouts.engines.base import Engine
from verigrad.rollouts.sampling import Request, SamplingParameters
from verigrad.testtime.scoring import Scorer

Made = TypeVar("Made")
Asking = Generator[list[Request], list[list[Completion]], Made]


@dataclass(frozen=True, slots=True)
class Partial:
    """A response so far: its token ids, text, the sum of its log-probabilities, and its end."""

    prompt_ids: tuple[int, ...]
    ids: tuple[int, ...] = ()
    text: str = ""
    logp: float = 0.0
    is_done: bool = False

    @property
    def mean_logp(self) -> float:
        """Per token; 0 of nothing."""
        return self.logp / len(self.ids) if self.ids else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of one problem: `budget` sampled tokens in all, `answer` in one response, `step` in one
    step, which `separator` ends; no search goes deeper than `depth` steps.
    """

    budget: int
    answer: int
    step: int = 16
    depth: int = 8
    separator: str = "\n"
    temperature: float = 0.8

    def __post_init__(self) -> None:
        if min(self.budget, self.answer, self.step, self.depth) < 1 or not self.separator:
            raise ConfigError(
                "limits are at least 1 and the separator is not empty", where=f"{self}"
            )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a method answered, and what it cost in tokens sampled, tokens read and rounds."""

    problem: Problem
    response: str
    num_tokens: int
    num_read: int
    num_rounds: int


@dataclass
class Session:
    """One problem under one method: what it may still spend, and how it asks."""

    problem: Problem
    scorer: Scorer
    limits: Limits
    render: Callable[[Sequence[Message]], tuple[int, ...]]
    encode: Callable[[str], tuple[int, ...]]
    name: str
    seed: int = 0
    max_context: int | None = None
    spent: int = 0
    read: int = 0
    rounds: int = 0
    start: Partial = field(init=False)
    _scores: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.start = Partial(self.render(self.problem.prompt))

    @property
    def left(self) -> int:
        """Tokens of the budget that are not spent."""
        return self.limits.budget - self.spent

    def score(self, text: str) -> float:
        """The scorer's word on a whole response, asked once of each."""
        if text not in self._scores:
            self._scores[text] = self.scorer.final(self.problem, text)
        return self._scores[text]

    def hope(self, text: str) -> float:
        """The scorer's word on a response so far."""
        return self.scorer.partial(self.problem, text)

    def is_solved(self, text: str) -> bool:
        """True where the scorer is certain: there is nothing more to look for."""
        return self.score(text) >= 1.0

    def finish(
        self, drafts: Sequence[Partial], count: int = 1, *, temperature: float | None = None
    ) -> Asking[list[Partial]]:
        """`count` whole responses from each draft, as far as the budget reaches."""
        return self._ask(drafts, count, self.limits.answer, (), temperature)

    def steps(self, drafts: Sequence[Partial], count: int) -> Asking[list[Partial]]:
        """`count` next steps of each draft, as far as the budget reaches."""
        return self._ask(drafts, count, self.limits.step, (self.limits.separator,), None)

    def _ask(
        self,
        drafts: Sequence[Partial],
        count: int,
        limit: int,
        stop: tuple[str, ...],
        temperature: float | None,
    ) -> Asking[list[Partial]]:
        open_drafts = [d for d in drafts if not d.is_done and self._room(d, limit) > 0]
        if not open_drafts or self.left <= 0:
            return []
        rows = max(1, self.left // limit)  # a cut answer is worth less than none: fewer, whole
        open_drafts = open_drafts[:rows]
        count = max(1, min(count, rows // len(open_drafts)))
        share = self.left // (count * len(open_drafts))
        asked = [
            Request(
                (*draft.prompt_ids, *draft.ids),
                count,
                SamplingParameters(
                    max_output_tokens=min(share, self._room(draft, limit)),
                    temperature=self.limits.temperature if temperature is None else temperature,
                    stop=stop,
                ),
                self._seed(place),
            )
            for place, draft in enumerate(open_drafts)
        ]
        answers = yield asked
        self.rounds += 1
        self.read += sum(len(request.prompt_ids) for request in asked)
        self.spent += sum(len(c.token_ids) for group in answers for c in group)
        return [
            self._grown(draft, completion)
            for draft, group in zip(open_drafts, answers, strict=True)
            for completion in group
        ]

    def _room(self, draft: Partial, limit: int) -> int:
        whole = self.limits.answer - len(draft.ids)
        if self.max_context is not None:
            whole = min(whole, self.max_context - len(draft.prompt_ids) - len(draft.ids))
        return min(limit, whole)

    def _seed(self, place: int) -> int:
        return derive(
            "testtime",
            method=self.name,
            problem=self.problem.id,
            round=self.rounds,
            place=place,
            seed=self.seed,
        )

    def _grown(self, draft: Partial, completion: Completion) -> Partial:
        ids, text = completion.token_ids, completion.text
        if completion.stop is StopReason.STOP:
            separator = self.encode(self.limits.separator)
            if ids[-len(separator) :] != separator:  # engines differ in whether they keep it
                ids = (*ids, *separator)
            text += self.limits.separator
        return replace(
            draft,
            ids=(*draft.ids, *ids),
            text=draft.text + text,
            logp=draft.logp + sum(completion.logps),
            is_done=completion.stop is StopReason.END,
        )


class Method(Protocol):
    """Spends a session's tokens and gives the response it settles on."""

    @property
    def name(self) -> str:
        """As it is asked for and shown."""
        ...

    def solve(self, session: Session) -> Asking[str]:
        """Yields requests, is sent their completions, returns the response."""
        ...


def solve_all(method: Method, sessions: Sequence[Session], engine: Engine) -> list[Outcome]:
    """Every session's outcome, in order; one engine call a round for all that still ask."""
    runs = [method.solve(session) for session in sessions]
    answers: dict[int, str] = {}
    asked: dict[int, list[Request]] = {}

    def advance(index: int, sent: list[list[Completion]] | None) -> None:
        try:
            run = runs[index]
            asked[index] = next(run) if sent is None else run.send(sent)
        except StopIteration as end:
            answers[index] = end.value

    for index in range(len(runs)):
        advance(index, None)
    while asked:
        turn, asked = asked, {}
        came = iter(engine.generate([request for own in turn.values() for request in own]))
        for index, own in turn.items():
            advance(index, [next(came) for _ in own])
    return [
        Outcome(s.problem, answers[index], s.spent, s.read, s.rounds)
        for index, s in enumerate(sessions)
    ]
