"""Read the exploit lists: sections of a text file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Exploit:
    """A wrong program: its id, what it tries, its marks and its source."""

    id: str
    words: str
    marks: frozenset[str]
    source: str


def read_exploits(name: str) -> list[Exploit]:
    """The exploits of `code/<name>.txt` beside this file."""
    text = (Path(__file__).parent / "code" / f"{name}.txt").read_text("utf-8")
    found = []
    for section in text.split("\n#### ")[1:]:
        head, _, source = section.partition("\n")
        title, _, marks = head.partition(" | ")
        number, _, words = title.partition(" ")
        found.append(Exploit(number, words, frozenset(marks.split()), source.rstrip("\n") + "\n"))
    return found
