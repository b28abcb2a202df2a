"""Readers, schemas and references of the structure family: what is refused, and whose fault it is."""

import json
import time

import pytest

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.verifiers import TABLE
from verigrad.verifiers.structure.patterns import PatternError, compile_pattern
from verigrad.verifiers.structure.strict_json import NotJsonError, parse_json
from verigrad.verifiers.structure.tool_calls import same
from verigrad.verifiers.structure.yaml_reader import NotYamlError, parse_yaml


def judge(kind, answer, response, *, info=None, **policy):
    return TABLE.load(kind)(**policy).verify(Problem.of("?", answer, **(info or {})), response)


@pytest.mark.parametrize(
    "text", ["{}", "[1, 2.5, null, true]", '{"a": {"b": "\\u00e9"}}', "1e3", '"x"']
)
def test_json_is_read_as_the_library_reads_it(text):
    assert parse_json(text) == json.loads(text)


@pytest.mark.parametrize(
    "text",
    ["", "{", "{'a': 1}", '{"a": 1,}', '{"a":1,"a":1}', "NaN", "[Infinity]", "1e999", "[" * 65 + "]" * 65,
     "9" * 401, "[1] [2]", "01", "\ufeff{}", '{"a": [{"b": 1, "b": 2}]}'],
)  # fmt: skip
def test_what_is_no_json(text):
    with pytest.raises(NotJsonError):
        parse_json(text)


def test_brackets_in_a_string_do_not_nest():
    assert parse_json(json.dumps("[" * 1000 + '\\"[')) == "[" * 1000 + '\\"['


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\nb: [x, 'y']", {"a": 1, "b": ["x", "y"]}),
        ("- 1.5\n- no\n- ~\n- true", [1.5, "no", None, True]),
        ("a: '1'\nb: 012\nc: 1_0", {"a": "1", "b": 12, "c": "1_0"}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        ("2024-01-01: x", {"2024-01-01": "x"}),
    ],
)
def test_yaml_by_the_core_of_its_second_version(text, value):
    assert parse_yaml(text) == value


@pytest.mark.parametrize(
    "text",
    ["a: &x 1\nb: *x", "a: !!int '1'", "a: 1\na: 2", "--- 1\n--- 2", "", "[" * 100, "a: b: c", "? [a]\n: b",
     "a: .inf", "a: 1e999", "x" * 20_001, "\ud800", "!!python/object/apply:os.system [ls]", "<<: {a: 1}"],
)  # fmt: skip
def test_what_is_no_plain_yaml(text):
    with pytest.raises(NotYamlError):
        parse_yaml(text)


def test_a_pattern_that_would_backtrack_forever_takes_no_time():
    start = time.process_time()
    assert not compile_pattern("(a|a)*$").fullmatch("a" * 50_000 + "b")
    assert not compile_pattern("(a+)+b").search("a" * 50_000)
    assert time.process_time() - start < 2.0


@pytest.mark.parametrize(
    "pattern", [r"(a)\1", "(?=a)", "(?<!a)b", "[", "a{1000}{1000}", "x" * 2001, "\ud800"]
)
def test_patterns_that_are_refused(pattern):
    with pytest.raises(PatternError):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        True,
        None,
        "no json",
        {"type": "wrong"},
        {"title": "says nothing"},
        {"$ref": "http://example.org/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "#/$defs/none"},
        {"$ref": "#"},
        {"type": "string", "pattern": "(a)\\1"},
        {"type": "string", "format": "hostname"},
        {"type": "object", "patternProperties": {"(?=a)": {}}},
    ],
)
def test_a_schema_that_cannot_judge_is_the_problems_fault(schema):
    assert judge("json", schema, '{"a": "b"}').reason is Reason.BAD_REFERENCE


@pytest.mark.parametrize(
    ("schema", "value", "valid"),
    [
        ({"type": "array", "uniqueItems": True}, [1, True, "1", [1]], True),
        ({"type": "array", "uniqueItems": True}, [1, 1.0], False),
        ({"type": "array", "uniqueItems": True}, [{"a": 1, "b": 2}, {"b": 2, "a": 1}], False),
        ({"type": "string", "format": "date"}, "2024-02-29", True),
        ({"type": "string", "format": "date"}, "2023-02-29", False),
        ({"type": "string", "format": "date-time"}, "2024-02-29T10:00:00Z", True),
        ({"type": "string", "format": "date-time"}, "2024-02-29T10:00:00", False),
        ({"type": "string", "format": "email"}, "a@b.org", True),
        ({"type": "string", "format": "email"}, "a@b", False),
        ({"type": "string", "format": "uuid"}, "12345678-1234-1234-1234-123456789012", True),
        ({"type": "object", "patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": False}, {"x1": 1}, True),
        ({"type": "object", "patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": False}, {"x1": "1"}, False),
        ({"type": "object", "patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": False}, {"y": 1}, False),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"y": "1"}, False),
        ({"const": 1}, True, False),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "type": "integer"}, 1, True),
    ],
)  # fmt: skip
def test_schemas_by_hand(schema, value, valid):
    assert judge("json", schema, json.dumps(value)).is_correct is valid


