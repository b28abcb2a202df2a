"""`exact`, `choice` and `countdown` on anything: they answer, never fail, and pay nothing for noise."""

import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from verigrad.core.types import Problem
from verigrad.core.verdict import Status
from verigrad.verifiers.choice import Choice
from verigrad.verifiers.countdown import Countdown
from verigrad.verifiers.exact import Exact

NUMBERS = [3, 5, 7]
JUDGES = [
    (Exact(), Problem.of("sort cab:", "abc")),
    (Choice(), Problem.of("Which?", "B", choices=["15", "17", "19", "21"])),
    (Choice(), Problem.of("Which?", "B")),
    (Countdown(), Problem.of("Make 22 from 3 5 7:", "22", numbers=NUMBERS)),
]
PIECES = ["\\boxed{", "}", "{", "(", ")", "A", "b", "B) 17", "3", "5*7", "+", "-", "/", "=22", "abc",
          "####", "\n", "$", "**", "\\frac", "\\text{", "<think>", "</think>", "answer is ", " or ",
          "\ud800", "\0", "٣", "é"]  # fmt: skip
NULL_POLICIES = [
    "",
    " ",
    "\\boxed{}",
    "####",
    "I don't know.",
    "The answer is unknown.",
    "\\boxed{A} \\boxed{B} \\boxed{C} \\boxed{D}",
    "\\boxed{A, B, C or D}",
    "\\boxed{abc or acb}",
    "\\boxed{22}",
    "\\boxed{3+5+7}",
    "\\boxed{True}",
    "\\boxed{\\boxed{}}",
    "<think>\\boxed{B}\\boxed{abc}\\boxed{3*5+7}",
    "(" * 100_000,
    "\\boxed{" * 10_000,
    "\\boxed{" + "(" * 900 + "}",
    "A" * 100_000,
]


@pytest.mark.parametrize("response", NULL_POLICIES, ids=lambda r: r[:24] or "empty")
@pytest.mark.parametrize(("verifier", "problem"), JUDGES, ids=lambda x: getattr(x, "name", ""))
def test_a_policy_that_knows_nothing_is_paid_nothing(verifier, problem, response):
    assert verifier.verify(problem, response).score == 0.0


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.sampled_from(JUDGES))
@settings(max_examples=400, deadline=None)
def test_whatever_comes_is_scored_and_always_the_same(response, judge):
    verifier, problem = judge
    verdict = verifier.verify(problem, response)
    assert verdict.status is Status.SCORED, verdict.evidence
    again = verifier.verify(problem, response)
    assert (verdict.reason, verdict.canonical_response) == (again.reason, again.canonical_response)
    if verdict.extracted and verdict.extracted.text:
        assert response[verdict.extracted.start : verdict.extracted.end] == verdict.extracted.text


@given(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
              st.lists(st.one_of(st.none(), st.text(max_size=3)), max_size=3)),
    st.sampled_from([Exact(), Choice(), Countdown()]),
    st.one_of(st.none(), st.integers(), st.lists(st.text(max_size=3), max_size=4)),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_whatever_the_reference_is_nothing_fails(answer, verifier, hidden):
    assume(not isinstance(answer, float) or (answer == answer and abs(answer) != float("inf")))
    problem = Problem.of("?", answer, choices=hidden, numbers=hidden)
    for response in ("\\boxed{1}", "", "\\boxed{A}"):
        assert verifier.verify(problem, response).status is not Status.FAILED


@given(
    st.text(st.characters(exclude_characters="{}\\$*<#", exclude_categories=["Cs"]), max_size=40)
)
def test_exact_pays_a_text_for_itself_and_not_for_more(text):
    assume(re.sub(r"[\s~_?.]", "", text))  # these in a box are an empty place, not an answer
    problem = Problem.of("?", text)
    itself = Exact().check_reference(problem)
    assert itself is not None
    assert itself.is_correct
    assert Exact().verify(problem, f"\\boxed{{{text} and more}}").score == 0.0


# Expressions with the value and the numbers they were built from: an oracle that reads nothing.
LEAVES = st.integers(1, 20).map(lambda n: (str(n), Fraction(n), [n]))


def join(children):
    def joined(parts):
        (left, a, used), sign, (right, b, more) = parts
        value = {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else None}[sign]
        return f"({left}{sign}{right})", value, used + more

    return (
        st.tuples(children, st.sampled_from("+-*/"), children)
        .filter(lambda parts: parts[0][1] is not None and parts[2][1] is not None)
        .map(joined)
    )


@given(st.recursive(LEAVES, join, max_leaves=6), st.integers(-50, 50))
@settings(max_examples=300, deadline=None)
def test_countdown_agrees_with_how_the_expression_was_built(built, other_target):
    text, value, numbers = built
    response = f"\\boxed{{{text}}}"
    target = int(value) if value is not None and value.denominator == 1 else other_target
    problem = Problem.of("?", target, numbers=numbers)
    assert Countdown().verify(problem, response).is_correct == (value == target)
    elsewhere = Problem.of("?", target + 1, numbers=numbers)
    assert Countdown().verify(elsewhere, response).is_correct == (value == target + 1)
    unused = Problem.of("?", target, numbers=[*numbers, 1])
    assert not Countdown().verify(unused, response).is_correct
    short = Problem.of("?", target, numbers=[21, *numbers[1:]])
    assert not Countdown().verify(short, response).is_correct


@pytest.mark.parametrize("kind", [Exact, Choice, Countdown])
def test_the_digest_covers_the_code_that_decides(kind):
    names = {Path(path).name for path in kind.sources()}
    assert {f"{kind.name}.py", "final_answer.py", "answers.py", "boxed.py"} <= names
    assert kind().digest == kind().digest
    assert kind().digest != kind(several="last").digest
