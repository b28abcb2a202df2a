"""Comparators: values and outputs that are equal, and those that only look so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_code_codec import VALUES, same

from verigrad.verifiers.code import frames, outputs, values
from verigrad.verifiers.code.child.codec import encode
from verigrad.verifiers.code.frames import BadFrames, read_frames


@pytest.mark.parametrize(
    ("got", "expected", "verdict"),
    [
        (3, 3, True),
        (True, 1, False),
        (1, True, False),
        (1.0, 1, False),
        ("1", 1, False),
        (0.0, -0.0, False),
        (float("nan"), float("nan"), False),
        (float("inf"), float("inf"), True),
        (float("inf"), -float("inf"), False),
        (2**70, 2**70, True),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        ({1, 2}, {2, 1}, True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": True}, {"a": 1}, False),
        ((1, 2), [1, 2], False),
        (None, 0, False),
        ("é", "e\u0301", False),
    ],
)
def test_exact_values(got, expected, verdict) -> None:
    assert values.equal(encode(got), encode(expected)) is verdict


@pytest.mark.parametrize(
    ("got", "expected", "verdict"),
    [
        ((1, (2,)), [1, [2]], True),
        ({1: "a"}, {"1": "a"}, True),
        ({True: "a"}, {"true": "a"}, False),
        ({1: "a", "1": "b"}, {"1": "a"}, False),
        ({1, 2}, [1, 2], False),
    ],
)
def test_values_against_what_json_can_say(got, expected, verdict) -> None:
    assert values.equal(encode(got), encode(expected), as_json=True) is verdict


@given(VALUES, VALUES)
def test_equality_is_equality_of_typed_values(left, right) -> None:
    assert values.equal(encode(left), encode(left)) is True
    if same(left, right):
        assert values.equal(encode(left), encode(right))


@pytest.mark.parametrize(
    ("got", "expected", "verdict"),
    [
        (0.1 + 0.2, 0.3, True),
        (3, 3.0, True),
        (True, 1.0, False),
        (3.0, 3, False),
        (float("nan"), 0.3, False),
        (float("inf"), 1e308, False),
        ([0.3, 1], [0.1 + 0.2, 1], True),
        ([0.3], [0.3, 0.3], False),
        ([], [0.3], False),
        ({"a": 0.1 + 0.2}, {"a": 0.3}, True),
        ({"b": 0.3}, {"a": 0.3}, False),
    ],
)
def test_floats_within_tolerance(got, expected, verdict) -> None:
    close = values.close(encode(got), encode(expected), absolute=1e-9, relative=1e-9, as_json=True)
    assert close is verdict


@pytest.mark.parametrize(
    ("got", "expected", "verdict"),
    [
        ([2, 1, 1], [1, 2, 1], True),
        ([1, 2, 2], [1, 2, 1], False),
        ([1], [1, 1], False),
        (1, 1, False),
    ],
)
def test_unordered_sequences_count(got, expected, verdict) -> None:
    assert values.unordered(encode(got), encode(expected)) is verdict


@pytest.mark.parametrize(
    ("compare", "got", "expected", "verdict"),
    [
        (outputs.exact, b"9\n", "9\n", True),
        (outputs.exact, b"9", "9\n", False),
        (outputs.lines, b"9", "9\n", True),
        (outputs.lines, b"9 \r\n\n", "9\n", True),
        (outputs.lines, b" 9\n", "9\n", False),
        (outputs.lines, b"\n9\n", "9\n", False),
        (outputs.lines, b"3\n", "3\n9\n", False),
        (outputs.lines, b"3\n9\n9\n", "3\n9\n", False),
        (outputs.lines, b"3\x0b9\n", "3\n9\n", False),
        (outputs.lines, b"\xff9\n", "9\n", False),
        (outputs.lines, b"", "", True),
        (outputs.tokens, b"3\n  9", "3 9\n", True),
        (outputs.tokens, b"3 9 9", "3 9", False),
        (outputs.tokens, b"Yes", "YES", False),
        (outputs.unordered_lines, b"b\na\n", "a\nb\n", True),
        (outputs.unordered_lines, b"a\na\n", "a\nb\n", False),
        (outputs.unordered_lines, b"a\n", "a\na\n", False),
        (outputs.json_equal, b'{"b": 1, "a": [2]}', '{"a":[2],"b":1}', True),
        (outputs.json_equal, b"1.0", "1", False),
        (outputs.json_equal, b"true", "1", False),
        (outputs.json_equal, b"NaN", "NaN", False),
        (outputs.json_equal, b'{"a":1,"a":1}', '{"a":1}', False),
        (outputs.json_equal, b"[" * 100000, "[]", False),
    ],
)
def test_outputs(compare, got, expected, verdict) -> None:
    assert compare(got, expected) is verdict


def test_tokens_may_ignore_case() -> None:
    assert outputs.tokens(b"Yes", "YES", ignore_case=True)


@pytest.mark.parametrize(
    ("got", "expected", "verdict"),
    [
        (b"0.3333333334", "0.3333333333", True),
        (b"3.34e-1", "0.333", False),
        (b"nan", "0.3", False),
        (b"nan", "nan", True),  # a word like any other, where a word is expected
        (b"inf", "1e300", False),
        (b"0.3 0.3", "0.3", False),
        (b"\xef\xbc\x93", "3", False),  # a full-width 3
        (b"1_000", "1000", False),
        (b"x 1.0", "x 1", True),
        (b"-0.0", "0", True),
        (b"1" + b"0" * 5000, "1", False),
    ],
)
def test_float_outputs(got, expected, verdict) -> None:
    assert outputs.floats(got, expected, absolute=1e-6, relative=1e-6) is verdict


def frame(nonce: str, index: int, body: str) -> bytes:
    return f"{nonce} {index} {len(body)}\n{body}".encode()


def test_frames_are_read_in_order() -> None:
    data = frame("ab", 0, '["value", 1]') + frame("ab", 1, "2")
    assert read_frames(data, nonce="ab", count=2) == [["value", 1], 2]
    assert read_frames(data, nonce="ab", count=9) == [["value", 1], 2]


@pytest.mark.parametrize(
    "data",
    [
        frame("xx", 0, "1"),
        frame("ab", 1, "1"),
        frame("ab", 0, "1") + frame("ab", 1, "1"),
        frame("ab", 0, "1") + b"!",
        b"ab 0 99\n1",
        b"ab 0 -1\n1",
        b"ab 0 1 1\n1",
        b"ab 0 9999999999\n1",
        b"ab 0 1",
        frame("ab", 0, "{}"),
        frame("ab", 0, "NaN"),
        frame("ab", 0, "Infinity"),
        frame("ab", 0, "[" * 9999),
        frame("ab", 0, "1" * 9999),
        b'ab 0 4\n"\xc3\xa9"',
    ],
    ids=str,
)
def test_anything_else_than_the_frames_due_is_refused(data) -> None:
    with pytest.raises(BadFrames):
        read_frames(data, nonce="ab", count=1)


@given(st.binary(max_size=200))
def test_random_bytes_are_never_an_accident(data) -> None:
    try:
        assert read_frames(data, nonce="0" * 32, count=3) == []
    except BadFrames:
        return
    assert data == b""


def test_colliding_ints_cost_a_sort_not_a_square() -> None:
    tree = ["s", *[["i", hex(i * (2**61 - 1))] for i in range(1, 20_000)]]
    assert frames.parse_json("[]") == []
    assert values.equal(tree, list(tree))
