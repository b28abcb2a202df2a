"""A problem's constraints as data: a list, IFEval's columns, or a tree of them.

[{"id": "punctuation:no_comma"}, {"id": "length:words", "least": 50, "most": 80}]
{"any_of": [{"id": ...}, {"all_of": [{"id": ...}, {"id": ...}]}]}
{"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from verigrad.core.registry import nearest
from verigrad.verifiers.constraints.rule import ArgumentError, Rule
from verigrad.verifiers.constraints.table import RULES

MAX_CONSTRAINTS = 100
MAX_DEPTH = 8
_JOINS = ("all_of", "any_of", "fraction_of")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One constraint with its arguments."""

    id: str
    rule: Rule
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Join:
    """Constraints taken together: `all_of`, `any_of` or `fraction_of` (the mean)."""

    how: str
    members: tuple[Node, ...]


Node = Leaf | Join


def read_tree(answer: Any, *, how: str) -> Node:
    """The tree that a reference describes; ArgumentError that says what is wrong with it.

    A bare list is joined by `how`.
    """
    if isinstance(answer, str):
        try:
            answer = json.loads(answer)
        except (ValueError, RecursionError):
            raise ArgumentError("the constraints are not JSON") from None
    if isinstance(answer, list) and len(answer) == 1 and _columns(answer[0]):
        answer = answer[0]  # open-instruct keeps its one row in a list
    if columns := _columns(answer):
        answer = columns
    node = Join(how, _members(answer, 1)) if isinstance(answer, list) else _node(answer, 0)
    if sum(1 for _ in leaves(node)) > MAX_CONSTRAINTS:
        raise ArgumentError(f"over {MAX_CONSTRAINTS} constraints")
    return node


def _columns(answer: Any) -> list[Any] | None:
    """IFEval's two columns as a list of constraints; None where `answer` is something else."""
    if not isinstance(answer, Mapping):
        return None
    ids = answer.get("instruction_id_list", answer.get("instruction_id"))
    given = answer.get("kwargs")
    if ids is None:
        return None
    if not isinstance(ids, list) or not isinstance(given, list) or len(ids) != len(given):
        raise ArgumentError("instruction ids and kwargs must be lists of equal length")
    return [{"id": name, "arguments": each or {}} for name, each in zip(ids, given, strict=True)]


def _members(items: Any, depth: int) -> tuple[Node, ...]:
    if not isinstance(items, list) or not items:
        raise ArgumentError("no constraints: nothing to check is not a pass")
    return tuple(_node(item, depth) for item in items)


def _node(item: Any, depth: int) -> Node:
    if not isinstance(item, Mapping) or depth > MAX_DEPTH:
        raise ArgumentError(
            f"a constraint is an object with an id, nested at most {MAX_DEPTH} deep"
        )
    joins = [how for how in _JOINS if how in item]
    if joins:
        if len(item) != 1:
            raise ArgumentError(f"{joins[0]} stands alone in its object")
        return Join(joins[0], _members(item[joins[0]], depth + 1))
    name = item.get("id")
    if not isinstance(name, str) or name not in RULES:
        hint = nearest(str(name), list(RULES))
        raise ArgumentError(f"unknown constraint {name!r:.80}; {hint}")
    given = item.get("arguments", {key: value for key, value in item.items() if key != "id"})
    if not isinstance(given, Mapping):
        raise ArgumentError(f"{name}: arguments must be an object")
    try:
        return Leaf(name, RULES[name], RULES[name].bind(given))
    except ArgumentError as error:
        raise ArgumentError(f"{name}: {error}") from None


def leaves(node: Node) -> Iterator[Leaf]:
    """Every constraint, in order."""
    if isinstance(node, Leaf):
        yield node
        return
    for member in node.members:
        yield from leaves(member)


def score(node: Node, followed: Iterator[bool]) -> float:
    """The score of a tree, given whether each leaf (in the order of `leaves`) is followed.

    all_of [1, 0] is 0, any_of [1, 0] is 1, fraction_of [1, 0] is 0.5.
    """
    if isinstance(node, Leaf):
        return float(next(followed))
    scores = [score(member, followed) for member in node.members]
    if node.how == "fraction_of":
        return sum(scores) / len(scores)
    full = [value == 1.0 for value in scores]
    return float(all(full) if node.how == "all_of" else any(full))
