"""Exact text: the answer is the reference, character by character after a stated clean-up."""

from __future__ import annotations

import unicodedata
from typing import ClassVar, Literal

from verigrad.core.types import Problem
from verigrad.core.verdict import Extracted, Reason, Verdict
from verigrad.verifiers.base import Policy, correct, rejected
from verigrad.verifiers.extract import ExtractPolicy
from verigrad.verifiers.final_answer import FinalAnswerVerifier, UnreadableError, unwrap


class ExactPolicy(ExtractPolicy):
    r"""What does not count as a difference, besides where the answer stands.

    `white_space`: `collapse` (runs are one space, none at the ends), `ignore` (removed) or
    `keep` (every character counts). Unless it is `keep`, typesetting around the whole answer
    (`\text{}`, `$ $`, `\( \)`, bold) is dropped on both sides. Unicode is compared in form NFC,
    never NFKC: `2` is not `²`.
    """

    case_sensitive: bool = True
    white_space: Literal["collapse", "ignore", "keep"] = "collapse"


class Exact(FinalAnswerVerifier):
    r"""Equal text.

    The reference is a string (numbers are read as their decimal text), or a list of strings any
    of which is right.

    >>> Exact().verify(Problem.of("sort cab:", "abc"), r"\boxed{abc}").is_correct
    True
    """

    name: ClassVar[str] = "exact"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = ExactPolicy
    proves: ClassVar[str] = "the final answer is the reference text, up to the stated clean-up"
    cannot: ClassVar[str] = "see that two different texts mean the same"
    assurance: ClassVar[str] = "exact"
    cost: ClassVar[str] = "under 1 ms"

    def reference_response(self, problem: Problem) -> str | None:
        r"""The first accepted text, where the policy looks for it; None for a place of its own."""
        text = next(iter(_texts(problem.answer)), "")
        templates = {
            "auto": r"\boxed{%s}",
            "boxed": r"\boxed{%s}",
            "hash": "#### %s",
            "anchor": "#### %s",
            "tag": f"<{self.policy.tag}>%s</{self.policy.tag}>",
            "whole": "%s",
            "last_number": "%s",
        }
        template = templates.get(self.policy.answer_in)
        return None if template is None else template.replace("%s", text)

    def read_reference(self, problem: Problem) -> dict[str, str]:
        """Clean text -> text as given, of every accepted answer."""
        accepted = {self._clean(text): text for text in _texts(problem.answer)}
        if not accepted or "" in accepted:
            raise UnreadableError(Reason.BAD_REFERENCE, "the reference is empty")
        return accepted

    def read(self, text: str, problem: Problem) -> str:  # noqa: ARG002 (the contract's signature)
        """The clean text."""
        clean = self._clean(text)
        if not clean:
            raise UnreadableError(Reason.NO_ANSWER, "the answer is empty")
        return clean

    def compare(self, reference: dict[str, str], answer: str, *, extracted: Extracted) -> Verdict:
        """Equality with any of the accepted texts."""
        facts = {
            "canonical_response": answer,
            "canonical_reference": answer if answer in reference else next(iter(reference)),
            "method": "text",
            "certainty": "exact",
        }
        if answer in reference:
            return correct(extracted=extracted, **facts)
        return rejected(Reason.WRONG, extracted=extracted, **facts)

    def _clean(self, text: str) -> str:
        text = unicodedata.normalize("NFC", text)
        if self.policy.white_space != "keep":
            joiner = " " if self.policy.white_space == "collapse" else ""
            text = joiner.join(unwrap(text).split())
        return text if self.policy.case_sensitive else text.casefold()


def _texts(answer: object) -> list[str]:
    """The accepted texts of a reference; none for what is neither text nor number nor a list."""
    if isinstance(answer, list | tuple):
        return [text for item in answer for text in _texts(item)]
    if isinstance(answer, str):
        return [answer]
    is_number = isinstance(answer, int | float) and not isinstance(answer, bool)
    return [str(answer)] if is_number else []
