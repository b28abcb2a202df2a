r"""Blocks world: rebuild towers with one hand. `\boxed{unstack a b; put_down a; ...}`.

The STRIPS actions are those of the planning competitions; the verifier is `planning`.
"""

from __future__ import annotations

import random
import string
from itertools import pairwise
from typing import Any, ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed

ACTIONS: list[dict[str, Any]] = [
    {
        "name": "pick_up",
        "parameters": {"?x": "block"},
        "needs": [["clear", "?x"], ["on_table", "?x"], ["hand_empty"]],
        "adds": [["holding", "?x"]],
        "removes": [["clear", "?x"], ["on_table", "?x"], ["hand_empty"]],
    },
    {
        "name": "put_down",
        "parameters": {"?x": "block"},
        "needs": [["holding", "?x"]],
        "adds": [["clear", "?x"], ["on_table", "?x"], ["hand_empty"]],
        "removes": [["holding", "?x"]],
    },
    {
        "name": "stack",
        "parameters": {"?x": "block", "?y": "block"},
        "needs": [["holding", "?x"], ["clear", "?y"]],
        "adds": [["on", "?x", "?y"], ["clear", "?x"], ["hand_empty"]],
        "removes": [["holding", "?x"], ["clear", "?y"]],
    },
    {
        "name": "unstack",
        "parameters": {"?x": "block", "?y": "block"},
        "needs": [["on", "?x", "?y"], ["clear", "?x"], ["hand_empty"]],
        "adds": [["holding", "?x"], ["clear", "?y"]],
        "removes": [["on", "?x", "?y"], ["clear", "?x"], ["hand_empty"]],
    },
]
Towers = list[list[str]]  # each from the bottom up


class BlocksOptions(Options):
    """How many `blocks`."""

    blocks: int = Field(default=4, ge=3, le=20)


class Blocksworld(Generator):
    """Random towers before and after; the reference takes everything down that is not in place."""

    name: ClassVar[str] = "blocksworld"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "planning"
    dial: ClassVar[str] = "blocks"
    options_type: ClassVar[type[Options]] = BlocksOptions

    def draw(self, source: random.Random) -> Draft:
        """Towers that differ; the goal names what stands on what and on the table."""
        blocks = list(string.ascii_lowercase[: self.options.blocks])
        before = after = _towers(source, blocks)
        while after == before:
            after = _towers(source, blocks)
        plan = _plan(before, after)
        answer = "; ".join(" ".join(step) for step in plan)
        return Draft(
            key=[before, after],
            question=(
                f"Towers, from the bottom up: {_show(before)}. Wanted: {_show(after)}. Steps: "
                "pick_up x (from the table), put_down x, stack x y, unstack x y; one block in the "
                "hand at a time, and only clear blocks move.\n"
                "Answer like this: unstack a b; put_down a"
            ),
            answer=answer,
            solution=boxed(answer),
            info={
                "objects": dict.fromkeys(blocks, "block"),
                "actions": ACTIONS,
                "init": [*_facts(before), *_clear(before), ["hand_empty"]],
                "goal": _facts(after),
            },
        )


def _towers(source: random.Random, blocks: list[str]) -> Towers:
    towers: Towers = []
    for block in source.sample(blocks, len(blocks)):
        place = source.randrange(len(towers) + 1)
        if place == len(towers):
            towers.append([block])
        else:
            towers[place].append(block)
    return sorted(towers)


def _show(towers: Towers) -> str:
    return " | ".join(" ".join(tower) for tower in towers)


def _facts(towers: Towers) -> list[list[str]]:
    facts = [["on_table", tower[0]] for tower in towers]
    return facts + [["on", up, down] for t in towers for down, up in pairwise(t)]


def _clear(towers: Towers) -> list[list[str]]:
    return [["clear", tower[-1]] for tower in towers]


def _plan(before: Towers, after: Towers) -> list[tuple[str, ...]]:
    """Take down all that does not stand as wanted, then build from the bottom up."""
    kept = [_kept(tower, after) for tower in before]
    plan: list[tuple[str, ...]] = []
    for tower, height in zip(before, kept, strict=True):
        for place in range(len(tower) - 1, max(height, 1) - 1, -1):
            plan += [("unstack", tower[place], tower[place - 1]), ("put_down", tower[place])]
    standing = {block for t, height in zip(before, kept, strict=True) for block in t[:height]}
    for tower in after:
        for down, up in pairwise(tower):
            if up not in standing:
                plan += [("pick_up", up), ("stack", up, down)]
    return plan


def _kept(tower: list[str], after: Towers) -> int:
    """How many blocks of a tower, from the bottom, stand as wanted."""
    wanted = next((t for t in after if t[0] == tower[0]), [])
    height = 0
    while height < min(len(tower), len(wanted)) and tower[height] == wanted[height]:
        height += 1
    return height
