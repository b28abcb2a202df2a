"""The documents of a problem, and finding words of a response in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from verigrad.core.verdict import Reason
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.grounding.values import Values, read_values

_WORD = re.compile(r"[^\W_]+")
_QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'"})
_MAX_CHARS = 2_000_000


@dataclass(frozen=True)
class Document:
    """One document, by its id."""

    id: str
    text: str

    @cached_property
    def values(self) -> Values:
        """Its numbers, dates and capitalised words."""
        return read_values(self.text)

    @cached_property
    def words(self) -> frozenset[str]:
        """Its words in lower case."""
        return frozenset(word.lower() for word in _WORD.findall(self.text))

    @cached_property
    def _flat(self) -> tuple[str, list[int]]:
        """The text with blanks folded and quotes straightened, and where each sign came from."""
        signs: list[str] = []
        places: list[int] = []
        for place, sign in enumerate(self.text.translate(_QUOTES)):
            if sign.isspace():
                if signs and signs[-1] == " ":
                    continue
                sign = " "  # noqa: PLW2901 (every blank counts as one space)
            signs.append(sign)
            places.append(place)
        return "".join(signs), places

    def find(self, quote: str) -> tuple[int, int] | None:
        r"""Where `quote` stands, word for word: `text[start:end]`; blanks and quote marks folded.

        >>> Document("1", "It  was\nthe best of times.").find("was the best")
        (4, 16)
        """
        wanted = " ".join(quote.translate(_QUOTES).split())
        flat, places = self._flat
        at = flat.find(wanted) if wanted else -1
        return None if at < 0 else (places[at], places[at + len(wanted) - 1] + 1)


def read_documents(info: Mapping[str, Any]) -> dict[str, Document]:
    """`info["documents"]`: texts in order (ids "1", "2", ...), or objects with `id` and `text`."""
    rows = info.get("documents")
    if not isinstance(rows, list | tuple) or not rows:
        raise UnreadableError(Reason.BAD_REFERENCE, 'info["documents"] must be a list of documents')
    found: dict[str, Document] = {}
    for number, row in enumerate(rows, 1):
        if isinstance(row, str):
            document = Document(str(number), row)
        elif isinstance(row, Mapping) and isinstance(row.get("text"), str):
            title = f"{row['title']}\n" if isinstance(row.get("title"), str) else ""
            document = Document(str(row.get("id", number)), title + row["text"])
        else:
            raise UnreadableError(Reason.BAD_REFERENCE, f"document {number} has no text")
        if document.id in found:
            raise UnreadableError(Reason.BAD_REFERENCE, f"two documents have the id {document.id}")
        found[document.id] = document
    if sum(len(document.text) for document in found.values()) > _MAX_CHARS:
        raise UnreadableError(Reason.BAD_REFERENCE, f"documents of over {_MAX_CHARS} characters")
    return found
