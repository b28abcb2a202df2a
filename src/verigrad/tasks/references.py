r"""References as datasets write them: the bare answer, or a worked solution that ends in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

_HASH = re.compile(r"^[ \t]{0,8}####(?!#)(.*)$", re.MULTILINE)
_CALCULATOR_MARK = re.compile(r"<<[^<>\n]{0,200}>>")
_BOX = re.compile(r"\\boxed[ \t]{0,4}\{")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)


class ReferenceForm(StrEnum):
    """Where a reference column holds the answer."""

    PLAIN = "plain"  # all of it
    HASH = "hash"  # behind the last "####" (GSM8K); what stands before it is a worked solution
    BOXED = "boxed"  # in the last \boxed{} of a worked solution (MATH)


def detect_form(references: Iterable[Any]) -> ReferenceForm:
    r"""The form that all of `references` have; PLAIN where they have none in common.

    >>> detect_form(["9 + 9 = 18\n#### 18", "#### 3"])
    <ReferenceForm.HASH: 'hash'>
    """
    texts = list(references)
    if not texts or not all(isinstance(text, str) for text in texts):
        return ReferenceForm.PLAIN
    if all(_HASH.search(text) for text in texts):
        return ReferenceForm.HASH
    boxes = [_last_box(text) for text in texts]
    are_worked = any(box and len(box) + 20 < len(t) for box, t in zip(boxes, texts, strict=True))
    return ReferenceForm.BOXED if all(boxes) and are_worked else ReferenceForm.PLAIN


def split_reference(reference: Any, form: ReferenceForm) -> tuple[Any, str | None]:
    r"""Answer and worked text. Numbers become text; the answer is empty where the form is missing.

    A worked text in front of `####` comes without calculator marks and without the answer line;
    one with a box is returned whole.

    >>> split_reference("Half of 48 is <<48/2=24>>24.\n#### 24", ReferenceForm.HASH)
    ('24', 'Half of 48 is 24.')
    """
    if form is ReferenceForm.PLAIN or not isinstance(reference, str):
        return _as_text(reference), None
    if form is ReferenceForm.BOXED:
        return _last_box(reference) or "", reference
    marks = list(_HASH.finditer(reference))
    if not marks:
        return "", None
    worked = _CALCULATOR_MARK.sub("", reference[: marks[-1].start()]).strip()
    return marks[-1].group(1).strip(), worked or None


def _as_text(reference: Any) -> Any:
    if isinstance(reference, bool) or not isinstance(reference, int | float):
        return reference.strip() if isinstance(reference, str) else reference
    return str(reference)


def _last_box(text: str) -> str | None:
    opened = None
    for opened in _BOX.finditer(text):  # noqa: B007 (keeps the last)
        pass
    if opened is None:
        return None
    depth = 1
    for brace in _BRACE.finditer(text, opened.end()):
        depth += {"{": 1, "}": -1}.get(brace.group(), 0)
        if depth == 0:
            return text[opened.end() : brace.start()].strip()
    return None
