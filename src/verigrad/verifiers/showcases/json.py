# ruff: noqa: E501 (samples)
"""Showcase of `json`."""

from verigrad.core.types import Problem
from verigrad.verifiers.showcases import Sample, Showcase
from verigrad.verifiers.structure.documents import Json

PERSON = {
    "type": "object",
    "required": ["name", "age", "tags"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": "^[A-Z][a-z]+$"},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "born": {"type": "string", "format": "date"},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "minItems": 1},
    },
}
TREE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "required": ["value"],
            "properties": {
                "value": {"type": "number"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            },
            "additionalProperties": False,
        }
    },
}


def showcase() -> Showcase:
    """A flat record, and a tree that refers to itself."""
    return Showcase(
        Json(),
        (
            Sample(
                Problem.of("Describe Ann, 30, in JSON.", PERSON),
                (
                    '{"name": "Ann", "age": 30, "tags": ["x"]}',
                    'Here:\n```json\n{"name": "Ann", "age": 30, "tags": ["x", "y"], "born": "1990-02-28"}\n```',
                ),
                (
                    '{"name": "Ann", "age": 30, "tags": ["x", "x"]}',
                    '{"name": "Ann", "age": 30, "tags": ["x"], "age": 31}',
                    '{"name": "Ann", "age": 30.5, "tags": ["x"]}',
                    '{"name": "Ann", "age": NaN, "tags": ["x"]}',
                    '{"name": "ann", "age": 30, "tags": ["x"]}',
                    '{"name": "Ann", "age": 30, "tags": []}',
                    '{"name": "Ann", "age": 30, "tags": ["x"], "born": "1990-02-30"}',
                    '{"name": "Ann", "age": 30, "tags": ["x"], "job": "x"}',
                    '{"name": "Ann", "age": 30, "tags": ["x"]} and more',
                ),
            ),
            Sample(
                Problem.of("Write a tree of two nodes.", TREE),
                ('{"value": 1, "children": [{"value": 2.5}]}',),
                ('{"value": 1, "children": [{"valve": 2}]}', '{"value": "1"}', '{"value": 1,}'),
            ),
        ),
        pieces=('{"name"', ": ", '"Ann"', "30", '"tags"', "[", "]", "{", "}", ",", "NaN", "```json\n",
                "\n```", '"value": 1', '"children": [', "1e400", "-0", "true", "null", "\\u0000"),
        options=('{"name": "Ann"}', "{}", "[]", "null", "true"),
    )  # fmt: skip
