"""Monte Carlo tree search over steps."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from verigrad.testtime.base import Asking, Partial, Session
from verigrad.testtime.trees import best_leaf


@dataclass
class _Node:
    draft: Partial
    parent: _Node | None = None
    children: list[_Node] = field(default_factory=list)
    visits: int = 0
    total: float = 0.0
    is_expanded: bool = False

    def chosen(self, exploration: float) -> _Node:
        """The child with the greatest upper confidence bound (UCT, Kocsis and Szepesvari 2006)."""
        log = math.log(max(1, self.visits))

        def bound(child: _Node) -> float:
            if not child.visits:
                return math.inf
            return child.total / child.visits + exploration * math.sqrt(log / child.visits)

        return max(self.children, key=bound)


@dataclass(frozen=True, slots=True)
class TreeSearch:
    """Selects by UCT, expands `branch` steps, plays one response to its end from the first new
    one, and carries its score up. The score is the verifier's, or half the hope where that is 0.
    """

    branch: int = 3
    exploration: float = 1.0
    name: str = "mcts"

    def solve(self, session: Session) -> Asking[str]:
        """The best response of all that were played to their end."""
        root, leaves = _Node(session.start), []
        while session.left > 0:
            before, node = session.spent, self._selected(root, session)
            if not node.is_expanded and not node.draft.is_done:
                grown = yield from session.steps([node.draft], self.branch)
                distinct = {draft.text: draft for draft in grown}
                node.children = [_Node(draft, node) for draft in distinct.values()]
                node.is_expanded = True
                node = node.chosen(self.exploration) if node.children else node
            ended = [node.draft]
            if not node.draft.is_done:
                ended = yield from session.finish([node.draft])
            for draft in ended:
                leaves.append(draft)
                if session.is_solved(draft.text):
                    return draft.text
            _carry_up(node, max((self._value(session, d) for d in ended), default=0.0))
            if session.spent == before and self._is_over(root):
                break
        return best_leaf(session, leaves)

    def _selected(self, root: _Node, session: Session) -> _Node:
        node, depth = root, 0
        while node.children and depth < session.limits.depth:
            node, depth = node.chosen(self.exploration), depth + 1
        return node

    def _value(self, session: Session, draft: Partial) -> float:
        return session.score(draft.text) or 0.5 * session.hope(draft.text)

    def _is_over(self, root: _Node) -> bool:
        """True where visits that cost nothing repeat: every branch has come to its end."""
        return root.visits > 200 * max(1, len(root.children))


def _carry_up(node: _Node | None, value: float) -> None:
    while node is not None:
        node.visits += 1
        node.total += value
        node = node.parent
