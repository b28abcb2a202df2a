# ruff: noqa: E501 (samples)
"""Showcase of `grader`."""

from typing import Any

from verigrad.core.types import Problem
from verigrad.verifiers.graders import Grader
from verigrad.verifiers.showcases import Sample, Showcase

_SAME = {
    "type": "string_check",
    "name": "same",
    "operation": "eq",
    "input": "{{sample.output_json.city}}",
    "reference": "{{item.city}}",
}
_LIKE = {
    "type": "text_similarity",
    "name": "like",
    "evaluation_metric": "rouge_l",
    "pass_threshold": 0.8,
    "input": "{{sample.output_json.why}}",
    "reference": "{{item.why}}",
}
_SHORT = {"type": "string_check", "name": "short", "operation": "ne",
          "input": "{{sample.output_json.why}}", "reference": ""}  # fmt: skip


def _problem(question: str, calculate: str, city: str, why: str) -> Problem:
    grader: dict[str, Any] = {
        "type": "multi",
        "graders": {"same": _SAME, "like": _LIKE, "short": _SHORT},
        "calculate_output": calculate,
    }
    return Problem.of(question, None, grader=grader, item={"city": city, "why": why})


def showcase() -> Showcase:
    """A city and why, as JSON: both must be right; one must be right and the other said."""
    return Showcase(
        Grader(),
        (
            Sample(
                _problem("The capital of Italy?", "same * like", "Rome", "it is the seat of government"),
                (
                    '{"city": "Rome", "why": "It is the seat of government."}',
                    '{"why": "it is the seat of the government", "city": "Rome"}',
                ),
                (
                    '{"city": "rome", "why": "It is the seat of government."}',
                    '{"city": "Rome", "why": "It is old."}',
                    '{"city": "Rome"}',
                    'Rome: {"city": "Rome", "why": "It is the seat of government."}',
                    '{"city": "Rome", "city": "Rome", "why": "It is the seat of government."}',
                ),
            ),
            Sample(
                _problem("The capital of Norway?", "min(same, short)", "Oslo", "x"),
                ('{"city": "Oslo", "why": "because"}',),
                ('{"city": "Oslo", "why": ""}', '{"city": "Oslo "}', '{"city": "{{item.city}}", "why": "y"}'),
            ),
        ),
        pieces=('{"city": ', '"Rome"', '"Oslo"', ', "why": ', '"it is"', "}", "{{item.city}}", "{{", "}}"),
    )  # fmt: skip
