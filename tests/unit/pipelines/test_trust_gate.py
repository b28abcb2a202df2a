"""`train` refuses a verifier without a card that holds, and keeps the reason of who goes on."""

import json

import pytest

torch = pytest.importorskip("torch")

from test_train import TINY

from verigrad.audit.gate import CardStore
from verigrad.core.config import bind
from verigrad.core.errors import HaltedError
from verigrad.core.recipe import Recipe
from verigrad.pipelines.audit import audit
from verigrad.pipelines.train import train
from verigrad.records.chain import verify_chain
from verigrad.records.run import RunFolder

OTHER = 'task.0.verifier={ kind = "math", answer_in = "boxed", percent = "number" }'
REASON = "I am testing the gate"


def run(out, *overrides, **how):
    return train(bind(Recipe, TINY, overrides=overrides), out, **how)


def test_without_a_card_nothing_is_written(tmp_path):
    with pytest.raises(HaltedError, match="never been audited"):
        run(tmp_path / "run", OTHER, f'trust.cards="{tmp_path}"')
    assert not (tmp_path / "run").exists()


def test_an_accepted_risk_stays_in_the_record(tmp_path):
    out = tmp_path / "run"
    run(out, OTHER, f'trust.cards="{tmp_path}"', "training.steps=1", accept_risk=REASON)
    assert RunFolder.open(out).record().accepted_risk == REASON
    kept = json.loads((out / "audit" / "trust.json").read_text())
    assert kept["accepted_risk"] == REASON
    assert "never been audited" in kept["objections"][0]
    assert verify_chain(out) == []


def test_a_card_that_holds_lets_it_train_and_comes_along(tmp_path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        TINY.replace('answer_in = "boxed"', 'answer_in = "boxed", percent = "number"')
    )
    (found,) = audit(str(recipe), store=CardStore((tmp_path / "cards",)))
    assert found.objections == ()
    out = tmp_path / "run"
    run(out, OTHER, f'trust.cards="{tmp_path / "cards"}"', "training.steps=1", accept_risk="unused")
    assert RunFolder.open(out).record().accepted_risk == ""
    (card,) = (out / "audit").glob("card-*.json")
    assert json.loads(card.read_text())["digest"] == found.card.digest
