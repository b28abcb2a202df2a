"""The rule language by hand: values, kinds, what is false for want of items, and its bounds."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Status
from verigrad.verifiers.records import Records
from verigrad.verifiers.records.evaluate import Evaluation, OutOfStepsError
from verigrad.verifiers.records.functions import ValueFaultError
from verigrad.verifiers.records.parser import parse
from verigrad.verifiers.records.syntax import RuleError

ANSWER = {"n": 3, "xs": [1, 2, 3], "none": [], "s": "ab", "ok": True, "o": {"k": 0.1}, "nul": None,
          "rows": [{"id": "a", "q": 2}, {"id": "b", "q": 5}]}  # fmt: skip
DATA = {"cap": 6, "ids": ["a", "b", "c"], "due": "2024-03-01", "at": {"a": 1}}


def value(rule, max_steps=100_000):
    return Evaluation(answer=ANSWER, data=DATA, max_steps=max_steps).holds(parse(rule))


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("answer.n == 3", True),
        ("answer.n == 3.0", True),
        ("answer.o.k + 0.2 == 0.3", True),
        ("answer.n * 2 - 1 <= data.cap", True),
        ("-answer.n < 0 and not answer.ok == false", True),
        ("7 % 4 == 3 and 1 / 3 + 2 / 3 == 1", True),
        ("answer.ok == 1", False),
        ("answer.nul == null", True),
        ('answer.s == "ab" and "a" in answer.s', True),
        ("sum(answer.xs) == data.cap", True),
        ("sum(answer.none) == 0 and count(answer.none) == 0", True),
        ("min(answer.xs) == 1 and max(answer.xs) == 3", True),
        ("answer.xs[2] == 3 and answer.o['k'] == 0.1", True),
        ("unique(answer.rows[*].id)", True),
        ("unique([1, 1.0])", False),
        ("same_items(answer.xs, [3, 1, 2])", True),
        ("same_items([1, 1, 2], [1, 2, 2])", False),
        ("increasing(answer.xs) and not increasing([1, 1])", True),
        ("forall r in answer.rows: r.id in data.ids", True),
        ("forall r in answer.rows: r.q > 2", False),
        ("exists r in answer.rows: r.q > 2", True),
        ("exists r in answer.none: true", False),
        ("forall r in answer.none: true", False),
        ("not exists r in answer.none: r > 1", True),
        ("sum(r.q for r in answer.rows if r.id != 'b') == 2", True),
        ("count(r for r in answer.rows) == 2", True),
        ("forall a in answer.rows: forall b in answer.rows: a.id == b.id or a.q != b.q", True),
        ("date('2024-02-29') < date(data.due)", True),
        ("minutes('09:30') == 570", True),
        ("'2024-02-29' < data.due", True),
        ("data.at[answer.rows[0].id] == 1", True),
        ("'k' in answer.o and not ('z' in keys(answer.o))", True),
        ("answer.n not in [1, 2] and is_whole(answer.n) and not is_whole(0.5)", True),
        ("false or (true and exists x in answer.xs: x == 2)", True),
        ("abs(0 - 2) == 2 and is_text(answer.s) and is_list(answer.xs)", True),
    ],
)
def test_values_by_hand(rule, holds):
    assert value(rule) is holds


@pytest.mark.parametrize(
    "rule",
    ["answer.gone == 1", "answer.xs[3] == 1", "answer.xs[0.5] == 1", "answer.s < 1", "answer.s + answer.s == 'abab'",
     "answer.n", "sum(answer.s) == 1", "sum(['a']) == 1", "min(answer.none) == 1", "unique(answer.none)",
     "1 / 0 == 1", "not answer.n", "forall x in answer.n: true", "date('x') == 1", "minutes('24:00') == 1",
     "answer.n in 3", "answer.nul.x == 1", "true and answer.n", "count(answer.n) == 1"],
)  # fmt: skip
def test_wrong_kinds_hold_nothing(rule):
    with pytest.raises(ValueFaultError):
        value(rule)


@pytest.mark.parametrize(
    "rule",
    ["", " ", "answer.", "anser.n == 1", "answer.n = 1", "answer.n == 1 extra", "1 < 2 < 3", "(answer.ok",
     "sum()", "sum(1, 2) == 1", "exec('x')", "forall answer in data.ids: true", "forall x in data.ids true",
     "x == 1", "answer.__class__ ==", "answer['a' == 1", "'open", "answer.n ** 2 == 9", "forall sum in data: true",
     "(" * 60 + "1" + ")" * 60 + " == 1", "not " * 60 + "answer.ok", "answer.ok;", "lambda: 1", "x" * 2001, 7],
)  # fmt: skip
def test_what_is_no_rule(rule):
    with pytest.raises(RuleError):
        parse(rule)


def test_names_of_python_are_only_keys():
    with pytest.raises(ValueFaultError):
        value("answer.__class__ == 1")


def test_the_budget_of_steps_ends_every_rule():
    with pytest.raises(OutOfStepsError):
        value("forall a in data.ids: forall b in data.ids: forall c in data.ids: a in data.ids", 30)
    answer = json.dumps({"xs": list(range(3_000))})
    rules = {"rules": ["forall a in answer.xs: forall b in answer.xs: a + b >= 0"]}
    assert Records().verify(Problem.of("?", rules, data={}), answer).reason is Reason.OVER_LIMIT


def test_numbers_cannot_grow_without_end():
    power = "answer.n" + " * 999999999999999999" * 80 + " > 0"
    with pytest.raises(ValueFaultError, match="too large"):
        value(power)


def judge(rules, answer, data=None, **policy):
    problem = Problem.of("?", {"rules": rules}, data=data or {})
    return Records(**policy).verify(problem, json.dumps(answer))


def test_a_verdict_names_the_broken_rules():
    verdict = judge(["answer.a == 1", "answer.b == 2", "answer.c == 3"], {"a": 1, "b": 3})
    assert verdict.reason is Reason.WRONG
    assert verdict.evidence["broken"] == {
        "answer.b == 2": "does not hold",
        "answer.c == 3": "there is no 'c'",
    }
    graded = judge(["answer.a == 1", "answer.b == 2"], {"a": 1, "b": 3}, score="fraction")
    assert (graded.score, graded.reason) == (0.5, Reason.PARTIAL)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "xs"]), children, max_size=3),
    max_leaves=8,
)  # fmt: skip
WORDS = ["answer", ".a", ".xs", "[0]", "[*]", "data", " + ", " * ", " / ", " == ", " in ", " < ", " and ", " or ",
         "not ", "forall x in ", "exists y in ", ": ", "x", "y", "sum(", "count(", ")", "(", "1", "0.5", "'a'",
         " for x in ", " if ", "unique(", "[", "]", ", ", "-"]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=14).map("".join), JSON, JSON)
@settings(max_examples=400, deadline=None)
def test_whatever_the_rule_and_the_answer_nothing_fails(rule, answer, data):
    verdict = judge([rule + " and answer == answer"], answer, data)
    assert verdict.status is not Status.FAILED, verdict.evidence
