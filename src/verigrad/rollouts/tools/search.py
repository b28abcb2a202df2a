"""Search over given documents: BM25 (Robertson and Zaragoza 2009), by hand in fifty lines.

score(d, q) = sum over words w of q of idf(w) * f (k1 + 1) / (f + k1 (1 - b + b |d| / mean |d|))
with f how often w stands in d and idf(w) = ln(1 + (N - n + 0.5) / (n + 0.5)) where n of N documents
have w.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import Field

from verigrad.core.errors import DataError
from verigrad.rollouts.tools.base import Arguments, Tool, ToolError, ToolOptions

_WORD = re.compile(r"\w+")
_MAX_QUERY_CHARS = 1_000


class Bm25:
    """An index of texts.

    >>> index = Bm25(["a red fox", "a red red rose", "a blue sea"])
    >>> [place for place, _ in index.best("red rose", 2)]
    [1, 0]
    """

    def __init__(self, texts: Sequence[str], *, k1: float = 1.5, b: float = 0.75) -> None:
        self.k1, self.b = k1, b
        self.postings: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        lengths: list[int] = []
        for place, text in enumerate(texts):
            counts = Counter(words(text))
            lengths.append(counts.total())
            for word, count in counts.items():
                self.postings[word].append((place, count))
        self.size = len(lengths)
        mean = sum(lengths) / max(1, self.size) or 1.0
        self.damping = [k1 * (1 - b + b * length / mean) for length in lengths]

    def best(self, query: str, count: int) -> list[tuple[int, float]]:
        """At most `count` (place, score) with a word of the query, best first, ties by place."""
        scores: defaultdict[int, float] = defaultdict(float)
        for word in dict.fromkeys(words(query)):
            found = self.postings.get(word, [])
            weight = math.log(1 + (self.size - len(found) + 0.5) / (len(found) + 0.5))
            for place, frequency in found:
                gain = frequency * (self.k1 + 1) / (frequency + self.damping[place])
                scores[place] += weight * gain
        return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:count]


def words(text: str) -> list[str]:
    """Lower-case words."""
    return _WORD.findall(text.lower())


class SearchArguments(Arguments):
    """One query."""

    query: str = Field(min_length=1, description="a few words")


class SearchOptions(ToolOptions):
    """Where the documents are: a JSON-lines file (`path`), else the problem's own `info`."""

    path: str | None = None
    text: str = "text"
    title: str = "title"
    documents_in: str = "documents"
    num_results: int = Field(default=3, ge=1, le=50)
    max_chars: int = Field(default=500, ge=1)


class Search(Tool):
    """The best documents for a query, each cut to `max_chars`."""

    name: ClassVar[str] = "search"
    description: ClassVar[str] = "Finds the documents that fit a query best."
    arguments: ClassVar[type[Arguments]] = SearchArguments
    options_type: ClassVar[type[ToolOptions]] = SearchOptions
    is_quick: ClassVar[bool] = True

    def __init__(self, options: ToolOptions | None = None, **switches: Any) -> None:
        super().__init__(options, **switches)
        path = self.options.path
        self.documents = _read(path, self.options) if path else ()

    def begin(self, info: Mapping[str, Any]) -> Self:
        """With the problem's documents, where the recipe gives no file."""
        if self.options.path:
            return self
        own = type(self)(self.options)
        own.documents = _documents(info.get(self.options.documents_in), self.options)
        return own

    def call(self, arguments: SearchArguments) -> str:
        """Numbered results."""
        if len(arguments.query) > _MAX_QUERY_CHARS:
            raise ToolError(f"the query is over {_MAX_QUERY_CHARS} characters long")
        found = _index(self.documents).best(arguments.query, self.options.num_results)
        if not found:
            return "nothing found"
        return "\n".join(
            f"{rank}. {self.documents[place][: self.options.max_chars]}"
            for rank, (place, _) in enumerate(found, start=1)
        )


@lru_cache(maxsize=64)
def _index(documents: tuple[str, ...]) -> Bm25:
    return Bm25(documents)


def _documents(value: Any, options: SearchOptions) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise DataError(
            f'a problem has no documents in info["{options.documents_in}"]',
            remedy="give the source such a column, or the tool a `path`",
        )
    return tuple(_text(row, options) for row in value)


def _text(row: Any, options: SearchOptions) -> str:
    if isinstance(row, str):
        return row
    if isinstance(row, Mapping) and isinstance(row.get(options.text), str):
        title = row.get(options.title)
        return f"{title}: {row[options.text]}" if title else row[options.text]
    raise DataError(
        f"not a document: {row!r:.100}", remedy=f"a text, or an object with `{options.text}`"
    )


def _read(path: str, options: SearchOptions) -> tuple[str, ...]:
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        return _documents([json.loads(line) for line in lines if line.strip()], options)
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read documents: {error}", where=path) from error
