"""Where the structured part of a response stands: its only fence, or all of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from verigrad.core.verdict import Extracted, Reason
from verigrad.verifiers.base import Policy
from verigrad.verifiers.extract import blank_reasoning
from verigrad.verifiers.final_answer import UnreadableError

MAX_FENCES = 100


class PayloadPolicy(Policy):
    """Where the payload stands.

    payload_in: `auto`, the only fenced block, or the whole response where there is no fence;
    `fence`, a fenced block and nothing else; `whole`, the response as it stands.
    """

    payload_in: Literal["auto", "fence", "whole"] = "auto"
    reasoning: Literal["drop", "keep"] = "drop"
    max_payload_chars: int = Field(default=100_000, ge=1, le=500_000)


def find_payload(response: str, policy: PayloadPolicy) -> Extracted:
    """The payload with its span; UnreadableError for none, for several and for too long ones."""
    if len(response) > 5 * policy.max_payload_chars:
        raise UnreadableError(Reason.OVER_LIMIT, "the response is too long")
    text = blank_reasoning(response) if policy.reasoning == "drop" else response
    fences = [] if policy.payload_in == "whole" or "```" not in text else _fences(text)
    if len(fences) > 1:
        raise UnreadableError(Reason.AMBIGUOUS, f"{len(fences)} fenced blocks, not one")
    if not fences and policy.payload_in == "fence":
        raise UnreadableError(Reason.NO_ANSWER, "no fenced block")
    start, end, how = fences[0] if fences else (*_trimmed(text), "whole")
    if not text[start:end].strip():
        raise UnreadableError(Reason.NO_ANSWER, "nothing there")
    if end - start > policy.max_payload_chars:
        raise UnreadableError(Reason.OVER_LIMIT, f"over {policy.max_payload_chars} characters")
    return Extracted(response[start:end], start, end, how)


def _fences(text: str) -> list[tuple[int, int, str]]:
    """Spans between lines of three back-ticks, read line by line."""
    spans: list[tuple[int, int, str]] = []
    opened: int | None = None
    at = 0
    for line in text.splitlines(keepends=True):
        if line.strip().startswith("```"):
            if opened is None:
                opened = at + len(line)
            elif line.strip() == "```":
                spans.append((opened, at, "fence"))
                opened = None
        at += len(line)
        if len(spans) > MAX_FENCES:
            break
    return spans


def _trimmed(text: str) -> tuple[int, int]:
    """Without blank lines around it; the first line keeps its indent, which YAML reads."""
    first = len(text) - len(text.lstrip())
    start = text.rfind("\n", 0, first) + 1
    return start, max(start, len(text.rstrip()))
