"""Addition: what the demo trains on."""

import pytest
from pydantic import ValidationError

from verigrad.core.errors import DataError
from verigrad.tasks import GENERATORS
from verigrad.tasks.generators.addition import Addition
from verigrad.tasks.generators.digits import add_in_columns

DEMO_ALPHABET = set("0123456789+=;\\boxed{}")


def test_carries_are_written_as_a_third_summand():
    # 958 + 67: 8+7 = 15, carry 1; 5+6+1 = 12, carry 1; 9+0+1 = 10
    assert add_in_columns(958, 67) == ["8+7=15", "5+6+1=12", "9+0+1=10"]


def test_questions_and_answers_are_three_digit_sums():
    for problem in Addition(digits=3).problems("train", 500, seed=1):
        left, right = problem.question.removesuffix("=").split("+")
        assert len(left) == len(right) == 3
        assert int(left) + int(right) == int(problem.answer)
        assert problem.solution is not None
        assert problem.solution.endswith(f"\\boxed{{{problem.answer}}}")


def test_a_three_digit_response_fits_48_characters_of_a_small_alphabet():
    for problem in Addition(digits=3).problems("held_out", 2_000, seed=0):
        assert problem.solution is not None
        assert len(problem.solution) <= 48
        assert set(problem.question + problem.solution) <= DEMO_ALPHABET


def test_shortest_draws_every_length():
    problems = Addition(digits=3, shortest=1).problems("train", 300, seed=0)
    lengths = {len(side) for p in problems for side in p.question.removesuffix("=").split("+")}
    assert lengths == {1, 2, 3}


def test_options_that_cannot_hold_are_refused():
    with pytest.raises(ValidationError, match="above digits"):
        Addition(digits=2, shortest=3)
    with pytest.raises(ValidationError, match="extra"):
        Addition(digts=2)


def test_a_used_up_family_says_how_many_there_are():
    with pytest.raises(DataError, match=r"addition has \d+ different held_out") as caught:
        Addition(digits=1).problems("held_out", 1_000, seed=0)
    assert "digits" in caught.value.remedy


def test_the_table_knows_it():
    assert GENERATORS.load("addition") is Addition
    assert Addition.at(4).options.digits == 4


def test_how_solutions_are_written_does_not_change_the_sums():
    plain = Addition(digits=3).problems("train", 200, seed=4)
    dressed = Addition(digits=3, words="mixed", checked="mixed", marked="mixed", limit=40)
    for one, other in zip(plain, dressed.problems("train", 200, seed=4), strict=True):
        assert other.question == f"{one.question} briefly"
        assert other.answer == one.answer
        assert other.info == {"constraints": [{"id": "length:characters", "least": 1, "most": 40}]}


def solution(**options: object) -> str:
    (problem,) = Addition(digits=3, **options).problems("train", 1, seed=0)
    assert problem.question.startswith("989+212=")
    return problem.solution or ""


def test_a_checked_solution_has_every_step_twice():
    # 9+2 = 11, carry 1; 8+1+1 = 10, carry 1; 9+2+1 = 12
    by_hand = "9+2=11;2+9=11;8+1+1=10;1+8+1=10;9+2+1=12;2+9+1=12;\\boxed{1201}"
    assert solution(checked="yes") == by_hand


def test_a_marked_solution_keeps_the_layout():
    assert solution(marked="yes") == (
        "<think>9+2=11;8+1+1=10;9+2+1=12</think><answer>\\boxed{1201}</answer>"
    )


def test_words_are_english_or_drawn_from_both():
    english = [p.solution for p in Addition(words="en").problems("train", 100, seed=0)]
    both = [p.solution or "" for p in Addition(words="mixed").problems("train", 100, seed=0)]
    assert all(step.startswith(("so ", "and ")) for s in english for step in s.split(";")[:-1])
    chinese = [step.startswith(("则 ", "且 ")) for s in both for step in s.split(";")[:-1]]
    assert 0.4 < sum(chinese) / len(chinese) < 0.6


def test_mixed_marks_about_half():
    found = [p.solution or "" for p in Addition(marked="mixed").problems("train", 400, seed=0)]
    assert 0.4 < sum(s.startswith("<think>") for s in found) / len(found) < 0.6
