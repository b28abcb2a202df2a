"""Regular expressions without back-tracking: RE2, in time linear in the text, within a budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

MAX_PATTERN_CHARS = 2_000
MAX_MEMORY = 8 << 20  # of a compiled pattern; a{1000}{1000} needs more and is refused


class PatternError(ValueError):
    """A pattern that RE2 does not know (back-references, look-around) or that is too large."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern. Lone surrogates, which RE2 cannot read, are judged as U+FFFD."""

    compiled: Any

    def search(self, text: str) -> bool:
        """Whether it matches somewhere."""
        return self.compiled.search(_readable(text)) is not None

    def fullmatch(self, text: str) -> bool:
        """Whether it matches all of the text."""
        return self.compiled.fullmatch(_readable(text)) is not None

    def groups(self, text: str) -> tuple[Mapping[str, str], ...]:
        """The named groups of every match, in order; groups that took no part are left out."""
        return tuple(
            {name: value for name, value in match.groupdict().items() if value is not None}
            for match in self.compiled.finditer(_readable(text))
        )


@lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> Pattern:
    r"""The compiled pattern; PatternError says why there is none.

    >>> compile_pattern(r"[0-9]{4}").fullmatch("2024")
    True
    >>> compile_pattern(r"(a)\1")
    Traceback (most recent call last):
    verigrad.verifiers.structure.patterns.PatternError: invalid escape sequence: \1
    """
    if len(pattern) > MAX_PATTERN_CHARS:
        raise PatternError(f"over {MAX_PATTERN_CHARS} characters")
    options = re2.Options()
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    try:
        return Pattern(re2.compile(pattern, options))
    except (re2.error, UnicodeError) as error:
        said = error.args[0] if error.args else error
        raise PatternError(said.decode() if isinstance(said, bytes) else str(said)) from None


def is_pattern(pattern: str) -> bool:
    """Whether `compile_pattern` takes it."""
    try:
        compile_pattern(pattern)
    except PatternError:
        return False
    return True


def _readable(text: str) -> str:
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text
