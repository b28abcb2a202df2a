"""Search over steps: tree of thoughts breadth and depth first, and beam search.

Every search begins anew, with other draws, while budget is left and no leaf is certain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from verigrad.testtime.base import Asking, Partial, Session


def best_leaf(session: Session, leaves: Sequence[Partial]) -> str:
    """The leaf with the best final score, the likelier of equals; "" of none."""
    ranked = sorted(
        leaves,
        key=lambda leaf: (session.score(leaf.text), leaf.mean_logp),
        reverse=True,
    )
    return ranked[0].text if ranked else ""


def restarted(session: Session, search: Callable[[Session], Asking[list[Partial]]]) -> Asking[str]:
    """Repeats `search` until a leaf is certain or nothing more can be spent."""
    leaves: list[Partial] = []
    while session.left > 0:
        before = session.spent
        leaves += yield from search(session)
        if session.spent == before or any(session.is_solved(leaf.text) for leaf in leaves):
            break
    return best_leaf(session, leaves)


def _distinct(drafts: Sequence[Partial]) -> list[Partial]:
    return list({draft.text: draft for draft in reversed(drafts)}.values())[::-1]


@dataclass(frozen=True, slots=True)
class Levels:
    """Level by level: each of `width` states is continued `branch` ways, and the best go on.

    By the scorer's hope, then likelihood, without repetitions: tree of thoughts, breadth first
    (Yao et al., arXiv:2305.10601). `is_beam` ranks by log-likelihood per token plus hope
    instead and keeps repetitions: beam search over steps.
    """

    width: int = 3
    branch: int = 3
    is_beam: bool = False

    @property
    def name(self) -> str:
        """`beam` or `tree-breadth`."""
        return "beam" if self.is_beam else "tree-breadth"

    def solve(self, session: Session) -> Asking[str]:
        """The best leaf."""
        return (yield from restarted(session, self._search))

    def _search(self, session: Session) -> Asking[list[Partial]]:
        front, leaves = [session.start], []
        for _ in range(session.limits.depth):
            branch = self.branch if front[0].ids else self.branch * self.width
            grown = yield from session.steps(front, branch)
            leaves += [draft for draft in grown if draft.is_done]
            going = [draft for draft in grown if not draft.is_done]
            if not going or any(session.is_solved(leaf.text) for leaf in leaves):
                break
            going = going if self.is_beam else _distinct(going)
            front = sorted(going, key=self._rank(session), reverse=True)[: self.width]
        return leaves

    def _rank(self, session: Session) -> Callable[[Partial], tuple[float, float]]:
        def rank(draft: Partial) -> tuple[float, float]:
            hope = session.hope(draft.text)
            return (draft.mean_logp + hope, hope) if self.is_beam else (hope, draft.mean_logp)

        return rank


@dataclass(frozen=True, slots=True)
class DepthFirst:
    """Tree of thoughts, depth first: the most hopeful of `branch` next steps is followed to its
    end; a step hoped of below `threshold` is given up, and search turns back.
    """

    branch: int = 3
    threshold: float = 0.5
    name: str = "tree-depth"

    def solve(self, session: Session) -> Asking[str]:
        """The best leaf."""
        return (yield from restarted(session, self._search))

    def _search(self, session: Session) -> Asking[list[Partial]]:
        stack, leaves = [(session.start, 0)], []
        while stack and session.left > 0:
            draft, depth = stack.pop()
            if draft.is_done:
                leaves.append(draft)
                if session.is_solved(draft.text):
                    break
                continue
            if depth >= session.limits.depth:
                continue
            grown = _distinct((yield from session.steps([draft], self.branch)))
            hopes = [(session.hope(d.text), d.mean_logp) for d in grown]
            ordered = sorted(zip(hopes, range(len(grown)), strict=True))
            stack += [(grown[i], depth + 1) for hope, i in ordered if hope[0] >= self.threshold]
        return leaves
