"""Where one step of a worked solution ends and the next begins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Split = Literal["lines", "sentences", "marks"]
_SENTENCE_END = re.compile(r"[.!?](?=\s)|\n")
_MARK = re.compile(r"(?:^|\n)[ \t]{0,8}(?:[Ss]tep[ \t]{1,4})?\d{1,3}[.):][ \t]")


@dataclass(frozen=True, slots=True)
class Segment:
    """One step: `response[start:end]`, blanks around it included in the step before the next."""

    start: int
    end: int
    text: str


def segments(response: str, *, by: Split = "lines") -> list[Segment]:
    r"""The steps of `response`, in order; together they are the whole of it.

    `lines`: every line that is not blank; `sentences`: also at full stops followed by a blank;
    `marks`: from one "1." or "Step 1:" at the start of a line to the next.

    >>> [step.text for step in segments("2+2=4\n\n4*2=8\n")]
    ['2+2=4', '4*2=8']
    """
    if by == "marks":
        cuts = [match.start() for match in _MARK.finditer(response)]
    else:
        pattern = _SENTENCE_END if by == "sentences" else re.compile(r"\n")
        cuts = [match.end() for match in pattern.finditer(response)]
    bounds = sorted({0, *cuts, len(response)})
    found: list[Segment] = []
    for start, end in pairwise(bounds):
        text = response[start:end].strip()
        if text:
            found.append(Segment(start, end, text))
        elif found:
            found[-1] = Segment(found[-1].start, end, found[-1].text)
    return found


def mark_steps(response: str, *, by: Split = "lines") -> str:
    r"""The response with its steps numbered, for prompts that speak about them.

    >>> print(mark_steps("2+2=4\n4*2=8"))
    [step 1] 2+2=4
    [step 2] 4*2=8
    """
    return "\n".join(
        f"[step {number}] {step.text}" for number, step in enumerate(segments(response, by=by), 1)
    )
