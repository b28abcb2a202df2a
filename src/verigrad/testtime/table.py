"""Every method by name."""

from __future__ import annotations

from collections.abc import Sequence

from verigrad.core.errors import UsageError
from verigrad.core.registry import nearest
from verigrad.testtime.base import Method
from verigrad.testtime.mcts import TreeSearch
from verigrad.testtime.parallel import BestOfN, Greedy, SelfConsistency
from verigrad.testtime.sequential import BudgetForcing, Revision
from verigrad.testtime.trees import DepthFirst, Levels

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Greedy(),
        SelfConsistency(),
        SelfConsistency(is_weighted=True),
        BestOfN(),
        BestOfN(is_reranked=True),
        Levels(),
        DepthFirst(),
        Levels(is_beam=True),
        TreeSearch(),
        Revision(),
        BudgetForcing(),
    )
}


def find_methods(names: Sequence[str]) -> list[Method]:
    """The methods of these names, all of them for `all`; UsageError for a name there is not."""
    if list(names) == ["all"]:
        return list(METHODS.values())
    for name in names:
        if name not in METHODS:
            raise UsageError(
                f'there is no method "{name}"',
                where="--methods",
                remedy=f"{nearest(name, list(METHODS))}methods: {', '.join(METHODS)}",
            )
    return [METHODS[name] for name in names]
