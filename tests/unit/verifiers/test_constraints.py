"""The truth table of every constraint, and the verifier around them."""

import json
from collections import Counter
from pathlib import Path

import pytest

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.verifiers.constraints import Constraints
from verigrad.verifiers.constraints.language import LANGUAGES, detect
from verigrad.verifiers.constraints.table import RULES

TABLE = Path(__file__).parents[2] / "cases" / "constraints.jsonl"
ROWS = [json.loads(line) for line in TABLE.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['id']}: {row['why']}")
def test_case(row):
    rule = RULES[row["id"]]
    assert rule.check(row["text"], **rule.bind(row["arguments"])) is row["follows"]


def test_every_rule_has_a_text_that_follows_and_one_that_does_not():
    follows = Counter(row["id"] for row in ROWS if row["follows"])
    breaks = Counter(row["id"] for row in ROWS if not row["follows"])
    assert set(follows) == set(breaks) == set(RULES)


def test_the_published_ids_are_all_there():
    # 25 of IFEval; 58 of IFBench without the two that need a tagger and a pronouncing dictionary
    own = ("length:", "layout:", "content:", "language:one_of", "language:every_paragraph")
    assert sum(not name.startswith(own) for name in RULES) == 25 + 56


def judge(answer, response, question="?", **policy):
    return Constraints(**policy).verify(Problem.of(question, answer), response)


COMMA = {"id": "punctuation:no_comma"}
TWO_WORDS = {"id": "length:words", "least": 2, "most": 2}


@pytest.mark.parametrize(
    "answer",
    [
        [],
        "no json",
        None,
        7,
        [{"id": "punctuation:no_coma"}],
        [{"id": "keywords:existence"}],
        [{"id": "keywords:existence", "keywords": []}],
        [{"id": "keywords:frequency", "keyword": "a", "frequency": 2}],
        [{"id": "keywords:frequency", "keyword": "a", "frequency": True, "relation": "at least"}],
        [{"id": "punctuation:no_comma", "extra": 1}],
        [{"id": "content:matches", "pattern": "(a)\\1"}],
        {"all_of": []},
        {"all_of": [COMMA], "any_of": [COMMA]},
        {"instruction_id_list": ["punctuation:no_comma"], "kwargs": []},
        [COMMA] * 101,
    ],
)
def test_what_cannot_be_checked_is_the_problems_fault(answer):
    verdict = judge(answer, "Good words.")
    assert verdict.reason is Reason.BAD_REFERENCE
    assert verdict.score is None


def test_joins_by_hand():
    both = [COMMA, TWO_WORDS]
    assert judge(both, "two words").score == 1.0
    assert judge(both, "one, two, three").score == 0.0
    assert judge(both, "now three words").score == 0.0
    assert judge(both, "now three words", score="fraction").score == 0.5
    assert judge({"any_of": both}, "now three words").score == 1.0
    assert judge({"any_of": both}, "so, three words").score == 0.0
    third = {"fraction_of": [COMMA, TWO_WORDS, {"all_of": [COMMA, TWO_WORDS]}]}
    assert judge(third, "now three words").score == pytest.approx(1 / 3)
    assert judge(third, "now three words").reason is Reason.PARTIAL


def test_published_rows_are_read_as_they_stand():
    row = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{"keywords": None}]}
    assert judge(row, "Good words.").is_correct
    assert judge(
        json.dumps([{"instruction_id": ["punctuation:no_comma"], "kwargs": [None]}]), "Ok a"
    ).is_correct


def test_loose_reads_without_first_and_last_line():
    answer = [{"id": "startend:quotation"}]
    text = 'Sure, here it is:\n*"Tea."*'
    assert judge(answer, text).score == 0.0
    assert judge(answer, text, reading="loose").is_correct


def test_an_undecided_rule_never_passes_and_is_named():
    verdict = judge([{"id": "language:response_language", "language": "en"}], "12 34")
    assert verdict.score == 0.0
    assert verdict.evidence["undecided"] == ["language:response_language"]


