r"""Readers of answers: grids, lists of words, assignments. Strict, linear, and bounded.

White space never matters; what separates rows and items is listed at each reader. What does not
read is `malformed`, never guessed at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

from verigrad.core.verdict import Reason
from verigrad.verifiers.final_answer import UnreadableError, unwrap

MAX_ITEMS = 10_000
_INTEGER = re.compile(r"[-+]?[0-9]{1,9}")
_ROWS = re.compile(r"\n|/|;|\\\\")
_RULE = re.compile(r"[-+=|_ \t]*")
_ITEMS = re.compile(r"[,;\n]|\band\b")
_LINK = re.compile(r"\s{0,8}(?:->|→|\\to|:=|[:=]|\bis\b)\s{0,8}")


def malformed(why: str) -> UnreadableError:
    """The error for an answer that does not read."""
    return UnreadableError(Reason.MALFORMED, why[:200])


def plain_lines(text: str) -> str:
    """Without typesetting around the whole; line ends are newlines."""
    return unwrap(text.replace("\r\n", "\n"))


def read_json(text: str) -> Any:
    """JSON in which no key comes twice and no number is NaN; `malformed` for anything else."""

    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise malformed("a key comes twice")
        return found

    def refuse(name: str) -> Any:
        raise malformed(f"{name} is not JSON")

    try:
        return json.loads(text, object_pairs_hook=distinct, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise malformed(f"not JSON: {error}") from None


def read_integer(text: str) -> int:
    """A whole number of at most nine digits."""
    if not _INTEGER.fullmatch(text):
        raise malformed(f"{text[:40]!r} is not a whole number")
    return int(text)


def read_rows(text: str) -> list[list[str]]:
    r"""Rows of words. Rows end at a newline, `/`, `;` or `\\`; words at spaces, commas and `|`.

    Lines that only draw (`---+---`) are left out; `[[1, 2], [3, 4]]` is read too.

    >>> read_rows("1 2 | 3 4\n----+----\n3 4 | 1 2")
    [['1', '2', '3', '4'], ['3', '4', '1', '2']]
    """
    text = plain_lines(text)
    if text.startswith("["):
        rows = read_json(text)
        if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
            raise malformed("not a list of rows")
        return [[_word(cell) for cell in row] for row in rows]
    lines = (line for line in _ROWS.split(text) if not _RULE.fullmatch(line))
    rows = [line.replace("|", " ").replace(",", " ").split() for line in lines]
    return [row for row in rows if row]


def read_grid(text: str, num_rows: int, num_columns: int) -> tuple[tuple[str, ...], ...]:
    """Exactly `num_rows` rows of `num_columns` cells; a row may be one word of as many letters.

    >>> read_grid("12/21", 2, 2)
    (('1', '2'), ('2', '1'))
    """
    rows = read_rows(text)
    rows = [list(row[0]) if len(row) == 1 and num_columns > 1 else row for row in rows]
    if len(rows) != num_rows:
        raise malformed(f"{len(rows)} rows, not {num_rows}")
    for number, row in enumerate(rows, start=1):
        if len(row) != num_columns:
            raise malformed(f"row {number} has {len(row)} cells, not {num_columns}")
    return tuple(map(tuple, rows))


def read_words(text: str, *, separators: str = ", ;\t\n") -> list[str]:
    """Words between separators, or the strings and numbers of a JSON list.

    >>> read_words("up, up left")
    ['up', 'up', 'left']
    """
    text = plain_lines(text)
    if text.startswith("["):
        items = read_json(text)
        if not isinstance(items, list):
            raise malformed("not a list")
        return _few([_word(item) for item in items])
    for separator in separators[1:]:
        text = text.replace(separator, separators[0])
    return _few([word for part in text.split(separators[0]) if (word := part.strip())])


def read_path(text: str) -> list[str]:
    """Names in order, between arrows, dashes, commas or spaces.

    >>> read_path("A -> B → C")
    ['A', 'B', 'C']
    """
    text = plain_lines(text)
    for arrow in ("->", "→", "\\rightarrow", "\\to", "-", ">"):
        text = text.replace(arrow, " ")
    return read_words(text)


def read_assignment(
    text: str, names: Collection[str], value: Callable[[str], str]
) -> dict[str, str]:
    """name -> value for every one of `names`, each once (or twice the same).

    Items are separated by commas, semicolons, newlines or "and"; a name and its value by `:`,
    `=`, `->` or "is". A JSON object will do too. `value` brings a value to its normal form and
    raises UnreadableError for what is none.

    >>> read_assignment("A: 1, B = 2", ("A", "B"), str)
    {'A': '1', 'B': '2'}
    """
    known = {name.casefold(): name for name in names}
    found: dict[str, str] = {}
    for left, right in _pairs(plain_lines(text)):
        name = known.get(left.strip(" *`\"'").casefold())
        if name is None:
            raise malformed(f"{left[:40]!r} is none of the names")
        said = value(right.strip(" *`\"'."))
        if found.setdefault(name, said) != said:
            raise UnreadableError(Reason.AMBIGUOUS, f"{name} is {found[name]} and {said}")
    if missing := [name for name in names if name not in found]:
        raise malformed(f"nothing is said of {missing[0]}")
    return {name: found[name] for name in names}


def _pairs(text: str) -> list[tuple[str, str]]:
    if text.startswith("{"):
        found = read_json(text)
        if not isinstance(found, dict):
            raise malformed("not an object")
        return [(key, _word(item)) for key, item in found.items()]
    pairs = []
    for item in _few([part for part in _ITEMS.split(text) if part.strip(" .")]):
        parts = _LINK.split(item.strip(), maxsplit=1)
        if len(parts) != 2:
            raise malformed(f"{item.strip()[:40]!r} says no value")
        pairs.append((parts[0], parts[1]))
    return pairs


def _few(items: list[str]) -> list[str]:
    if len(items) > MAX_ITEMS:
        raise UnreadableError(Reason.OVER_LIMIT, f"over {MAX_ITEMS} items")
    if not items:
        raise UnreadableError(Reason.NO_ANSWER, "the answer is empty")
    return items


def _word(item: Any) -> str:
    if isinstance(item, bool) or not isinstance(item, str | int):
        raise malformed(f"{item!r:.40} is neither a text nor a whole number")
    if isinstance(item, int) and abs(item) >= 10**9:
        raise malformed("a number of ten digits or more")
    return str(item).strip()


def only(words: Sequence[str], allowed: Collection[str]) -> Sequence[str]:
    """`words`, all of which must be in `allowed`."""
    for word in words:
        if word not in allowed:
            raise malformed(f"{word[:40]!r} is not one of {', '.join(list(allowed)[:12])}")
    return words
