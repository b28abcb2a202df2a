"""Grounding: sentences, citations, quotes, figures, refusals."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.verifiers.grounding import Grounding, with_entailment
from verigrad.verifiers.grounding.documents import Document
from verigrad.verifiers.grounding.sentences import read_sentences
from verigrad.verifiers.grounding.values import read_values

BRIDGE = "The Sydney Harbour Bridge opened on 19 March 1932. It is 1,149 metres long."
TOWER = 'Gustave Eiffel built the tower. He said: "I ought to be jealous of the tower."'
DOCUMENTS = [BRIDGE, TOWER]
PROBLEM = Problem.of("How long is the bridge?", "1149", documents=DOCUMENTS)
GOOD = "The Sydney Harbour Bridge is 1,149 metres long [1].\nAnswer: 1149"


def judge(response, problem=PROBLEM, **switches):
    return Grounding(**switches).verify(problem, response)


@pytest.mark.parametrize(
    ("response", "reason", "kind"),
    [
        (GOOD, Reason.CORRECT, None),
        ("It opened on March 19, 1932.[1] It is 1149 metres long.[1]\nAnswer: 1,149 [1]", Reason.CORRECT, None),
        ("<think>maybe 5 [9]</think>" + GOOD, Reason.CORRECT, None),
        (GOOD.replace("[1]", "[3]"), Reason.VIOLATION, "no_such_document"),
        (GOOD.replace(" [1]", ""), Reason.VIOLATION, None),
        (GOOD.replace("[1]", "[2]"), Reason.VIOLATION, "value"),
        (GOOD.replace("1,149", "1,150"), Reason.VIOLATION, "value"),
        (GOOD.replace("Answer: 1149", "Answer: 1150"), Reason.WRONG, None),
        (GOOD.replace("Sydney", "Brooklyn"), Reason.VIOLATION, "value"),
        (GOOD.replace("Answer: 1149", "Answer: 1149\nAnswer: 1150"), Reason.AMBIGUOUS, None),
        (GOOD.replace("Answer: 1149", ""), Reason.NO_ANSWER, None),
        ("It is long. " + GOOD, Reason.VIOLATION, "uncited"),
        ("It is 1149 metres long [1, 2].\nAnswer: 1149", Reason.VIOLATION, "over_cited"),
        ("[1]\nAnswer: 1149", Reason.VIOLATION, None),
        ("Answer: 1149", Reason.VIOLATION, None),
        ("Answer: 1149 [1]", Reason.VIOLATION, None),
        ("It opened on 20 March 1932 [1].\nAnswer: 1149", Reason.VIOLATION, "value"),
        ("", Reason.NO_ANSWER, None),
        ("<think>" + GOOD, Reason.NO_ANSWER, None),
        ("The documents do not answer this.", Reason.WRONG, None),
    ],
)  # fmt: skip
def test_claims(response, reason, kind):
    verdict = judge(response)
    assert verdict.reason is reason, verdict.evidence
    if kind:
        assert verdict.evidence["faults"][0]["kind"] == kind


def test_quotes_are_verbatim_and_placed():
    problem = Problem.of("What did Eiffel say?", "jealous", documents=DOCUMENTS)
    said = 'Eiffel said "I ought to be  jealous of the tower" [2].\nAnswer: jealous'
    verdict = judge(said, problem)
    assert verdict.is_correct
    (quote,) = verdict.evidence["quotes"]
    assert TOWER[quote["start"] : quote["end"]] == "I ought to be jealous of the tower"
    altered = judge(said.replace("ought", "used"), problem)
    assert altered.evidence["faults"][0]["kind"] == "quote"


def test_refusals():
    unanswerable = Problem.of("Who painted it?", {"unanswerable": True}, documents=DOCUMENTS)
    refusal = "The documents do not answer this."
    assert judge(refusal, unanswerable).is_correct
    assert judge(GOOD, unanswerable).reason is Reason.WRONG
    assert judge(f"{refusal}\nAnswer: Monet", unanswerable).reason is Reason.AMBIGUOUS
    assert judge(f"{refusal} {'But perhaps so. ' * 30}", unanswerable).reason is Reason.AMBIGUOUS
    assert judge("", unanswerable).reason is Reason.NO_ANSWER


def test_numbers_stay_numbers():
    """SQuAD's clean-up takes signs and points away: there -5 is 5 and 1.5 is 15."""
    problem = Problem.of("Coldest?", "-5", documents=["It was -5 degrees, then 5 degrees."])
    assert judge("It was -5 degrees [1].\nAnswer: -5", problem).is_correct
    assert judge("It was 5 degrees [1].\nAnswer: 5", problem).reason is Reason.WRONG


