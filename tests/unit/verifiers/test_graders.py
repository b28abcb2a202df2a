"""Grader JSON of every type, formulas and similarities by hand, and whose fault an error is."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verigrad.core.errors import ConfigError
from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Status
from verigrad.sandbox import failed, use_sandbox
from verigrad.sandbox.scripted import Scripted
from verigrad.verifiers.graders import Function, Grader
from verigrad.verifiers.graders.errors import GraderError, GradingError
from verigrad.verifiers.graders.formula import calculate
from verigrad.verifiers.graders.schema import GraderJsonError, read_grader
from verigrad.verifiers.graders.similarity import SIMILARITIES
from verigrad.verifiers.graders.template import fill, sample_of
from verigrad.verifiers.judges import ModelServerError, ScriptedClient


def check(operation="eq", text="{{sample.output_text}}", reference="{{item.answer}}", name="c"):
    return {
        "type": "string_check",
        "name": name,
        "operation": operation,
        "input": text,
        "reference": reference,
    }


def judge(grader, response, answer="Rome", client=None, item=None, **policy):
    info = {} if item is None else {"item": item}
    return Grader(grader=grader, client=client, **policy).verify(
        Problem.of("?", answer, **info), response
    )


@pytest.mark.parametrize(
    ("operation", "response", "score"),
    [("eq", "Rome", 1.0), ("eq", "rome", 0.0), ("ne", "Oslo", 1.0), ("ne", "Rome", 0.0), ("like", "In Rome.", 1.0),
     ("like", "in rome", 0.0), ("ilike", "in rome", 1.0), ("ilike", "Oslo", 0.0)],
)  # fmt: skip
def test_string_checks(operation, response, score):
    assert judge(check(operation), response).score == score


def test_nothing_contains_the_empty_reference():
    assert judge(check("like"), "anything", answer="").score == 0.0


# nltk 3.10.4 (sentence_bleu with method2, sentence_gleu, single_meteor_score without stems and
# synonyms), rapidfuzz (ratio) and rouge-score (F1), on these two pairs
PAIRS = [
    ("the cat sat on the mat", "the cat is on the mat",
     {"fuzzy_match": 0.9302325581395349, "bleu": 0.48549177170732344, "gleu": 0.5, "meteor": 0.8066666666666668,
      "rouge_1": 0.8333333333333334, "rouge_2": 0.6, "rouge_3": 0.25, "rouge_4": 0.0, "rouge_5": 0.0, "rouge_l": 0.8333333333333334}),
    ("the cat the cat on the mat", "the cat is on the mat",
     {"fuzzy_match": 0.8085106382978724, "bleu": 0.40614925799324625, "gleu": 0.4090909090909091, "meteor": 0.7934426229508196,
      "rouge_1": 0.7692307692307692, "rouge_2": 0.5454545454545454, "rouge_3": 0.22222222222222224, "rouge_4": 0.0,
      "rouge_5": 0.0, "rouge_l": 0.7692307692307692}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "reference", "scores"), PAIRS)
def test_similarities_agree_with_other_libraries(text, reference, scores):
    assert set(scores) == set(SIMILARITIES)
    for metric, score in scores.items():
        grader = {"type": "text_similarity", "name": "s", "input": "{{sample.output_text}}",
                  "reference": "{{item.answer}}", "evaluation_metric": metric}  # fmt: skip
        assert judge(grader, text, answer=reference).score == pytest.approx(score), metric


def test_similarities_by_hand():
    # kitten, sitting: ittn in common, 2 * 4 / 13
    assert SIMILARITIES["fuzzy_match"]("kitten", "sitting") == pytest.approx(8 / 13)
    # three chunks of six matches: 1 - 0.5 * (3 / 6) ** 3
    assert SIMILARITIES["meteor"](
        "on the mat sat the cat", "the cat sat on the mat"
    ) == pytest.approx(0.9375)
    # 1/2 of the words, in order; F1 of 1 of 2 and 1 of 2
    assert SIMILARITIES["rouge_l"]("a b", "a c") == 0.5
    assert SIMILARITIES["rouge_5"]("a b c d e", "a b c d e") == 1.0


@pytest.mark.parametrize("metric", SIMILARITIES)
def test_equal_texts_are_alike_and_nothing_resembles_the_empty_text(metric):
    text = "one two three four five six"
    assert SIMILARITIES[metric](text, text) == pytest.approx(1.0, abs=0.003)
    assert SIMILARITIES[metric]("", text) == SIMILARITIES[metric](text, "") == 0.0


def test_a_threshold_makes_right_or_wrong():
    grader = {"type": "text_similarity", "name": "s", "input": "{{sample.output_text}}",
              "reference": "{{item.answer}}", "evaluation_metric": "rouge_1", "pass_threshold": 0.8}  # fmt: skip
    assert judge(grader, "the cat sat on the mat", answer="the cat is on the mat").score == 1.0
    assert judge(grader, "the dog sat on a mat", answer="the cat is on the mat").score == 0.0


def test_cosine_says_that_it_needs_an_embedding_model():
    grader = {
        "type": "text_similarity",
        "name": "s",
        "input": "a",
        "reference": "b",
        "evaluation_metric": "cosine",
    }
    verdict = judge(grader, "x")
    assert verdict.status is Status.FAILED
    assert "embedding" in verdict.evidence["why"]


@pytest.mark.parametrize(
    ("formula", "value"),
    [("a", 0.25), ("0.5 * a + 0.5 * b", 0.625), ("a + b * 2 ^ 2 - 1", 3.25), ("-2 ^ 2 + 5", 1.0), ("2 ^ 3 ^ 2", 512.0),
     ("min(a, b, 3)", 0.25), ("max(a, 1 - b)", 0.25), ("abs(a - b)", 0.75), ("floor(1.5) + ceil(1.2)", 3.0),
     ("sqrt(4) / 4", 0.5), ("exp(0) - log(1)", 1.0), ("(a + b) * (a - b)", -0.9375), ("--a", 0.25)],
)  # fmt: skip
def test_formulas_by_hand(formula, value):
    assert calculate(formula, {"a": 0.25, "b": 1.0}) == pytest.approx(value)


@pytest.mark.parametrize(
    ("formula", "kind"),
    [("a +", GraderError.FORMULA_PARSE), ("a b", GraderError.FORMULA_PARSE), ("f(a)", GraderError.FORMULA_PARSE),
     ("a;b", GraderError.FORMULA_PARSE), ("sqrt(a, a)", GraderError.FORMULA_PARSE), ("(" * 99, GraderError.FORMULA_PARSE),
     ("__import__('os')", GraderError.FORMULA_PARSE), ("c", GraderError.INVALID_VARIABLE), ("a / 0", GraderError.OTHER),
     ("log(0)", GraderError.OTHER), ("sqrt(0 - 1)", GraderError.OTHER), ("9^999", GraderError.OTHER),
     ("exp(700) * exp(700)", GraderError.UNRESPONSIVE)],
)  # fmt: skip
def test_what_is_no_formula(formula, kind):
    with pytest.raises(GradingError) as caught:
        calculate(formula, {"a": 1.0})
    assert caught.value.kind is kind


@given(
    st.lists(
        st.sampled_from(
            ["a", "1", "0.5", "+", "-", "*", "/", "^", "(", ")", ",", "min(", "log(", " "]
        ),
        max_size=12,
    ).map("".join)
)
@settings(max_examples=300, deadline=None)
def test_any_formula_ends_in_a_number_or_a_named_error(formula):
    try:
        value = calculate(formula, {"a": 0.5})
    except GradingError:
        return
    assert math.isfinite(value)


def test_multi_keeps_its_sub_rewards():
    multi = {"type": "multi", "name": "m", "calculate_output": "0.6 * same + 0.4 * like",
             "graders": {"same": check("eq"), "like": check("ilike")}}  # fmt: skip
    verdict = judge(multi, "rome")
    assert verdict.score == pytest.approx(0.4)
    assert verdict.evidence["sub_rewards"] == {"same": 0.0, "like": 1.0}
    listed = {**multi, "graders": [check("eq", name="same"), check("ilike", name="like")]}
    assert judge(listed, "Rome").score == 1.0


@pytest.mark.parametrize(
    "grader",
    [
        {"type": "unknown"},
        {"type": "string_check", "name": "x", "operation": "equals", "input": "a", "reference": "b"},
        {**check(), "extra": 1},
        {"type": "multi", "graders": {"a": check()}, "calculate_output": "b"},
        {"type": "multi", "graders": {"a": check()}, "calculate_output": "1.0"},
        {"type": "multi", "graders": {"a": check()}, "calculate_output": "a +"},
        {"type": "multi", "graders": {}, "calculate_output": "a"},
        {"type": "label_model", "model": "m", "input": [{"role": "user", "content": "x"}], "labels": ["a", "b"], "passing_labels": ["a", "b"]},
        {"type": "score_model", "model": "m", "input": [{"role": "user", "content": "x"}], "range": [1, 1]},
    ],
)  # fmt: skip
def test_what_is_no_grader(grader):
    verdict = Grader().verify(Problem.of("?", "x", grader=grader), "y")
    assert verdict.reason is Reason.BAD_REFERENCE
    with pytest.raises(ValueError):
        Grader(grader=grader)


def test_a_grader_may_be_json_text():
    assert read_grader(json.dumps(check())).type == "string_check"
    with pytest.raises(GraderJsonError):
        read_grader("{")


def test_templates_are_filled_once():
    item, sample = {"a": ["x", {"b": 2}], "evil": "{{sample.output_text}}"}, sample_of("{{item.a}}")
    assert (
        fill("{{item.a[1].b}}|{{ sample.output_text }}|{{item.evil}}", item=item, sample=sample)
        == "2|{{item.a}}|{{sample.output_text}}"
    )
    assert fill("{{item.a[0]}} {{ item.a }}", item=item, sample=sample) == 'x ["x", {"b": 2}]'
    with pytest.raises(GradingError):
        fill("{{item.none}}", item=item, sample=sample)


@pytest.mark.parametrize(
    ("text", "response", "reason", "error"),
    [
        ("{{sample.output_json.city}}", '{"city": "Rome"}', Reason.CORRECT, None),
        ("{{sample.output_json.city}}", "no json", Reason.MALFORMED, "sample_parse_error"),
        ("{{sample.output_json.town}}", '{"city": "Rome"}', Reason.MALFORMED, "sample_parse_error"),
        ("{{item.gone}}", "Rome", Reason.BAD_REFERENCE, "invalid_variable_error"),
        ("{{os.environ}}", "Rome", Reason.BAD_REFERENCE, "invalid_variable_error"),
    ],
)
def test_whose_fault_a_variable_is(text, response, reason, error):
    verdict = judge(check(text=text), response)
    assert verdict.reason is reason
    assert list(verdict.evidence["errors"]) == ([error] if error else [])


def python(body):
    return {"type": "python", "name": "p", "source": f"def grade(sample, item):\n    {body}\n"}


@pytest.mark.parametrize(
    ("body", "reason", "score", "error"),
    [
        (
            "return 1.0 if sample['output_text'] == item['answer'] else 0.25",
            Reason.CORRECT,
            1.0,
            None,
        ),
        ("return len(sample['output_text']) / 8", Reason.PARTIAL, 0.5, None),
        ("return False", Reason.WRONG, 0.0, None),
        ("raise ValueError('x')", Reason.MALFORMED, 0.0, "python_grader_runtime_error"),
        ("return 2.0", Reason.BAD_REFERENCE, None, "unresponsive_reward_error"),
        ("return float('nan')", Reason.BAD_REFERENCE, None, "unresponsive_reward_error"),
        ("return 'good'", Reason.BAD_REFERENCE, None, "unresponsive_reward_error"),
        ("print('noise'); return 1", Reason.CORRECT, 1.0, None),
        ("import os; os._exit(0)", Reason.MALFORMED, 0.0, "python_grader_runtime_error"),
        (
            "open('/etc/shadow').read(); return 1",
            Reason.MALFORMED,
            0.0,
            "python_grader_runtime_error",
        ),
    ],
)
def test_python_graders_run_in_the_sandbox(local, body, reason, score, error):
    verdict = judge(python(body), "Rome")
    assert (verdict.reason, verdict.score) == (reason, score), verdict.evidence
    assert list(verdict.evidence["errors"]) == ([error] if error else [])


def test_a_python_grader_that_never_ends_is_ended(local):
    verdict = judge(python("\n    while True: pass"), "Rome", time_limit_s=0.5)
    assert verdict.reason is Reason.MALFORMED
    assert verdict.cost_s < 5


def test_a_broken_sandbox_is_nobodys_zero():
    use_sandbox(Scripted(lambda _: failed("down")))
    try:
        assert judge(python("return 1"), "Rome").status is Status.FAILED
    finally:
        use_sandbox(None)


SCORE = {"type": "score_model", "name": "s", "model": "m", "range": [0, 10], "sampling_params": {"seed": 1},
         "input": [{"role": "user", "content": "Grade: {{sample.output_text}}"}]}  # fmt: skip
LABEL = {"type": "label_model", "name": "l", "model": "m", "labels": ["good", "bad"], "passing_labels": ["good"],
         "input": [{"role": "user", "content": "{{sample.output_text}}"}]}  # fmt: skip


def test_score_and_label_models_over_a_client():
    client = ScriptedClient(['{"result": 5}'])
    verdict = judge(SCORE, "a text", client=client)
    assert (verdict.score, verdict.evidence["verifiable"]) == (0.5, False)
    assert client.requests[0].messages[0]["content"] == "Grade: a text"
    assert client.requests[0].sampling == {"seed": 1}
    assert not Grader(grader=SCORE, client=client).verifiable
    assert judge(LABEL, "a text", client=ScriptedClient(['{"result": "good"}'])).score == 1.0
    assert judge(LABEL, "a text", client=ScriptedClient(['{"result": "bad"}'])).score == 0.0


@pytest.mark.parametrize(
    ("replies", "error"),
    [
        (["five"] * 3, "model_grader_parse_error"),
        (['{"result": 11}'] * 3, "model_grader_parse_error"),
        (['{"result": true}'] * 3, "model_grader_parse_error"),
        ([ModelServerError("down")] * 3, "model_grader_server_error"),
        ([], "model_grader_server_error"),
    ],
)
def test_a_model_that_gives_no_number_is_nobodys_zero(replies, error, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    grader = Grader(grader=SCORE, client=ScriptedClient(replies))
    object.__setattr__(grader._asker, "wait_s", 0.0)
    verdict = grader.verify(Problem.of("?", "x"), "text")
    assert verdict.status is Status.FAILED
    assert list(verdict.evidence["errors"]) == [error]


def test_a_model_grader_without_a_server_fails_and_says_so():
    assert "url" in judge(SCORE, "text").evidence["why"]


FILE = """
def check(response, answer, info):
    if response == "hang":
        while True:
            pass
    if response == "raise":
        raise RuntimeError("x")
    if response == "none":
        return None
    if response == "half":
        return 0.5
    if response == "eat":
        return [0] * (1 << 36)
    print("noise")
    return response == answer
