"""Checks that people ask for beside the published sets: lengths, layout, content, language."""

from __future__ import annotations

import re
from typing import Any

from verigrad.verifiers.constraints import rule
from verigrad.verifiers.constraints.language import LANGUAGES, detect
from verigrad.verifiers.constraints.rule import Rule
from verigrad.verifiers.constraints.text import (
    count_word,
    lines,
    paragraphs,
    plain_words,
    sentences,
)
from verigrad.verifiers.structure.patterns import compile_pattern, is_pattern

_HEADING = re.compile(r"(#{1,6})[ \t]+\S")
_NUMBERED = re.compile(r"[ \t]*(\d+)[.)][ \t]+\S")
_FENCED = re.compile(r"^[ \t]*```([\w+-]*)[ \t]*$", re.MULTILINE)
_MARKDOWN = re.compile(
    r"^[ \t]*(?:#{1,6} |[*+-] |\d+[.)] |>|```|\|)|\*\*\S|`[^`\n]+`|\[[^\]\n]+\]\(", re.MULTILINE
)


def _between(count: int, least: int, most: int) -> bool:
    return least <= count <= most


def characters(text: str, *, least: int, most: int) -> bool:
    """That many characters, white space at the ends not counted."""
    return _between(len(text.strip()), least, most)


def words(text: str, *, least: int, most: int) -> bool:
    """That many words, as people count them ("don't" is one)."""
    return _between(len(plain_words(text)), least, most)


def num_sentences(text: str, *, least: int, most: int) -> bool:
    """That many sentences."""
    return _between(len(sentences(text)), least, most)


def num_paragraphs(text: str, *, least: int, most: int) -> bool:
    """That many paragraphs between blank lines."""
    return _between(len(paragraphs(text)), least, most)


def num_lines(text: str, *, least: int, most: int) -> bool:
    """That many lines with something on them."""
    return _between(len(lines(text)), least, most)


def headings(text: str, *, level: int, least: int, most: int) -> bool:
    """That many Markdown headings of that level."""
    found = [match for line in text.split("\n") if (match := _HEADING.match(line))]
    return _between(sum(len(match.group(1)) == level for match in found), least, most)


def numbered_list(text: str, *, least: int, most: int) -> bool:
    """One list numbered 1, 2, 3, ... without a gap, with that many items."""
    found = [
        int(match.group(1)[:9]) for line in text.split("\n") if (match := _NUMBERED.match(line))
    ]
    return _between(len(found), least, most) and found == list(range(1, len(found) + 1))


def table(text: str, *, columns: int, rows: int) -> bool:
    """One Markdown table with exactly that many columns and rows below its heading."""
    found = [line.strip() for line in text.split("\n") if line.strip().startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in found]
    if len(cells) != rows + 2 or any(len(row) != columns for row in cells):
        return False
    return all(cell and set(cell) <= set("-: ") and "-" in cell for cell in cells[1])


def code_block(text: str, *, language: str, least: int, most: int) -> bool:
    """That many closed fences that name the language."""
    marks = [mark.casefold() for mark in _FENCED.findall(text)]
    opened = marks[0::2]
    return len(marks) % 2 == 0 and _between(opened.count(language.casefold()), least, most)


def no_markdown(text: str) -> bool:
    """No heading, list, quotation, fence, table, bold, code or link."""
    return _MARKDOWN.search(text) is None


def starts_with(text: str, *, phrase: str) -> bool:
    """The text starts with the phrase, case and all."""
    return text.lstrip().startswith(phrase.strip())


def ends_with(text: str, *, phrase: str) -> bool:
    """The text ends with the phrase, case and all."""
    return text.rstrip().endswith(phrase.strip())


def contains(text: str, *, phrases: list[str]) -> bool:
    """Every phrase stands there, as words of its own, in any case."""
    return all(count_word(text, phrase.strip()) for phrase in phrases)


def contains_any(text: str, *, phrases: list[str]) -> bool:
    """At least one phrase does."""
    return any(count_word(text, phrase.strip()) for phrase in phrases)


def excludes(text: str, *, phrases: list[str]) -> bool:
    """No phrase does, not even inside another word."""
    folded = text.casefold()
    return not any(phrase.strip().casefold() in folded for phrase in phrases)


def matches(text: str, *, pattern: str) -> bool:
    """The whole text matches the pattern (RE2: no back-tracking, so no back-references)."""
    return compile_pattern(pattern).fullmatch(text.strip())


def ascii_only(text: str) -> bool:
    """Nothing beyond ASCII."""
    return text.isascii()


def languages(text: str, *, languages: list[str]) -> bool | None:
    """The entire text is in one of the languages."""
    found = detect(text)
    return None if found is None else found in languages


def every_paragraph(text: str, *, language: str) -> bool | None:
    """Each paragraph by itself is in the language: no other language is slipped in."""
    found = [detect(piece) for piece in paragraphs(text)]
    if any(each is not None and each != language for each in found):
        return False
    return True if found and all(found) else None


def _languages(value: Any) -> bool:
    return rule.texts(value) and set(value) <= LANGUAGES


def _pattern(value: Any) -> bool:
    return rule.text(value) and is_pattern(value)


_RANGE = {"least": rule.number, "most": rule.number}
_PHRASE, _PHRASES = {"phrase": rule.text}, {"phrases": rule.texts}
COMMON: dict[str, Rule] = {
    "length:characters": Rule(characters, _RANGE),
    "length:words": Rule(words, _RANGE),
    "length:sentences": Rule(num_sentences, _RANGE),
    "length:paragraphs": Rule(num_paragraphs, _RANGE),
    "length:lines": Rule(num_lines, _RANGE),
    "layout:headings": Rule(headings, {"level": rule.positive, **_RANGE}),
    "layout:numbered_list": Rule(numbered_list, _RANGE),
    "layout:table": Rule(table, {"columns": rule.positive, "rows": rule.number}),
    "layout:code_block": Rule(code_block, {"language": rule.text, **_RANGE}),
    "layout:no_markdown": Rule(no_markdown, {}),
    "content:starts_with": Rule(starts_with, _PHRASE),
    "content:ends_with": Rule(ends_with, _PHRASE),
    "content:contains": Rule(contains, _PHRASES),
    "content:contains_any": Rule(contains_any, _PHRASES),
    "content:excludes": Rule(excludes, _PHRASES),
    "content:matches": Rule(matches, {"pattern": _pattern}),
    "content:ascii": Rule(ascii_only, {}),
    "language:one_of": Rule(languages, {"languages": _languages}),
    "language:every_paragraph": Rule(every_paragraph, {"language": rule.language}),
}
