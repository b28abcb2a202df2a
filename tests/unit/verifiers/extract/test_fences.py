"""Fenced blocks as a place for answers."""

from __future__ import annotations

import pytest

from verigrad.core.verdict import Reason
from verigrad.verifiers.extract import ExtractPolicy, extract

FENCED = ExtractPolicy(answer_in="fenced")


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("```\n1 2\n3 4\n```", ["1 2\n3 4"]),
        ("text\n```text\nUP\n```\nmore", ["UP"]),
        ("```\na\n```\n```\nb\n```", ["a", "b"]),
        ("```\n```\n```\nb\n```", ["b"]),
        ("<think>\n```\na\n```\n</think>\n```\nb\n```", ["b"]),
    ],
)
def test_blocks_are_found_where_they_stand(response, expected):
    candidates = extract(response, FENCED).candidates
    assert [candidate.text for candidate in candidates] == expected
    assert all(response[c.start : c.end] == c.text for c in candidates)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("1 2", Reason.NO_ANSWER),
        ("``` inline ```", Reason.NO_ANSWER),
        ("```\n\n```", Reason.NO_ANSWER),
        ("```\n1 2", Reason.MALFORMED),
        ("```", Reason.MALFORMED),
        ("```\na\n```\n" * 20, Reason.AMBIGUOUS),
        ("```\n" * 5_000, Reason.AMBIGUOUS),
    ],
)
def test_what_is_no_block(response, reason):
    assert extract(response, FENCED).fault is reason