def test_a_million_pairs_of_unique_items_take_no_time():
    items = json.dumps([item for n in range(10_000) for item in (n, str(n))])
    start = time.process_time()
    assert judge(
        "json", {"type": "array", "uniqueItems": True}, items, max_payload_chars=500_000
    ).is_correct
    assert time.process_time() - start < 2.0


@pytest.mark.parametrize(
    ("response", "policy", "reason"),
    [
        ("```json\n1\n```\n```json\n1\n```", {}, Reason.AMBIGUOUS),
        ("1", {"payload_in": "fence"}, Reason.NO_ANSWER),
        ("```\n1\n```", {"payload_in": "fence"}, Reason.CORRECT),
        ("text\n```\n1\n```\ntext", {}, Reason.CORRECT),
        ("text\n```\n1\n```", {"payload_in": "whole"}, Reason.MALFORMED),
        ("<think>```\n2\n```</think>1", {}, Reason.CORRECT),
        ("<think>1", {}, Reason.NO_ANSWER),
        ("1" * 60, {"max_payload_chars": 50}, Reason.OVER_LIMIT),
    ],
)
def test_where_the_payload_stands(response, policy, reason):
    assert judge("json", {"type": "integer"}, response, **policy).reason is reason


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("layout", []),
        ("layout", ["a", "a"]),
        ("layout", ["a b"]),
        ("layout", [{"tag": "a", "least_chars": 0}]),
        ("layout", [{"tag": "a", "pattern": "(?=x)"}]),
        ("xml", {"root": "a"}),
        ("xml", {"root": "a", "required": []}),
        ("xml", {"root": "a b", "required": ["c"]}),
        ("pattern", ".*"),
        ("pattern", "(?s:.)+"),
        ("pattern", "a*"),
        ("pattern", 3),
        ("pattern", {"pattern": "a", "groups": 3}),
        ("csv", {"columns": []}),
        ("csv", {"columns": [{"name": "a"}, {"name": "a"}]}),
        ("csv", {"columns": [{"name": "a"}], "least_rows": 0}),
        ("csv", {"columns": [{"name": "a", "pattern": "(?=x)"}]}),
        ("tool_calls", {"calls": []}),
        ("tool_calls", {"calls": [{"name": "unknown"}]}),
        ("tool_calls", {"calls": [{"name": "f", "optional": ["x"]}]}),
        ("tool_calls", None),
        ("records", {"rules": []}),
        ("records", {"rules": ["1 == 1"]}),
        ("records", {"rules": ["answer =="]}),
        ("records", None),
    ],
)  # fmt: skip
def test_references_that_cannot_judge(kind, answer):
    verdict = judge(kind, answer, "x", info={"tools": [{"name": "f"}], "data": {}})
    assert verdict.reason is Reason.BAD_REFERENCE
    assert verdict.score is None


def test_one_call_may_fit_two_wanted_ones():
    tools = [{"name": "f", "parameters": {"properties": {"x": {"type": "integer"}}}}]
    wanted = {
        "calls": [{"name": "f", "allowed": {"x": [1, 2]}}, {"name": "f", "arguments": {"x": 1}}]
    }
    one, two = ({"name": "f", "arguments": {"x": n}} for n in (1, 2))
    info = {"tools": tools}
    assert judge("tool_calls", wanted, json.dumps([one, two]), info=info).is_correct
    assert judge("tool_calls", wanted, json.dumps([two, one]), info=info).is_correct
    assert not judge("tool_calls", wanted, json.dumps([two, two]), info=info).is_correct
    ordered = wanted | {"order": "given"}
    assert judge("tool_calls", ordered, json.dumps([two, one]), info=info).is_correct
    assert not judge("tool_calls", ordered, json.dumps([one, two]), info=info).is_correct


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [(1, 1.0, True), (1, True, False), ("1", 1, False), ([1, 2], [2, 1], False), (None, None, True),
     ({"a": 1, "b": [True]}, {"b": [True], "a": 1.0}, True), (0, False, False), ("", None, False)],
)  # fmt: skip
def test_values_are_the_same_by_type(a, b, equal):
    assert same(a, b) is equal


def test_the_argument_1_5_is_not_15():
    # BFCL's standardize_string deletes the point and accepts this
    tools = [{"name": "f", "parameters": {"properties": {"x": {"type": "string"}}}}]
    wanted = {"calls": [{"name": "f", "arguments": {"x": "15"}}]}
    call = json.dumps({"name": "f", "arguments": {"x": "1.5"}})
    assert judge("tool_calls", wanted, call, info={"tools": tools}).reason is Reason.WRONG
