"""The candidates for the final answer of a response, or why there is none."""

from __future__ import annotations

import re
from dataclasses import dataclass

from verigrad.core.verdict import Extracted, Reason
from verigrad.verifiers.extract.anchors import find_anchors, find_hashes, is_negated
from verigrad.verifiers.extract.boxed import find_boxes
from verigrad.verifiers.extract.limits import MAX_CANDIDATES, TooManyMarkersError
from verigrad.verifiers.extract.markers import (
    find_fences,
    find_last_number,
    find_pattern,
    find_tags,
)
from verigrad.verifiers.extract.policy import ExtractPolicy
from verigrad.verifiers.extract.reasoning import blank_reasoning


@dataclass(frozen=True, slots=True)
class Extraction:
    """Candidates in order of appearance, or the fault that leaves none.

    Several candidates are not yet a fault: they may say the same in two ways.
    """

    candidates: tuple[Extracted, ...] = ()
    fault: Reason | None = None
    why: str = ""


def extract(response: str, policy: ExtractPolicy) -> Extraction:
    r"""Every candidate that the policy's place holds.

    >>> extract(r"so \boxed{18}", ExtractPolicy()).candidates[0].text
    '18'
    >>> extract("eighteen, I think", ExtractPolicy()).fault
    <Reason.NO_ANSWER: 'no_answer'>
    """
    if len(response) > policy.max_response_chars:
        return Extraction(fault=Reason.OVER_LIMIT, why="response too long")
    visible = blank_reasoning(response) if policy.reasoning == "drop" else response
    try:
        extraction = _FINDERS[policy.answer_in](visible, policy)
    except TooManyMarkersError:
        return Extraction(fault=Reason.AMBIGUOUS, why="over 1,000 answers")
    if extraction.fault is not None:
        return extraction
    candidates = extraction.candidates
    if not candidates:
        return Extraction(fault=Reason.NO_ANSWER, why=f"nothing found by {policy.answer_in}")
    if policy.several == "last":
        candidates = candidates[-1:]
    if len(candidates) > MAX_CANDIDATES:
        return Extraction(candidates[:1], Reason.AMBIGUOUS, f"{len(candidates)} answers")
    return Extraction(candidates)


def _boxed(text: str, _policy: ExtractPolicy) -> Extraction:
    boxes = find_boxes(text)
    if boxes.is_malformed:
        return Extraction(fault=Reason.MALFORMED, why="a box never closes")
    if boxes.num_empty and not boxes.found:
        return Extraction(fault=Reason.NO_ANSWER, why="the box is empty")
    return Extraction(boxes.found)


def _anchor(text: str, _policy: ExtractPolicy) -> Extraction:
    found = tuple(find_anchors(text))
    if any(is_negated(candidate.text) for candidate in found):
        return Extraction(found[:1], Reason.AMBIGUOUS, "the answer is negated")
    return Extraction(found)


def _auto(text: str, policy: ExtractPolicy) -> Extraction:
    boxed = _boxed(text, policy)
    return boxed if boxed.candidates or boxed.fault else _anchor(text, policy)


def _tag(text: str, policy: ExtractPolicy) -> Extraction:
    found = find_tags(text, policy.tag)
    if found is None:
        return Extraction(fault=Reason.MALFORMED, why=f"<{policy.tag}> never closes")
    return Extraction(tuple(found))


def _fenced(text: str, _policy: ExtractPolicy) -> Extraction:
    found = find_fences(text)
    if found is None:
        return Extraction(fault=Reason.MALFORMED, why="a fenced block never closes")
    return Extraction(tuple(found))


def _whole(text: str, _policy: ExtractPolicy) -> Extraction:
    stripped = text.strip()
    start = text.find(stripped) if stripped else 0
    end = start + len(stripped)
    return Extraction((Extracted(stripped, start, end, "whole"),) if stripped else ())


_FINDERS = {
    "auto": _auto,
    "boxed": _boxed,
    "hash": lambda text, _policy: Extraction(tuple(find_hashes(text))),
    "anchor": _anchor,
    "tag": _tag,
    "fenced": _fenced,
    "regex": lambda text, policy: Extraction(tuple(find_pattern(text, policy.pattern or ""))),
    "whole": _whole,
    "last_number": lambda text, _policy: Extraction(tuple(find_last_number(text))),
}

_REFERENCE_MARKER = re.compile(
    r"\\boxed|\\fbox|^[ \t]*####|^[ \t]*A[ \t]*:|^[ \t]*(?:final )?answer[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
MAX_REFERENCE_CHARS = 100_000
_MARKED = ExtractPolicy(reasoning="keep", several="last")


def extract_reference(reference: str) -> str:
    r"""The bare answer of a reference: its own last marker's content, else all of it.

    >>> extract_reference("16 - 7 = 9 eggs\n#### 18")
    '18'
    >>> extract_reference(r"\frac{1}{2}")
    '\\frac{1}{2}'
    """
    if len(reference) <= MAX_REFERENCE_CHARS and _REFERENCE_MARKER.search(reference):
        extraction = extract(reference, _MARKED)
        if extraction.candidates:
            return extraction.candidates[-1].text.strip()
    return reference.strip()