@pytest.mark.parametrize(
    ("answer", "info"),
    [
        ("x", {}),
        ("x", {"documents": []}),
        ("x", {"documents": [3]}),
        ("x", {"documents": [{"id": "a", "text": "b"}, {"id": "a", "text": "c"}]}),
        ("", {"documents": ["a"]}),
        (None, {"documents": ["a"]}),
        ({"unanswerable": False}, {"documents": ["a"]}),
    ],
)
def test_bad_problems_abstain(answer, info):
    verdict = Grounding().verify(Problem.of("?", answer, **info), GOOD)
    assert verdict.reason is Reason.BAD_REFERENCE


def test_documents_may_have_ids_of_their_own():
    problem = Problem.of("?", "1932", documents=[{"id": "smith2020", "text": BRIDGE}])
    assert judge("It opened in 1932 [smith2020].\nAnswer: 1932", problem).reason is Reason.VIOLATION
    text = "It opened on 19 March 1932 [smith2020].\nAnswer: 1932"
    assert judge(text, problem).is_correct


def test_values():
    values = read_values(
        "On March 5th, 2021 the U.N. spent $1.5 million, up 12 percent; seven left."
    )
    assert values.dates == {(2021, 3, 5)}
    assert values.numbers == {Fraction(1_500_000), Fraction(7)}
    assert values.percentages == {Fraction(12)}


def test_sentences():
    found = read_sentences("Mr. A. Hall left. He ran!\nIt was 3.5 km [1]. [2] So?")
    assert [sentence.claim for sentence in found] == [
        "Mr. A. Hall left.", "He ran!", "It was 3.5 km .", "So?",
    ]  # fmt: skip
    assert [sentence.cited for sentence in found] == [(), (), ("1", "2"), ()]


@given(st.text(alphabet="aB. \n\t\u201c\u201d", min_size=1, max_size=40), st.data())
def test_every_piece_of_a_document_is_found_where_it_stands(text, data):
    at = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(at + 1, len(text)))
    piece = text[at:end]
    span = Document("1", text).find(piece)
    if not piece.split():
        assert span is None
        return
    fold = str.maketrans({"\u201c": '"', "\u201d": '"'})
    assert span is not None
    assert text[span[0] : span[1]].translate(fold).split() == piece.translate(fold).split()


@given(st.text(max_size=200))
def test_any_response_is_judged(response):
    assert judge(response).reason is not Reason.INFRASTRUCTURE


def test_entailment_can_only_take_away():
    strict = with_entailment("nobody", lambda premise, claim: 0.0)()
    kind = with_entailment("yes", lambda premise, claim: 1.0)()
    assert not strict.verify(PROBLEM, GOOD).is_correct
    assert kind.verify(PROBLEM, GOOD).is_correct
    assert not kind.verify(PROBLEM, GOOD.replace("[1]", "[2]")).is_correct
    assert (strict.verifiable, Grounding().verifiable) == (False, True)
    assert strict.verify(PROBLEM, GOOD).verifier == "grounding+nobody"


def test_long_responses_are_quick():
    for piece in ("A. ", "1,111", "\u201c", "[1] ", '"a b c" [1]. ', "A'", "5 March 1932 "):
        verdict = judge((piece * 50_000)[:49_999] + "\n")
        assert verdict.cost_s < 3.0, piece
