"""Decontamination: exact copies always, near copies as brute force finds them, others never."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verigrad.cli.main import main
from verigrad.curriculum.decontamination import (
    KnownTexts,
    Rules,
    find_contaminated,
    find_duplicates,
)
from verigrad.curriculum.neighbours import Neighbours, members_of, without_numbers, words_of
from verigrad.pipelines.decontaminate import decontaminate

WORDS = st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=12)
TEXTS = st.lists(WORDS, min_size=1, max_size=8)
STORY = "Ann has 5 pens and buys 7 more at the shop today. How many pens does she have now?"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2+3=", ["2", "+", "3", "="]),
        ("a well-known 5 - 3", ["a", "well", "known", "5", "-", "3"]),
        ("ﬁve  APPLES!", ["five", "apples"]),  # a ligature, by NFKC
        ("今日は3個", ["今", "日", "は", "3", "個"]),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def brute_force(first: list[str], second: list[str]) -> float:
    """By definition, with words as they are: members are words and pairs with their occurrence."""

    def members(words: list[str]) -> set[tuple[object, int]]:
        units: list[object] = [*words, *pairwise(words)]
        return {(unit, units[:at].count(unit)) for at, unit in enumerate(units)}

    a, b = members(first), members(second)
    return len(a & b) / len(a | b)


@given(TEXTS, WORDS, st.sampled_from([0.3, 0.5, 0.8, 1.0]))
def test_neighbours_are_those_of_brute_force(texts, asked, threshold) -> None:
    found = {n.place: n.similarity for n in Neighbours(texts, threshold=threshold).near(asked)}
    expected = {place: brute_force(text, asked) for place, text in enumerate(texts)}
    assert found == pytest.approx({p: s for p, s in expected.items() if s >= threshold})


@given(WORDS, WORDS)
def test_similarity_is_symmetric(first, second) -> None:
    one = [n.similarity for n in Neighbours([first], threshold=0.01).near(second)]
    other = [n.similarity for n in Neighbours([second], threshold=0.01).near(first)]
    assert one == other


def test_members_by_hand() -> None:
    # "a b a": a twice, b, "a b", "b a"
    assert len(members_of([0, 1, 0])) == 5


@given(st.lists(st.text(min_size=1), min_size=1, max_size=6))
def test_a_known_text_is_always_found_exactly(texts: list[str]) -> None:
    known = KnownTexts(texts, Rules())
    for text in texts:
        match = known.match(0, f"  {text} ")
        if not words_of(text):
            assert match is None
        elif words_of(f"  {text} ") == words_of(text):
            assert match is not None
            assert match.kind == "exact"


def test_kinds_and_scores_by_hand() -> None:
    known = KnownTexts([STORY], Rules())

    def match(text: str) -> tuple[str, float] | None:
        found = known.match(0, text)
        return None if found is None else (found.kind, found.score)

    assert match(STORY.upper().replace(".", "")) == ("exact", 1.0)
    # 19 words, the first ten stay: a run of ten covers 10 of 19
    assert match("Ann has 5 pens and buys 7 more at the zoo. Is it far?") == ("ngram", 10 / 19)
    # two of 19 words replaced, far apart: 17 words and 14 of 18 pairs stay, of 37 + 37 - 31
    near = match(STORY.replace("5 pens", "5 cups").replace("shop", "fair"))
    assert near is not None
    assert match("A train leaves at noon. When does it arrive?") is None
    assert match("?!") is None


def test_signs_matter_and_numbers_may_not() -> None:
    assert KnownTexts(["2+3="], Rules()).match(0, "2-3=") is None
    assert without_numbers(words_of("2 pens")) == ["0", "pens"]
    any_numbers = KnownTexts(["What is 12 + 3?"], Rules(any_numbers=True))
    assert any_numbers.match(0, "what is 7 + 88") is not None


def test_duplicates_keep_the_first_and_chains_keep_what_is_new() -> None:
    # one word at the end changed: 5 words and 4 pairs of 11 and 11 are shared, 9 of 13
    a, b, c = "a b c d e f", "a b c d e x", "y b c d e x"
    rules = Rules(similarity=0.6)
    assert KnownTexts([b], rules).match(0, c) is not None
    # a and c share 4 words and 3 pairs: 7 of 15; b, which c is near, was left out
    assert KnownTexts([a], rules).match(0, c) is None
    assert [m.row for m in find_duplicates([a, a, b, c], rules)] == [1, 2]


def test_rows_are_named_in_order() -> None:
    known = KnownTexts([STORY], Rules())
    assert [m.row for m in find_contaminated(["new", STORY, "other", STORY], known)] == [1, 3]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    train, test = tmp_path / "train.jsonl", tmp_path / "test.jsonl"
    rows = [{"question": "How old is Bob?", "answer": "3"}, {"question": STORY, "answer": "12"}]
    messages = [{"role": "user", "content": STORY.lower()}]
    train.write_text("".join(json.dumps(row) + "\n" for row in [*rows, rows[0]]))
    test.write_text(json.dumps({"messages": messages, "answer": "12"}) + "\n")
    return train, test


def test_files_of_different_shapes_meet(files, tmp_path: Path) -> None:
    train, test = files
    out = tmp_path / "clean.jsonl"
    found = decontaminate(train, [test], Rules(), without_duplicates=True, out=out)
    assert [(m.row, m.kind) for m in found.contaminated] == [(1, "exact")]
    assert [(m.row, m.kind) for m in found.duplicates] == [(2, "exact")]
    assert [json.loads(line)["answer"] for line in out.read_text().splitlines()] == ["3"]
    assert "1 rows are left" in found.text()


def test_the_command_writes_rows_and_report(files, tmp_path: Path, capsys) -> None:
    train, test = files
    report = tmp_path / "found.json"
    with pytest.raises(SystemExit) as caught:
        main(
            ["decontaminate", str(train), "--against", str(test), "--report", str(report), "--json"]
        )
    assert caught.value.code == 0
    told = json.loads(capsys.readouterr().out)
    assert told["left"] == 2
    (match,) = json.loads(report.read_text())["contaminated"]
    assert (match["row"], match["kind"], match["known"]) == (1, "exact", STORY.lower())


def test_nothing_to_compare_with_is_a_usage_error(files, capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["decontaminate", str(files[0])])
    assert caught.value.code == 2
    assert "--against" in capsys.readouterr().err