def test_reasoning_is_not_the_response():
    assert judge([COMMA], "<think>a, b</think>No pause").is_correct
    assert judge([COMMA], "<think>No pause at all").reason is Reason.NO_ANSWER
    assert judge([COMMA], "<think>a, b</think>No pause", reasoning="keep").score == 0.0


@pytest.mark.parametrize("filler", ["a" * 500, "word " * 200, "??", "Why so?"])
def test_filler_and_echo_are_refused(filler):
    verdict = judge([COMMA], filler, question="Why so?")
    assert verdict.score == 0.0
    assert judge([COMMA], filler, junk="allow").score == (0.0 if filler == "??" else 1.0)


def test_an_echo_is_no_fault_where_it_is_asked_for():
    answer = [{"id": "combination:repeat_prompt", "prompt_to_repeat": "Why so?"}]
    assert judge(answer, "Why so?", question="Why so?").is_correct


SAMPLES = {
    "en": "The people of the village were happy that it was over, and they have not been back.",
    "de": "Die Leute waren nicht sehr froh, dass es vorbei ist, und sie sind auch nicht mehr da.",
    "fr": "Les gens du village ne sont pas heureux, mais ils ont une maison et un chien qui dort.",
    "es": "La gente del pueblo no está muy contenta, pero tiene una casa y un perro que duerme.",
    "pt": "As pessoas da aldeia não estão muito felizes, mas têm uma casa e um cão que dorme.",
    "it": "La gente del villaggio non è molto felice, ma ha una casa e un cane che dorme.",
    "nl": "De mensen van het dorp zijn niet blij, maar ze hebben een huis en een hond die slaapt.",
    "pl": "Ludzie z tej wsi nie są szczęśliwi, ale mają dom i psa, który śpi na podłodze.",
    "fi": "Kylän ihmiset eivät ole iloisia, mutta he ovat kotona ja se on nyt hyvin tärkeää.",
    "sv": "Människorna i byn är inte glada, men de har ett hus och en hund som sover på golvet.",
    "vi": "Những người trong làng không vui, nhưng họ có một ngôi nhà và một con chó đang ngủ.",
    "sw": "Watu wa kijiji hiki si wenye furaha sana lakini wana nyumba na mbwa wao kama kila siku.",
    "ru": "Люди в этой деревне не были рады, но у них был дом и собака, которая спит.",
    "uk": "Люди в цьому селі не були раді, але у них був дім і собака, який спить.",
    "bg": "Хората в това село не са доволни, но те имат къща и куче, което спи на пода.",
    "hi": "इस गाँव के लोग खुश नहीं हैं, लेकिन उनके पास एक घर और एक कुत्ता है जो सो रहा है।",
    "ar": "الناس في هذه القرية ليسوا سعداء، لكن لديهم بيت و كلب ينام على الأرض كل يوم.",
    "fa": "مردم این روستا خوشحال نیستند، اما آنها یک خانه و یک سگ دارند که در آن است.",
    "ur": "اس گاؤں کے لوگ خوش نہیں ہیں، لیکن ان کے پاس ایک گھر اور ایک کتا ہے جو سو رہا ہے۔",
    "ja": "この村の人々は幸せではありませんが、家と寝ている犬がいます。",
    "ko": "이 마을 사람들은 행복하지 않지만 집과 자고 있는 개가 있습니다.",
    "zh": "这个村子的人不高兴，但是他们有一所房子和一只睡觉的狗。",
    "th": "คนในหมู่บ้านนี้ไม่มีความสุข แต่พวกเขามีบ้านและสุนัขที่กำลังนอนหลับ",
    "el": "Οι άνθρωποι του χωριού δεν είναι ευτυχισμένοι, αλλά έχουν ένα σπίτι.",
    "he": "האנשים בכפר הזה לא שמחים, אבל יש להם בית וכלב שישן.",
}


@pytest.mark.parametrize("code", SAMPLES)
def test_languages_are_told_apart(code):
    assert detect(SAMPLES[code]) == code
    assert code in LANGUAGES


def test_two_languages_are_neither():
    assert detect(SAMPLES["en"] + " " + SAMPLES["ru"]) is None
    assert detect(SAMPLES["en"] + " " + SAMPLES["de"]) in (None, "en", "de")
