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
