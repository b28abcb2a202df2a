"""A recipe's `[sandbox]`: which walls, whose machine, and what the record says of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from verigrad.core.config import bind
from verigrad.core.errors import ConfigError
from verigrad.core.isolation import SandboxSection
from verigrad.core.recipe import Recipe
from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Status
from verigrad.judging.bind import bind_tasks
from verigrad.judging.sandbox import TOKEN, bind_sandbox, sandbox_facts
from verigrad.sandbox import Level, shared_sandbox, use_sandbox
from verigrad.sandbox.local import LocalSandbox
from verigrad.sandbox.remote import RemoteSandbox
from verigrad.verifiers.code import Code

RECIPE = """
name = "sums"
[model.build]
[[task]]
name = "sums"
source = { generator = "addition" }
verifier = { kind = "exact" }
"""
UNSAFE = RECIPE + '[sandbox]\nlevel = "process"\nallow_unsafe = true\n'
ADD = {"entry_point": "add", "cases": [{"args": [1, 2], "expected": 3}]}


@pytest.fixture(autouse=True)
def nothing_bound_afterwards() -> Iterator[None]:
    use_sandbox(None)
    yield
    bind_sandbox(SandboxSection())


def test_no_walls_are_refused_unless_the_recipe_says_so() -> None:
    for line in ('level = "process"', 'minimum = "process"'):
        with pytest.raises(ConfigError, match="allow_unsafe"):
            bind(Recipe, RECIPE + f"[sandbox]\n{line}\n")


def test_a_recipe_that_allows_it_has_it_in_record_and_verdicts() -> None:
    recipe = bind(Recipe, UNSAFE).recipe
    assert recipe.model_dump(mode="json")["sandbox"]["allow_unsafe"] is True
    bind_tasks(recipe)
    assert sandbox_facts() == {"sandbox": {"level": "process", "has_walls": False}}
    verdict = Code().verify(Problem.of("", ADD), "def add(a, b):\n    return a + b\n")
    assert verdict.is_correct
    assert verdict.evidence["level"] == "process"


def test_a_task_may_demand_more_than_the_recipe_gives() -> None:
    bind_tasks(bind(Recipe, UNSAFE).recipe)
    code = Code(minimum_level=Level.SECCOMP)
    verdict = code.verify(Problem.of("", ADD), "def add(a, b):\n    return a + b\n")
    assert (verdict.status, verdict.reason) == (Status.FAILED, Reason.INFRASTRUCTURE)


def test_the_next_recipe_is_behind_walls_again() -> None:
    bind_tasks(bind(Recipe, UNSAFE).recipe)
    bind_tasks(bind(Recipe, RECIPE).recipe)
    sandbox = shared_sandbox()
    assert isinstance(sandbox, LocalSandbox)
    assert sandbox.level.is_wall
    assert sandbox_facts() == {}


def test_a_sandbox_given_by_hand_stays_where_the_recipe_says_nothing() -> None:
    with LocalSandbox(slots=1) as given:
        use_sandbox(given)
        bind_tasks(bind(Recipe, RECIPE).recipe)
        assert shared_sandbox() is given


def test_a_server_is_asked_with_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = bind(Recipe, RECIPE + '[sandbox]\nurl = "http://10.0.0.5:8711"\n').recipe
    monkeypatch.delenv(TOKEN, raising=False)
    with pytest.raises(ConfigError, match="secret"):
        bind_tasks(recipe)
    monkeypatch.setenv(TOKEN, "word")
    bind_tasks(recipe)
    assert isinstance(shared_sandbox(), RemoteSandbox)
    assert sandbox_facts()["sandbox"]["level"] == "remote"


def test_what_a_server_decides_cannot_be_said_here() -> None:
    with pytest.raises(ConfigError, match="only `minimum`"):
        bind(Recipe, RECIPE + '[sandbox]\nurl = "http://10.0.0.5:8711"\nslots = 2\n')
