"""What a step says of its tests."""

from __future__ import annotations

from typing import Any

import pytest

from verigrad.core.types import Judged, Reward
from verigrad.core.verdict import Reason
from verigrad.records.metric_table import known_metrics
from verigrad.training.measure import measure_tests
from verigrad.verifiers.base import correct, rejected


def judged(evidence: dict[str, Any], *, right: bool = False) -> Judged:
    verdict = correct(evidence=evidence) if right else rejected(Reason.WRONG, evidence=evidence)
    return Judged(None, verdict, Reward(0.0))  # pyright: ignore (no rollout is read)


def counts(passed: int, ran: int) -> dict[str, int]:
    return {"passed": passed, "ran": ran, "total": 5}


def test_visible_and_hidden_tests_are_counted_apart() -> None:
    """Visible 2 + 1 of 2 + 2, hidden 1 + 0 of 4 + 1: 0.75, 0.2, and 0.55 between them."""
    step = [
        judged({"visible": counts(2, 2), "hidden": counts(1, 4)}),
        judged({"visible": counts(1, 2), "hidden": counts(0, 1)}),
        judged({"why": "no code found"}),
    ]
    values = measure_tests(step)
    assert values == pytest.approx(
        {
            "tests/visible_pass_share": 0.75,
            "tests/hidden_pass_share": 0.2,
            "tests/hidden_gap": 0.55,
        }
    )
    for name in values:
        known_metrics().get(name)


def test_without_hidden_tests_there_is_no_gap() -> None:
    assert measure_tests([judged({"visible": counts(1, 1)}, right=True)]) == {
        "tests/visible_pass_share": 1.0
    }


def test_other_verifiers_give_nothing() -> None:
    """Neither evidence without counts nor a word that happens to be called `hidden`."""
    assert measure_tests([judged({}), judged({"hidden": True, "visible": "yes"})]) == {}
    assert measure_tests([judged({"hidden": counts(0, 0)})]) == {}
