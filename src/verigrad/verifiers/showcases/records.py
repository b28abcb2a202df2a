# ruff: noqa: E501 (samples)
"""Showcase of `records`."""

import json

from verigrad.core.types import Problem
from verigrad.verifiers.records import Records
from verigrad.verifiers.showcases import Sample, Showcase

_KNAPSACK = {
    "rules": [
        "forall id in answer.picked: id in data.items[*].id",
        "unique(answer.picked)",
        "sum(i.weight for i in data.items if i.id in answer.picked) <= data.capacity",
        "sum(i.value for i in data.items if i.id in answer.picked) >= data.least_value",
    ]
}
_SCHEDULE = {
    "schema": {
        "type": "object",
        "required": ["slots"],
        "properties": {
            "slots": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["job", "start"],
                    "properties": {"job": {"type": "string"}, "start": {"type": "string"}},
                },
            }
        },
    },
    "rules": [
        "same_items(answer.slots[*].job, data.jobs[*].name)",
        "forall s in answer.slots: exists j in data.jobs: s.job == j.name"
        " and minutes(s.start) + j.minutes <= minutes(j.due)",
        "forall a in answer.slots: forall b in answer.slots: a.job == b.job"
        " or minutes(a.start) >= minutes(b.start) + data.minutes[b.job]"
        " or minutes(b.start) >= minutes(a.start) + data.minutes[a.job]",
    ],
}


def showcase() -> Showcase:
    """A knapsack (capacity, least value, foreign keys) and a schedule (deadlines, no overlap)."""
    items = [{"id": "a", "weight": 2, "value": 3}, {"id": "b", "weight": 3, "value": 4},
             {"id": "c", "weight": 4, "value": 5}]  # fmt: skip
    knapsack = Problem.of(
        "Pick items of weight at most 5 and value at least 7.", _KNAPSACK,
        data={"items": items, "capacity": 5, "least_value": 7},
    )  # fmt: skip
    jobs = [
        {"name": "wash", "minutes": 30, "due": "10:00"},
        {"name": "dry", "minutes": 60, "due": "11:00"},
    ]
    schedule = Problem.of(
        "Schedule washing and drying from nine.", _SCHEDULE,
        data={"jobs": jobs, "minutes": {"wash": 30, "dry": 60}},
    )  # fmt: skip

    def slots(**starts: str) -> str:
        return json.dumps({"slots": [{"job": job, "start": at} for job, at in starts.items()]})

    return Showcase(
        Records(),
        (
            Sample(
                knapsack,
                ('{"picked": ["a", "b"]}', '```json\n{"picked": ["b", "a"]}\n```'),
                (
                    '{"picked": ["a", "c"]}',
                    '{"picked": ["a"]}',
                    '{"picked": []}',
                    '{"picked": ["a", "b", "b"]}',
                    '{"picked": ["a", "b", "d"]}',
                    '{"chosen": ["a", "b"]}',
                ),
            ),
            Sample(
                schedule,
                (slots(wash="09:00", dry="09:30"), slots(dry="09:30", wash="08:45")),
                (
                    slots(wash="09:00", dry="09:29"),
                    slots(wash="09:31", dry="10:01"),
                    slots(wash="09:00"),
                    slots(wash="9", dry="09:30"),
                    '{"slots": []}',
                ),
            ),
        ),
        pieces=('{"picked": [', '"a"', '"b"', ", ", "]}", '{"slots": [', '"job": "wash"', '"start": "09:00"',
                "[" * 20, "1e300", "null"),
        options=("a", "b", "c"),
    )  # fmt: skip
