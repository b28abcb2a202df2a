"""Binding of recipes: every problem at once, nearest names, overrides, provenance."""

import pytest

from verigrad.core.config import bind, flatten, parse_overrides
from verigrad.core.errors import ConfigError
from verigrad.core.recipe import Recipe

GOOD = """
name = "t"
[model.build]
hidden_size = 16
[[task]]
name = "a"
source = { generator = "addition", digits = 2 }
verifier = { kind = "math", answer_in = "boxed" }
[training]
steps = 3
"""


def test_a_recipe_keeps_its_values_and_the_defaults():
    recipe = bind(Recipe, GOOD).recipe
    assert recipe.training.steps == 3
    assert recipe.rollouts.num_rollouts == 8
    assert recipe.task[0].source.switches == {"digits": 2}
    assert recipe.task[0].verifier.switches == {"answer_in": "boxed"}


def test_all_problems_are_named_at_once_with_lines_and_nearest_names():
    text = GOOD.replace("hidden_size", "hiden_size") + "learning_rat = 1\nbeta1 = 2.0\n"
    with pytest.raises(ConfigError) as caught:
        bind(Recipe, text, name="r.toml")
    message = str(caught.value)
    assert "3 problems in r.toml" in message
    assert '`model.build.hiden_size` (r.toml:4). did you mean "hidden_size"' in message
    assert '`training.learning_rat` (r.toml:11). did you mean "learning_rate"' in message
    assert "`training.beta1` = 2.0 (r.toml:12)" in message
    assert caught.value.exit_code == 3


def test_overrides_win_and_are_remembered():
    bound = bind(Recipe, GOOD, overrides=["training.steps=7", "task.0.name=b", "name=other"])
    assert (bound.recipe.training.steps, bound.recipe.task[0].name) == (7, "b")
    assert bound.provenance.why("training.steps") == "--set training.steps=7"
    assert bound.provenance.why("model.build.hidden_size") == "recipe:4"
    assert bound.provenance.why("rollouts.top_p") == "default"


@pytest.mark.parametrize("override", ["steps", "=3", "task.5.name=x", "name.x=1"])
def test_bad_overrides_are_refused(override):
    with pytest.raises(ConfigError):
        bind(Recipe, GOOD, overrides=[override])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('name = "t"', 'name = "t'), "not valid TOML"),
        (("[model.build]\nhidden_size = 16", ""), "missing key `model`"),
        (("[model.build]", "[model]\npath = 'x'\n[model.build]"), "not both"),
        (('generator = "addition", ', 'path = "a.jsonl", '), "unknown keys ['digits']"),
        (
            (
                "[training]",
                "[[task]]\nname='a'\nsource={path='x'}\nverifier={kind='m'}\n[training]",
            ),
            "twice: ['a']",
        ),
    ],
)
def test_contradictions_are_explained(change, says):
    with pytest.raises(ConfigError, match=r"(?s).*") as caught:
        bind(Recipe, GOOD.replace(*change))
    assert says in str(caught.value)


def test_flatten_and_parse_overrides():
    assert flatten({"a": {}, "b": [1, 2]}) == {"a": {}, "b": [1, 2]}
    assert parse_overrides(["a=1", "b.c=yes", "d=[1, 2]"]) == {
        "a": 1,
        "b": {"c": "yes"},
        "d": [1, 2],
    }
