"""Many whole responses, one of them chosen: voting, best of n."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from verigrad.testtime.base import Asking, Partial, Session

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Greedy:
    """One answer, the likeliest token each time."""

    name: str = "greedy"

    def solve(self, session: Session) -> Asking[str]:
        """The response."""
        drafts = yield from session.finish([session.start], temperature=0.0)
        return drafts[0].text if drafts else ""


def sample_all(session: Session, stops: Callable[[str], bool]) -> Asking[list[Partial]]:
    """Responses until the budget is spent or `stops` is true of one."""
    found: list[Partial] = []
    while session.left > 0:
        more = yield from session.finish([session.start], _AT_ONCE)
        found += more
        if not more or any(stops(draft.text) for draft in more):
            break
    return found


@dataclass(frozen=True, slots=True)
class SelfConsistency:
    """The commonest answer (Wang et al., arXiv:2203.11171); never asks whether it is right.

    `is_weighted`: a response counts as much as its likelihood per token, times what the scorer
    hopes of it. Ties go to the answer that came first. Responses without an answer do not vote.
    """

    is_weighted: bool = False

    @property
    def name(self) -> str:
        """`vote` or `weighted-vote`."""
        return "weighted-vote" if self.is_weighted else "vote"

    def solve(self, session: Session) -> Asking[str]:
        """The first response with the winning answer."""
        drafts = yield from sample_all(session, lambda _: False)
        return elect(session, drafts, is_weighted=self.is_weighted)


def elect(session: Session, drafts: Sequence[Partial], *, is_weighted: bool) -> str:
    """The first response that gives the answer with the most weight."""
    weights: dict[str, float] = defaultdict(float)
    first: dict[str, str] = {}
    for draft in drafts:
        answer = session.scorer.vote(session.problem, draft.text)
        if answer is None:
            continue
        weight = math.exp(draft.mean_logp) if is_weighted else 1.0
        if is_weighted:
            weight *= session.hope(draft.text)
        weights[answer] += weight
        first.setdefault(answer, draft.text)
    if not weights:
        return drafts[0].text if drafts else ""
    return first[max(weights, key=weights.__getitem__)]


@dataclass(frozen=True, slots=True)
class BestOfN:
    """As many responses as the budget holds; the best by the verifier's score.

    `is_reranked`: by the process score instead, the verifier unasked. Ties go to the likelier.
    """

    is_reranked: bool = False

    @property
    def name(self) -> str:
        """`best-of-n` or `rerank`."""
        return "rerank" if self.is_reranked else "best-of-n"

    def solve(self, session: Session) -> Asking[str]:
        """The response that scored best."""
        stops = (lambda _: False) if self.is_reranked else session.is_solved
        drafts = yield from sample_all(session, stops)
        score = session.hope if self.is_reranked else session.score
        ranked = sorted(drafts, key=lambda d: (score(d.text), d.mean_logp), reverse=True)
        return ranked[0].text if ranked else ""
