"""What must pass and what must not by its content alone: references, spellings, near misses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from verigrad.audit.cases import Case, Must, Subject
from verigrad.audit.values import Kind, kind_of, near_misses, other_spellings, surely_differ

_CONSTANTS = 3


def references(subject: Subject) -> Iterator[Case]:
    """Every reference passes its own verifier, in its form and as the samples write it."""
    for sample in subject.samples:
        for response in sample.right:
            yield Case(sample.problem, response, Must.PASS, "the reference itself")
    for problem in subject.unread:
        form = subject.forms[0] if subject.forms else None
        written = form.write(str(problem.answer)) if form else str(problem.answer)
        yield Case(problem, written, Must.PASS, "the reference itself")


def spellings(subject: Subject) -> Iterator[Case]:
    """The reference written in another way."""
    for sample in subject.samples:
        for spelling in other_spellings(sample.problem.answer) if subject.forms else ():
            text = subject.forms[0].write(spelling.text)
            yield Case(sample.problem, text, Must.PASS, f"the reference {spelling.what}")


def written_near_misses(subject: Subject) -> Iterator[Case]:
    """The near misses that a person wrote for this verifier."""
    for sample in subject.samples:
        for response in sample.near:
            yield Case(sample.problem, response, Must.MISS, "a near miss")


def made_near_misses(subject: Subject) -> Iterator[Case]:
    """The answer changed by as little as possible, in every form that is honoured."""
    for sample in subject.samples:
        answer = sample.problem.answer
        for miss in near_misses(answer):
            kind = kind_of(answer)
            is_sure = kind in (Kind.EXPRESSION, Kind.SEQUENCE) or surely_differ(answer, miss.text)
            # an altered text contains the text it was made from, and still is another one
            if is_sure or kind in (Kind.TEXT, Kind.CHOICE, Kind.TRUTH) or "no number" in miss.what:
                for form in subject.forms:
                    yield Case(sample.problem, form.write(miss.text), Must.FAIL, miss.what)


def constants(subject: Subject) -> Iterator[Case]:
    """The commonest answers of the data, given to every problem whose own surely differs."""
    answers = Counter(
        str(sample.problem.answer)
        for sample in subject.samples
        if kind_of(sample.problem.answer) is not Kind.STRUCTURED
    )
    mined = [answer for answer, _ in answers.most_common(_CONSTANTS)]
    for form in subject.forms[:1]:
        for sample in subject.samples:
            for constant in dict.fromkeys([*mined, "0", "1", "42", "A", "yes"]):
                if surely_differ(sample.problem.answer, constant):
                    what = f"{constant!r} to every question"
                    yield Case(sample.problem, form.write(constant), Must.FAIL, what)


def others_answers(subject: Subject) -> Iterator[Case]:
    """The right answer of the next problem."""
    samples = subject.samples
    for sample, other in zip(samples, (*samples[1:], *samples[:1]), strict=True):
        if surely_differ(sample.problem.answer, other.problem.answer):
            for response in other.right[:1]:
                yield Case(sample.problem, response, Must.FAIL, "another problem's answer")
