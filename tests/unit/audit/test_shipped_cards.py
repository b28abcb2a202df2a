"""Every shipped recipe's verifiers have a card that holds, made by this version of their code."""

from pathlib import Path
from typing import get_args

import pytest

from verigrad.audit.gate import CardStore, objections
from verigrad.core.config import read
from verigrad.core.recipe import Recipe
from verigrad.core.trust import Control
from verigrad.judging.bind import bind_tasks

ROOT = Path(__file__).parents[3]
RECIPES = sorted((ROOT / "recipes").glob("*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_shipped_recipes_train_without_an_audit(path, tmp_path):
    store = CardStore.at(tmp_path)  # nothing of one's own: what ships must do
    for task in bind_tasks(read(Recipe, path).recipe).values():
        card = store.find(task.verifier.digest)
        assert card is not None, "stale: run `make cards`"
        assert objections(card) == []


CONTROLS = sorted((ROOT / "recipes" / "controls").glob("*.toml"))


@pytest.mark.parametrize("path", CONTROLS, ids=lambda path: path.stem)
def test_a_control_is_the_quickstart_with_another_reward(path):
    control = read(Recipe, path).recipe.model_dump()
    plain = read(Recipe, ROOT / "recipes" / "quickstart.toml").recipe.model_dump()
    assert control["training"].pop("control") == path.stem
    assert plain["training"].pop("control") == "none"
    assert {**control, "name": ""} == {**plain, "name": ""}


def test_every_control_is_a_recipe():
    assert {path.stem for path in CONTROLS} == set(get_args(Control)) - {"none"}
