"""The gate: what a card must hold, and what `train` does without one."""

import json
from dataclasses import replace

import pytest

from verigrad.audit.card import Card, ProbeRow
from verigrad.audit.gate import CardStore, GateRule, looked_up, objections
from verigrad.audit.stability import Check
from verigrad.core.errors import DataError


def card(**changes):
    plain = Card(
        verifier="v", version="1", digest="d1", switches={}, target="v", proves="", cannot="",
        audited_on="2026-01-01", problems={"count": 1, "kinds": {}, "source": "here"}, forms=(),
        probes=(ProbeRow("references", "", 50, {}, 1.0, 0.0), ProbeRow("blank", "", 20, {}, 0.0, 0.0)),
        stability=(Check("judged again", 10, 0),), findings=(), mutants=(), constructed={},
    )  # fmt: skip
    return replace(plain, **changes)


def probe(name, cases, faults, **how):
    return ProbeRow(name, "", cases, faults, 0.0, 0.0, **how)


def test_a_good_card_has_no_objection():
    assert objections(card()) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"audit_version": "0"}, "stale"),
        ({"probes": ()}, "no probe"),
        ({"probes": (probe("blank", 5, {}),)}, "no reference"),
        ({"probes": (probe("references", 50, {"refused": 2}),)}, "2 of 50 references"),
        ({"probes": (probe("references", 50, {}), probe("blank", 20, {"paid": 1}))}, "1 of 20 wrong"),
        ({"probes": (probe("references", 50, {}), probe("bombs", 9, {"slow": 1}))}, "too long"),
        ({"probes": (probe("references", 50, {}), probe("x", 9, {"side effect": 1}))}, "ran code"),
        ({"stability": (Check("in threads", 10, 1),)}, "not stable"),
        ({"labelled": {"overall": {"youden": [0.1, -0.2, 0.4]}}}, "not above 0"),
    ],
)  # fmt: skip
def test_what_it_refuses(changes, says):
    found = objections(card(**changes))
    assert any(says in why for why in found), found


def test_limits_and_soft_probes():
    paid = card(probes=(probe("references", 100, {"refused": 2}), probe("blank", 20, {"paid": 1})))
    assert objections(paid, GateRule(probe_limit=0.05)) == []
    soft = card(probes=(probe("references", 9, {}), probe("s", 9, {"refused": 9}, is_soft=True)))
    assert objections(soft) == []
    assert objections(card(stability=(Check("swapped", 9, 3, is_soft=True),))) == []


def test_cards_are_found_by_digest_and_come_back_whole(tmp_path):
    store = CardStore((tmp_path / "own", tmp_path / "shipped"))
    says = ["task `t`: its verifier (d1) has never been audited"]
    assert looked_up(store, [("t", "d1")]) == ({}, says)
    CardStore((tmp_path / "shipped",)).write(card())
    assert store.find("d1") == card()
    assert looked_up(store, [("t", "d1")]) == ({"t": card()}, [])
    store.write(card(audit_version="0"))  # one's own comes first
    assert "stale" in looked_up(store, [("t", "d1")])[1][0]


def test_a_damaged_card_is_an_error(tmp_path):
    store = CardStore((tmp_path,))
    folder = store.write(card())
    (folder / "card.json").write_text(json.dumps({"schema": "other"}))
    with pytest.raises(DataError, match="cannot be read"):
        store.find("d1")
