"""What is asked of every sentence: that its citations exist and carry what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verigrad.verifiers.grounding.documents import Document
from verigrad.verifiers.grounding.sentences import Sentence
from verigrad.verifiers.grounding.values import Values, read_values

_WORD = re.compile(r"[^\W_]+")
_LEAST_LETTERS = 4  # shorter words are shared by any two texts


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one sentence."""

    start: int
    end: int
    kind: str
    why: str

    def to_json(self) -> dict[str, Any]:
        """For evidence."""
        return {"start": self.start, "end": self.end, "kind": self.kind, "why": self.why[:200]}


@dataclass(frozen=True, slots=True)
class Rules:
    """Which checks are made."""

    every_sentence: bool
    most_citations: int
    values: bool
    overlap: bool


def check_sentence(
    sentence: Sentence, documents: Mapping[str, Document], rules: Rules, *, question: Values
) -> Iterator[Fault]:
    """Every fault of one sentence; values of the question itself need no support."""

    def fault(kind: str, why: str) -> Fault:
        return Fault(sentence.start, sentence.end, kind, why)

    unknown = [name for name in sentence.cited if name not in documents]
    if unknown:
        yield fault("no_such_document", f"there is no document {', '.join(unknown[:5])}")
        return
    cited = [documents[name] for name in sentence.cited]
    if not cited:
        if rules.every_sentence:
            yield fault("uncited", "the sentence cites nothing")
        if sentence.quotes:
            yield fault("quote", "a quotation without a citation")
        return
    if len(cited) > rules.most_citations:
        yield fault("over_cited", f"{len(cited)} citations, at most {rules.most_citations}")
    for quote in sentence.quotes:
        if all(document.find(quote) is None for document in cited):
            yield fault("quote", f"not in the cited documents: {quote[:80]!r}")
    if rules.values and (missing := unsupported(sentence.claim, cited, question=question)):
        yield fault("value", f"not in the cited documents: {missing}")
    if rules.overlap:
        words = {w.lower() for w in _WORD.findall(sentence.claim) if len(w) >= _LEAST_LETTERS}
        for document in cited:
            if words and words.isdisjoint(document.words):
                yield fault("over_cited", f"document {document.id} shares no word with it")


def unsupported(claim: str, cited: Sequence[Document], *, question: Values) -> str:
    """The first number, date or name of `claim` that no cited document holds; '' for none."""
    values = read_values(claim)
    held = [document.values for document in cited]
    for name in ("numbers", "percentages", "dates"):
        known = getattr(question, name).union(*(getattr(one, name) for one in held))
        if missing := sorted(getattr(values, name) - known):
            return f"{name[:-1]} {missing[0]}"
    words = set().union(*(document.words for document in cited))
    asked = {part for name in question.names for part in name}
    for name in sorted(values.names):
        parts = [part for whole in name for part in _WORD.findall(whole)]
        is_first = claim.lower().startswith(" ".join(name)) and len(name) == 1
        if not is_first and any(part not in words and part not in asked for part in parts):
            return f"name {' '.join(name)}"
    return ""
