"""Mutants are single changes, and only of what the entry point needs."""

import ast
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verigrad.core.errors import DataError
from verigrad.verifiers.code.mutants import mutants
from verigrad.verifiers.code.variations import vary

SOURCE = '''"""Words."""
def helper(x: int = 7) -> int:
    """Docs 5."""
    return x * 2
def unused(x):
    return x - 1
def f(items, limit=3):
    """Docs 4."""
    found = []
    for item in items:
        if item < limit and item != 0:
            found.append(helper(item))
    return found
'''


def test_every_mutant_parses_and_differs_from_all_others() -> None:
    found = mutants(SOURCE, entry_point="f", limit=1000, seed=0)
    texts = {ast.unparse(ast.parse(mutant.source)) for mutant in found}
    assert len(texts) == len(found) >= 15
    assert ast.unparse(ast.parse(SOURCE)) not in texts


def test_docs_defaults_and_unused_definitions_are_left_alone() -> None:
    for mutant in mutants(SOURCE, entry_point="f", limit=1000, seed=0):
        for kept in ("Docs 4", "Docs 5", "x: int=7", "limit=3", "return x - 1"):
            assert kept in mutant.source, mutant.change


def test_the_known_changes_are_there() -> None:
    changes = {mutant.change for mutant in mutants(SOURCE, entry_point="f", limit=1000, seed=0)}
    assert {
        "compare Lt -> LtE", "And -> Or", "Mult -> Add", "return None", "statement dropped",
        "condition negated", "0 -> 1", "first item left out",
    } <= changes  # fmt: skip


def test_the_seed_chooses() -> None:
    few = [mutants(SOURCE, entry_point="f", limit=5, seed=seed) for seed in (0, 0, 1)]
    assert few[0] == few[1] != few[2]


def test_no_python_no_mutants() -> None:
    with pytest.raises(DataError):
        mutants("def (", limit=1, seed=0)


@given(
    st.recursive(
        st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
        lambda inner: st.one_of(st.lists(inner), st.lists(inner).map(tuple)),
        max_leaves=6,
    ),
    st.integers(0, 9),
)
def test_variations_keep_the_type(value, seed) -> None:
    assert type(vary(value, random.Random(seed))) is type(value)
