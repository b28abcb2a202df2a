# ruff: noqa: E501 (samples)
"""Showcase of `layout`."""

from verigrad.core.types import Problem
from verigrad.verifiers.showcases import Sample, Showcase
from verigrad.verifiers.structure.layout import Layout


def showcase() -> Showcase:
    """Reasoning and answer; three sections with demands on their content."""
    sections = [
        {"tag": "plan", "least_chars": 10},
        "code",
        {"tag": "answer", "pattern": "[0-9]+"},
    ]
    whole = "<plan>add the two</plan><code>2+2</code><answer>4</answer>"
    return Showcase(
        Layout(),
        (
            Sample(
                Problem.of("Think, then answer in tags.", ["think", "answer"]),
                ("<think>2+2=4</think>\n<answer>4</answer>",),
                (
                    "<answer>4</answer><think>2+2=4</think>",
                    "<think>2+2=4<answer>4</answer></think>",
                    "<think>2+2=4</think><answer></answer>",
                    "<think>2+2=4</think><answer>4",
                    "<think>a</think><think>b</think><answer>4</answer>",
                    "Sure! <think>2+2=4</think><answer>4</answer>",
                ),
            ),
            Sample(
                Problem.of("Plan, code, answer.", sections),
                (whole,),
                (whole.replace("add the two", "add"), whole.replace(">4<", ">four<"), whole + "<code>"),
            ),
        ),
        pieces=("<think>", "</think>", "<answer>", "</answer>", "<plan>", "</plan>", "<code>", "</code>", "4"),
    )  # fmt: skip
