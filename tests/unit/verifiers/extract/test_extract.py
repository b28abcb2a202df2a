"""Extraction: what counts as the final answer, where it stands, and when there is none."""

from __future__ import annotations

import pytest

from verigrad.core.verdict import Reason
from verigrad.verifiers.extract import ExtractPolicy, blank_reasoning, extract, extract_reference


def found(response: str, **switches) -> list[str]:
    extraction = extract(response, ExtractPolicy(**switches))
    for candidate in extraction.candidates:
        assert response[candidate.start : candidate.end] == candidate.text
    return [candidate.text for candidate in extraction.candidates]


def fault(response: str, **switches) -> Reason | None:
    return extract(response, ExtractPolicy(**switches)).fault


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("<think>a</think>b", "b"),
        ("a</think>b", "b"),
        ("a<think>b", "a"),
        ("a<THINK>b</Think>c", "ac"),
        ("<think>a<think>b</think>c", "c"),
        ("<|begin_of_thought|>a<|end_of_thought|>b", "b"),
        ("x < think > y", "x < think > y"),
        ("plain", "plain"),
    ],
)
def test_reasoning_is_blanked_and_length_kept(response, expected):
    visible = blank_reasoning(response)
    assert len(visible) == len(response)
    assert visible.replace("\n", "") == expected


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (r"\boxed{5}", ["5"]),
        (r"\boxed {5} and \fbox{6}", ["5", "6"]),
        (r"\boxed{\frac{1}{2}}", [r"\frac{1}{2}"]),
        (r"\boxed{\{1,2\}}", [r"\{1,2\}"]),
        (r"\boxed{\boxed{5}}", [r"\boxed{5}"]),
        (r"put it in \boxed{} : \boxed{5}", ["5"]),
        (r"\boxed 5.", ["5"]),
        (r"<think>\boxed{1}</think>\boxed{2}", ["2"]),
    ],
)
def test_boxes(response, expected):
    assert found(response, answer_in="boxed") == expected


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (r"\boxed{7", Reason.MALFORMED),
        (r"\boxed{5} so \boxed{", Reason.MALFORMED),
        (r"\boxed 42", Reason.MALFORMED),
        (r"\boxed{}", Reason.NO_ANSWER),
        (r"\boxed{ }", Reason.NO_ANSWER),
        ("", Reason.NO_ANSWER),
        ("42", Reason.NO_ANSWER),
        (r"<think>\boxed{5}</think>", Reason.NO_ANSWER),
        (r"<think>\boxed{5} and cut", Reason.NO_ANSWER),
        (r"\boxed{1}" * 17, Reason.AMBIGUOUS),
    ],
)
def test_boxed_faults(response, reason):
    assert fault(response, answer_in="boxed") is reason
    assert fault(response) is reason


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("work\n#### 18", ["18"]),
        ("work\nA: 18", ["18"]),
        ("Answer: 42", ["42"]),
        ("Therefore, the final answer is 42.", ["42"]),
        ("**Final Answer:** 42", ["42"]),
        ("**Final Answer**: 42", ["42"]),
        ("### Final Answer\n\n$$42$$", ["$$42$$"]),
        ("The answer is:\n\\[\nx = 5\n\\]", ["x = 5"]),
        ("The answer is 3.5 apples. We are done.", ["3.5 apples"]),
        ("The answer is 12 because 3*4 = 12.", ["12"]),
        ("The answer is 3:30 p.m. today", ["3:30 p.m. today"]),
        ("answer: 1, hence the final answer is 2", ["2"]),
        ("Answer: 1\nAnswer: 2", ["1", "2"]),
        (r"The final answer is $\boxed{7}$. I hope it is correct.", ["7"]),
    ],
)
def test_anchors(response, expected):
    assert found(response) == expected


@pytest.mark.parametrize(
    "response",
    [
        "42 is definitely not the answer.",
        "I am unsure: it is 42 or 43.",
        "Candidates: 40, 41, 42.",
        "I cannot solve this problem.",
        "Answer:",
        "The answer is\n\n",
    ],
)
def test_no_anchor_no_answer(response):
    assert fault(response) is Reason.NO_ANSWER


def test_negated_answer_is_ambiguous():
    assert fault("The answer is definitely not 42.") is Reason.AMBIGUOUS
    assert fault("The answer is not 42") is Reason.AMBIGUOUS


def test_tags_patterns_and_named_places():
    assert found("<answer>5</answer>", answer_in="tag") == ["5"]
    assert found("<result>5</result>", answer_in="tag", tag="result") == ["5"]
    assert fault("<answer>5", answer_in="tag") is Reason.MALFORMED
    assert found("total = 12;", answer_in="regex", pattern=r"total = (\d+)") == ["12"]
    assert found("3 then 1,234.5 end", answer_in="last_number") == ["1,234.5"]
    assert found("  42\n", answer_in="whole") == ["42"]
    assert fault("  \n", answer_in="whole") is Reason.NO_ANSWER


def test_blank_boxes_are_no_answers():
    assert found(r"fill \boxed{\phantom{2}} and get \boxed{4}", answer_in="boxed") == ["4"]
    assert fault(r"\boxed{\,\ldots}", answer_in="boxed") is Reason.NO_ANSWER
    assert fault(r"\boxed{\text{ }}", answer_in="boxed") is Reason.NO_ANSWER


@pytest.mark.parametrize(
    ("response", "switches"),
    [
        ("#### 5\n" * 2_000, {}),
        ("A:\n" * 2_000, {}),
        ("Answer: 5\n" * 2_000, {}),
        (r"\boxed{5}" * 2_000, {"answer_in": "boxed"}),
        (r"\boxed{}" * 2_000, {"answer_in": "boxed"}),
        ("<answer>5</answer>" * 2_000, {"answer_in": "tag"}),
        ("5 " * 2_000, {"answer_in": "regex", "pattern": "5"}),
    ],
)
def test_over_a_thousand_answers_are_ambiguous(response, switches):
    assert fault(response, **switches) is Reason.AMBIGUOUS


def test_several_last_takes_the_last():
    assert found(r"\boxed{1} \boxed{2}", several="last") == ["2"]


def test_too_long_is_over_limit():
    assert fault("x" * 11, max_response_chars=10) is Reason.OVER_LIMIT


@pytest.mark.parametrize(
    ("reference", "bare"),
    [
        ("18", "18"),
        ("so 9*2 = 18\n#### 18", "18"),
        ("so 18\nA: 18", "18"),
        (r"thus $\boxed{\frac12}$.", r"\frac12"),
        ("Answer: 7", "7"),
        ("None of these", "None of these"),
    ],
)
def test_reference_markers(reference, bare):
    assert extract_reference(reference) == bare


def test_pattern_goes_with_regex():
    with pytest.raises(ValueError, match="exactly when"):
        ExtractPolicy(answer_in="regex")
    with pytest.raises(ValueError, match="exactly when"):
        ExtractPolicy(pattern="x")
    with pytest.raises(ValueError, match="does not compile"):
        ExtractPolicy(answer_in="regex", pattern="(")
