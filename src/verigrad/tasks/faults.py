"""What may be wrong with one problem, taken by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from verigrad.core.types import Problem

MIN_VERBATIM_CHARS = 4  # shorter references stand in prompts by chance ("5", "yes")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MOJIBAKE = re.compile(  # U+FFFD, or UTF-8 read as Latin-1 or Windows-1252: "Ã©", "â€™"
    "\ufffd|\u00c3[\u0080-\u00bf]|\u00e2\u20ac[\u0080-\u00bf\u2018-\u2122]"
)


class Fault(StrEnum):
    """Kinds of faults. The fatal ones would teach something false, or nothing."""

    EMPTY_PROMPT = "empty_prompt"
    EMPTY_REFERENCE = "empty_reference"
    REJECTED_REFERENCE = "rejected_reference"
    LEAKED_ANSWER = "leaked_answer"
    PROMPT_TOO_LONG = "prompt_too_long"
    BROKEN_TEXT = "broken_text"
    OVERLAP = "overlap"
    ANSWER_IN_PROMPT = "answer_in_prompt"
    DOUBTFUL_TEXT = "doubtful_text"
    DUPLICATE = "duplicate"
    CONTRADICTION = "contradiction"

    @property
    def is_fatal(self) -> bool:
        """True where a run must not begin (unless the fault is allowed by name)."""
        return self not in _WARNINGS

    @property
    def what(self) -> str:
        """In words, to follow "12 train problems with"."""
        return _WORDS[self][0]

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return _WORDS[self][1]


_WARNINGS = (
    Fault.ANSWER_IN_PROMPT,
    Fault.DOUBTFUL_TEXT,
    Fault.DUPLICATE,
    Fault.CONTRADICTION,
)
_WORDS = {
    Fault.EMPTY_PROMPT: ("an empty prompt", "name the right prompt column, or remove them"),
    Fault.EMPTY_REFERENCE: ("an empty reference", "name the right answer column, or remove them"),
    Fault.REJECTED_REFERENCE: (
        "a reference that its own verifier rejects",
        "choose the verifier that fits, or repair or remove them",
    ),
    Fault.LEAKED_ANSWER: ("the answer announced in the prompt", "cut it out of the prompt"),
    Fault.PROMPT_TOO_LONG: (
        "a prompt longer than there is room for",
        "remove them, or make room in the context",
    ),
    Fault.BROKEN_TEXT: ("text that UTF-8 cannot carry", "write the file again as UTF-8"),
    Fault.OVERLAP: ("a held-out twin", "remove them from one of the two sides"),
    Fault.ANSWER_IN_PROMPT: ("the reference somewhere in the prompt", "look at some of them"),
    Fault.DOUBTFUL_TEXT: ("text that looks wrongly decoded", "look at some of them"),
    Fault.DUPLICATE: ("an earlier question", "remove them, unless the weight is meant"),
    Fault.CONTRADICTION: (
        "an earlier question and another reference",
        "keep the right one of each",
    ),
}


def own_faults(problem: Problem) -> Iterator[tuple[Fault, str]]:
    """Faults that show in the problem alone, each with what was seen.

    >>> list(own_faults(Problem.of("2+2? The answer is 4.", "4")))
    [(<Fault.LEAKED_ANSWER: 'leaked_answer'>, '2+2? The answer is 4')]
    """
    if not problem.question.strip():
        yield Fault.EMPTY_PROMPT, ""
    if is_empty(problem.answer):
        yield Fault.EMPTY_REFERENCE, repr(problem.answer)
    yield from _text_faults(problem)
    yield from _leaks(problem)


def is_empty(answer: object) -> bool:
    """Nothing to compare with: None, white space, an empty list or object."""
    if isinstance(answer, str):
        return not answer.strip()
    return answer is None or (isinstance(answer, list | tuple | dict) and not answer)


def _text_faults(problem: Problem) -> Iterator[tuple[Fault, str]]:
    text = "\n".join([*(m.content for m in problem.prompt), str(problem.answer)])
    text = f"{text}\n{problem.solution or ''}"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        yield Fault.BROKEN_TEXT, f"U+{ord(text[error.start]):04X}, half of a surrogate pair"
        return
    if found := _CONTROL.search(text) or _MOJIBAKE.search(text):
        yield Fault.DOUBTFUL_TEXT, repr(text[max(0, found.start() - 20) : found.end() + 10])


def _leaks(problem: Problem) -> Iterator[tuple[Fault, str]]:
    answer, question = str(problem.answer).strip(), problem.question
    if is_empty(problem.answer) or not isinstance(problem.answer, str | int | float):
        return
    exact = re.escape(answer)
    announced = re.search(
        rf"\\boxed\{{\s*{exact}\s*\}}|^####\s*{exact}\s*$"
        rf"|\banswer(?: is|:)\s*[$*(]{{0,2}}{exact}(?![\w.,]*\w)",
        question,
        re.IGNORECASE | re.MULTILINE,
    )
    if announced:
        yield Fault.LEAKED_ANSWER, question[max(0, announced.start() - 20) : announced.end()]
    elif problem.solution and len(problem.solution) > 20 and problem.solution in question:
        yield Fault.LEAKED_ANSWER, "the whole worked solution"
    elif len(answer) >= MIN_VERBATIM_CHARS and re.search(rf"(?<!\w){exact}(?!\w)", question):
        yield Fault.ANSWER_IN_PROMPT, answer[:40]