"""


@pytest.fixture(params=["sandbox", "worker"])
def function(request, local, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    return Function(function=f"{path}:check", where=request.param, time_limit_s=1.0, memory_mb=512)


@pytest.mark.parametrize(
    ("response", "reason"),
    [("Rome", Reason.CORRECT), ("Oslo", Reason.WRONG), ("half", Reason.PARTIAL), ("raise", Reason.BAD_REFERENCE),
     ("none", Reason.BAD_REFERENCE), ("eat", Reason.BAD_REFERENCE), ("", Reason.NO_ANSWER), ("Rome ", Reason.CORRECT)],
)  # fmt: skip
def test_a_function_of_the_users(function, response, reason):
    assert function.verify(Problem.of("?", "Rome"), response).reason is reason


def test_a_function_that_hangs_is_killed_and_serves_again(function):
    hung = function.verify(Problem.of("?", "Rome"), "hang")
    assert not hung.is_correct
    assert hung.cost_s < 5
    assert function.verify(Problem.of("?", "Rome"), "Rome").is_correct


def test_a_function_is_found_and_part_of_the_digest(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    first = Function(function=f"{path}:check").digest
    path.write_text(FILE + "\n# changed\n")
    assert Function(function=f"{path}:check").digest != first
    with pytest.raises(ConfigError):
        Function(function=f"{tmp_path / 'gone.py'}:check")
    use_worker = Function(function=f"{path}:gone", where="worker")
    assert "cannot be loaded" in use_worker.verify(Problem.of("?", "x"), "x").evidence["why"]
