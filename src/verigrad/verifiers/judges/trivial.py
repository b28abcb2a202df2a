"""Candidates that are refused before any judge is asked: they are known to fool judges.

"One Token to Fool LLM-as-a-Judge" (arXiv 2507.08794): a colon, "Solution" or "Thought process:"
alone gets false positives from strong judges.
"""

from __future__ import annotations

_OPENERS = frozenset(
    (
        "solution", "solution process", "thought process", "answer", "the answer is",
        "final answer", "let's solve this problem step by step", "let's solve this step by step",
        "let me think", "explanation", "reasoning", "conclusion", "correct", "yes it is",
        "\u89e3", "\u304b\u3044\u305b\u3064", "respuesta", "r\u00e9ponse", "l\u00f6sung",
    )
)  # fmt: skip


def trivial(candidate: str, *, question: str) -> str:
    """Why a candidate says nothing; empty where it says something.

    >>> trivial("Thought process:", question="2+2?")
    'an opener without content'
    >>> trivial("4", question="2+2?")
    ''
    """
    bare = " ".join(candidate.casefold().split()).strip(" :.,;!?*#\"'-")
    if not any(map(str.isalnum, candidate)):
        return "nothing but signs"
    if bare in _OPENERS:
        return "an opener without content"
    if bare == " ".join(question.casefold().split()).strip(" :.,;!?*#\"'-"):
        return "the question, echoed"
    return ""
