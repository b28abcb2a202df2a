from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judged_examples import LastWord, judged, reward_of, step_records

from verigrad.core.errors import DataError
from verigrad.core.types import Message, Problem
from verigrad.core.verdict import Reason
from verigrad.records.plain import restore_text, store_json, store_text
from verigrad.records.rollouts import (
    Fate,
    RolloutRecord,
    read_columns,
    read_rollouts,
    write_rollouts,
)


def without_cost(record: RolloutRecord) -> RolloutRecord:
    verdict = replace(record.judged.verdict, cost_s=0.0)
    return replace(record, judged=replace(record.judged, verdict=verdict))


def test_records_come_back_as_they_were(tmp_path: Path) -> None:
    records = [*step_records(1), *step_records(2)]
    assert {r.judged.verdict.reason for r in records} >= {
        Reason.CORRECT,
        Reason.WRONG,
        Reason.NO_ANSWER,
        Reason.BAD_REFERENCE,
    }
    write_rollouts(tmp_path / "a.parquet", records)
    assert read_rollouts(tmp_path / "a.parquet") == [without_cost(r) for r in records]


def test_every_reward_is_recomputed_from_the_file_alone(tmp_path: Path) -> None:
    write_rollouts(tmp_path / "a.parquet", [*step_records(1), *step_records(2)])
    for record in read_rollouts(tmp_path / "a.parquet"):
        rollout = record.judged.rollout
        again = LastWord().verify(rollout.problem, rollout.response)
        assert replace(again, cost_s=0.0) == record.judged.verdict
        assert reward_of(again) == record.judged.reward


def test_equal_records_give_equal_bytes_although_verdicts_took_other_times(tmp_path: Path) -> None:
    first = step_records(1)
    slow = [
        replace(r, judged=replace(r.judged, verdict=replace(r.judged.verdict, cost_s=9.0)))
        for r in step_records(1)
    ]
    write_rollouts(tmp_path / "a.parquet", first)
    write_rollouts(tmp_path / "b.parquet", slow)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


@settings(max_examples=60, deadline=None)
@given(
    text=st.text(st.characters(exclude_categories=()), max_size=40),
    answer=st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=6,
    ),
)
def test_any_text_and_any_reference_survive(tmp_path_factory, text: str, answer: object) -> None:
    problem = Problem(prompt=(Message("user", text),), answer=answer, task="any")
    record = RolloutRecord(0, 0, judged(text, problem=problem), None, Fate.EVALUATED)
    path = tmp_path_factory.mktemp("any") / "a.parquet"
    write_rollouts(path, [record])
    assert read_rollouts(path) == [without_cost(record)]


def test_text_that_looks_like_the_mark_is_not_mistaken_for_it() -> None:
    tricky = store_text("\udc00")
    assert restore_text(store_text(tricky)) == tricky
    assert store_json({"a": "\udc00"}) == '{"a": "\\udc00"}'


def test_not_a_number_in_evidence_is_kept_as_text(tmp_path: Path) -> None:
    item = step_records(1)[0]
    verdict = replace(item.judged.verdict, evidence={"gap": math.nan, "list": [math.inf, 1]})
    write_rollouts(
        tmp_path / "a.parquet", [replace(item, judged=replace(item.judged, verdict=verdict))]
    )
    [read] = read_rollouts(tmp_path / "a.parquet")
    assert read.judged.verdict.evidence == {"gap": "nan", "list": ["inf", 1]}


def test_other_tools_read_the_columns(tmp_path: Path) -> None:
    write_rollouts(tmp_path / "a.parquet", step_records(1))
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.column("response").to_pylist()[:3] == ["it is 1", "maybe 1 7", ""]
    assert table.column("reward").to_pylist()[:3] == [1.1, 0.1, 0.0]
    assert dict(table.column("reward_terms").to_pylist()[0]) == {"correct": 1.0, "format": 0.1}
    assert table.column("evidence_json").to_pylist()[0] == '{"words": 3, "limit": 0}'


def test_a_file_of_no_rollouts_is_read_as_none(tmp_path: Path) -> None:
    write_rollouts(tmp_path / "a.parquet", [])
    assert read_rollouts(tmp_path / "a.parquet") == []


def test_a_damaged_file_and_another_schema_are_named(tmp_path: Path) -> None:
    write_rollouts(tmp_path / "a.parquet", step_records(1))
    table = pq.read_table(tmp_path / "a.parquet").replace_schema_metadata({"schema": "other/9"})
    pq.write_table(table, tmp_path / "b.parquet")
    (tmp_path / "c.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(DataError, match="other/9"):
        read_rollouts(tmp_path / "b.parquet")
    with pytest.raises(DataError, match=r"c\.parquet cannot be read"):
        read_columns(tmp_path / "c.parquet", ["step"])
