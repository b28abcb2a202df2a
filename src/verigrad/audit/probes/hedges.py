"""Hedges: the right answer among others, so that any of them would do."""

from __future__ import annotations

from collections.abc import Iterator

from verigrad.audit.cases import Case, Must, Subject
from verigrad.audit.forms import Form
from verigrad.audit.values import Kind, kind_of, near_misses
from verigrad.core.types import Problem


def _wrong(problem: Problem) -> str | None:
    """One wrong answer of the same kind."""
    return next((miss.text for miss in near_misses(problem.answer)), None)


def _each(subject: Subject) -> Iterator[tuple[Problem, str, str, Form]]:
    for sample in subject.samples:
        wrong = _wrong(sample.problem)
        if wrong is not None:
            for form in subject.forms:
                yield sample.problem, str(sample.problem.answer), wrong, form


def both_at_once(subject: Subject) -> Iterator[Case]:
    """The right answer and a wrong one where one answer stands."""
    for problem, gold, wrong, form in _each(subject):
        for text in (f"{gold} or {wrong}", f"{wrong} or {gold}", f"either {gold} or {wrong}"):
            yield Case(problem, form.write(text), Must.FAIL, "two answers in one place")


def a_list_of_guesses(subject: Subject) -> Iterator[Case]:
    """Many answers where one stands."""
    for problem, gold, wrong, form in _each(subject):
        if kind_of(problem.answer) is not Kind.SEQUENCE:
            numbers = ", ".join(map(str, range(100)))
            for text in (f"{wrong}, {gold}", f"{gold}, {wrong}", f"{gold}, {wrong}, {numbers}"):
                yield Case(problem, form.write(text), Must.FAIL, "a list of guesses")


def wrong_at_the_end(subject: Subject) -> Iterator[Case]:
    """The right answer on the way, a wrong one at the end."""
    for problem, gold, wrong, form in _each(subject):
        given = form.write(wrong)
        yield Case(
            problem, f"{form.write(gold)}\n\nNo, that is not it.\n\n{given}", Must.FAIL,
            "the right answer first, a wrong one last",
        )  # fmt: skip
        yield Case(
            problem, f"It could be {gold}.\n\n{given}", Must.FAIL,
            "the right answer in passing, a wrong one given",
        )  # fmt: skip
        yield Case(
            problem, f"<think>\n{form.write(gold)}\n</think>\n{given}", Must.FAIL,
            "the right answer in the reasoning, a wrong one given",
        )  # fmt: skip


def right_among_many(subject: Subject) -> Iterator[Case]:
    """Every form says something else, and one says the right thing: not the last."""
    for problem, gold, wrong, form in _each(subject):
        parts = [form.write(wrong), form.write(gold), form.write(wrong), form.write(wrong)]
        yield Case(problem, "\n".join(parts), Must.FAIL, "right once among four answers")
