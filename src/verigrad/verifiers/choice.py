"""Multiple choice: one letter, or the text of one of the choices, and nothing that hedges."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from verigrad.core.types import Problem
from verigrad.core.verdict import Extracted, Reason, Verdict
from verigrad.verifiers.base import Policy, correct, rejected
from verigrad.verifiers.extract import Extraction, ExtractPolicy, extract
from verigrad.verifiers.final_answer import FinalAnswerVerifier, UnreadableError, unwrap

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MAX_CHOICE_CHARS = 2_000

_LEAD = re.compile(r"(?:(?:the )?(?:correct )?(?:answer|option|choice)(?: is)?[: ]\s*)?", re.I)
_LETTER = re.compile(
    r"""[(\[{]\s*([A-Za-z])\s*[)\]}] [.:]?        # (B)  [b]  (B).
        | ([A-Za-z]) [).:]                       # B)  b.  B:
        | ([A-Za-z]) (?=\s*$)                    # B
        | ([A-Z]) (?=\s*(?:[,/&;+]|and\b|or\b))  # B or C: what follows is looked at next""",
    re.VERBOSE,
)
_OTHER = re.compile(  # another letter, set off as one: (C)  C)  or C  / C
    r"[(\[{]\s*([A-Za-z])\s*[)\]}]|\b([A-Z])[).:]|(?:\bor\b|\band\b|[,/&;+])\s*([A-Z])\b"
)
_INDEX = re.compile(r"[0-9]{1,2}")


class ChoicePolicy(ExtractPolicy):
    """What the choices are.

    `num_choices` bounds the letters where the problem does not bring its choices itself, as a
    list of texts in `info[choices_in]`; a whole number as the reference counts from 0.
    """

    num_choices: int = Field(default=26, ge=2, le=26)
    choices_in: str = "choices"


class Choice(FinalAnswerVerifier):
    r"""The choice meant, as a letter.

    `B`, `(b)`, `B.`, `(B) 17`, `17`: a text beside a letter must be that letter's, and a text
    alone must be that of exactly one choice, where the problem brings its choices. Two letters
    are `ambiguous`. A response that is a letter and nothing else needs no marker.

    >>> Choice().verify(Problem.of("Which?", "B"), "The answer is (B).").is_correct
    True
    """

    name: ClassVar[str] = "choice"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = ChoicePolicy
    proves: ClassVar[str] = "the final answer names the right choice and no other"
    cannot: ClassVar[str] = "tell knowing from guessing: k choices pay a guess 1/k of the time"
    assurance: ClassVar[str] = "exact"
    cost: ClassVar[str] = "under 1 ms"

    def find(self, response: str) -> Extraction:
        """As usual; where nothing is marked, a short response may itself be the letter."""
        extraction = extract(response, self.policy)
        if extraction.fault is not Reason.NO_ANSWER or self.policy.answer_in != "auto":
            return extraction
        whole = extract(response, self.policy.model_copy(update={"answer_in": "whole"}))
        is_bare = whole.candidates and _LETTER.fullmatch(unwrap(whole.candidates[0].text))
        return whole if is_bare else extraction

    def reference_response(self, problem: Problem) -> str | None:
        r"""`\boxed{B}`, where the answer is looked for in boxes."""
        try:
            letter = self.read_reference(problem)
        except UnreadableError:
            letter = ""  # judged, it is a bad reference
        return f"\\boxed{{{letter}}}" if self.policy.answer_in in ("auto", "boxed") else None

    def read_reference(self, problem: Problem) -> str:
        """The right letter, from a letter, a choice's text or a number counted from 0."""
        choices = self._choices(problem)
        answer = problem.answer
        if isinstance(answer, bool) or not isinstance(answer, str | int):
            raise UnreadableError(Reason.BAD_REFERENCE, "the reference is no letter, text or index")
        readings = set() if isinstance(answer, int) else choices.readings(answer)
        if _INDEX.fullmatch(str(answer).strip()) and int(answer) < len(choices.letters):
            readings = readings | {choices.letters[int(answer)]}
        if len(readings) != 1:
            why = f"{str(answer)[:40]!r} names {len(readings)} of the choices, not one"
            raise UnreadableError(Reason.BAD_REFERENCE, why)
        return readings.pop()

    def read(self, text: str, problem: Problem) -> str:
        """The letter a text means."""
        if len(text) > MAX_CHOICE_CHARS:
            raise UnreadableError(Reason.OVER_LIMIT, f"over {MAX_CHOICE_CHARS} characters")
        readings = self._choices(problem).readings(text)
        if not readings:
            raise UnreadableError(Reason.MALFORMED, f"no choice in {text[:40]!r}")
        if len(readings) > 1:
            raise UnreadableError(Reason.AMBIGUOUS, f"could be {' or '.join(sorted(readings))}")
        return readings.pop()

    def compare(self, reference: str, answer: str, *, extracted: Extracted) -> Verdict:
        """Equality of letters."""
        facts = {
            "canonical_response": answer,
            "canonical_reference": reference,
            "method": "choice",
            "certainty": "exact",
        }
        if answer == reference:
            return correct(extracted=extracted, **facts)
        return rejected(Reason.WRONG, extracted=extracted, **facts)

    def _choices(self, problem: Problem) -> _Choices:
        texts = problem.info.get(self.policy.choices_in)
        if texts is None:
            return _Choices(LETTERS[: self.policy.num_choices], ())
        if not isinstance(texts, list | tuple) or not 2 <= len(texts) <= len(LETTERS):
            why = f'info["{self.policy.choices_in}"] must be a list of 2 to 26 texts'
            raise UnreadableError(Reason.BAD_REFERENCE, why)
        return _Choices(LETTERS[: len(texts)], tuple(_folded(str(text)) for text in texts))


@dataclass(frozen=True, slots=True)
class _Choices:
    """The letters to choose from and, where they are known, their texts."""

    letters: str
    texts: tuple[str, ...]

    def readings(self, text: str) -> set[str]:
        """Every letter that `text` may mean: one is an answer, several are a hedge, none is noise.

        >>> sorted(_Choices("ABC", ()).readings("(B) or (C)"))
        ['B', 'C']
        >>> _Choices("ABC", ("3", "5", "8")).readings("(B) 5")
        {'B'}
        """
        text = unwrap(text)
        named = {self.letters[i] for i, known in enumerate(self.texts) if known == _folded(text)}
        match = _LETTER.match(text, _LEAD.match(text).end())  # pyright: ignore[reportOptionalMemberAccess] (_LEAD matches the empty text)
        if match is None:
            return named
        letter = _first_group(match)
        others = {_first_group(other) for other in _OTHER.finditer(text, match.end())}
        rest = _folded(text[match.end() :])
        beside = {self.letters[i] for i, known in enumerate(self.texts) if known == rest}
        if rest and not beside and self.texts and not others:
            return named
        clear = letter in beside
        read = {letter} if clear else {letter} | beside | others
        return named | {each for each in read if each in self.letters}


def _first_group(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group).upper()


def _folded(text: str) -> str:
    """A choice's text as compared: no typesetting, no case, single spaces, no closing full stop."""
    return " ".join(unwrap(text).casefold().split()).rstrip(".").strip()
