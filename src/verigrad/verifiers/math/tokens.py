r"""Text to tokens: numbers, letters, words, commands, signs. One regular pass, linear."""

from __future__ import annotations

import re
from typing import NamedTuple

from verigrad.verifiers.math.limits import MAX_TOKENS, RefusedError


class Token(NamedTuple):
    """`kind` is number, repeating, letters, word (text mode), command, sign or end."""

    kind: str
    text: str
    after_space: bool
    joined: bool = False  # a number whose digits are grouped by plain commas


class UnreadableError(Exception):
    """The text is not in the grammar."""


END = Token("end", "", after_space=False)

_GROUPED = r"\d{1,3}(?:(?:,\\!|\{,\}|\\,|\\;|\\[ ]|\\!|~)\d{3})+(?!\d)(?:\.\d+)?"
_COMMAS = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?"
_APOSTROPHES = r"\d{1,3}(?:'\d{3})+(?![\d'])"
_DOTTED = r"\d{1,3}(?:\.\d{3}){2,}(?![\d.])"
_SPACES = r"[1-9]\d{0,2}(?:[ ]\d{3})+(?![\d/]|[ ]?\d)(?:\.\d+)?"
_REPEATING = (
    r"\d*\.\d*\\(?:overline|bar)\s?(?:\{\d+\}|\d)"
    r"|\d*\.\d*\\dot\s?\{?\d\}?(?:\d*\\dot\s?\{?\d\}?)?"
    r"|\d+\.\d*\(\d+\)"
    r"|\d*\.\d{2,}\s?(?:\\ldots|\\dots|\\cdots|\\dotsc|\.\.\.)"
)
_TOKEN = re.compile(
    rf"""(?P<space>\s+|\\[,;:!>\s]|~|\$|\\[()\[\]]
        |\\(?:left|right|[bB]igg?[lrm]?|middle)(?![A-Za-z])\s?\.?
        |\\(?:quad|qquad|displaystyle|textstyle|limits|nolimits|enspace|thinspace|hfill
            |large|Large|small|underline|strut|mathstrut|nobreak)(?![A-Za-z])
        |\\(?:mathbf|mathrm|mathit|bf|rm|it|boldsymbol|bm)(?![A-Za-z])(?!\s?\{{)
        |\\(?:hspace|vspace|phantom|color)\s?\*?\{{[^{{}}]{{0,40}}\}}
        |\\textcolor\{{[^{{}}]{{0,40}}\}})
    |(?P<repeating>{_REPEATING})
    |(?P<grouped>{_GROUPED}|{_SPACES}|{_APOSTROPHES})
    |(?P<dotted>{_DOTTED})
    |(?P<commas>{_COMMAS})
    |(?P<scientific>(?:\d+(?:\.\d+)?|\.\d+)[eE][-+]?\d+(?![A-Za-z0-9.]))
    |(?P<number>\d+(?:\.\d+)?|\.\d+)
    |(?P<text>\\(?:text|textbf|textit|textrm|textsf|texttt|textnormal|mbox|hbox|mathrm|mathbf
        |mathit|mathsf|operatorname|emph|bf|rm|boldsymbol|bm)(?![A-Za-z])\*?\s?(?=\{{))
    |(?P<row>\\\\(?:\[[^\]]{{0,16}}\])?)
    |(?P<environment>\\(?:begin|end)\s?\{{[A-Za-z]{{1,16}}\*?\}}(?:\{{[lcr|]{{1,32}}\}})?)
    |(?P<command>\\[A-Za-z]+|\\[^A-Za-z])
    |(?P<letters>[A-Za-z]+)
    |(?P<sign>\*\*|<=|>=|!=|==|=<|\.\.\.|[-+*/^_=<>(){{}}\[\]|!,;:%&'.?"#@])""",
    re.VERBOSE | re.ASCII,
)
_TEXT_TOKEN = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*")
_AS_WRITTEN = frozenset(["number", "command", "letters", "sign"])
_OPENERS = frozenset(["(", "[", "\\{", "\\langle", "\\lbrack"])
_CLOSERS = frozenset([")", "]", "\\}", "\\rangle", "\\rbrack"])


def tokenize(text: str, *, commas_separate: bool = False) -> list[Token]:
    r"""The tokens of `text`, closed by `END`.

    Plain commas group digits only outside brackets and unless `commas_separate`.

    >>> [token.text for token in tokenize(r"1,234 + \frac12")]
    ['1234', '+', '\\frac', '12', '']
    """
    tokens: list[Token] = []
    _scan(text, tokens, in_text=False, commas_separate=commas_separate)
    tokens.append(END)
    return tokens


def _scan(text: str, tokens: list[Token], *, in_text: bool, commas_separate: bool) -> None:
    position, end = 0, len(text)
    space = False
    depth = 0
    while position < end:
        if len(tokens) > MAX_TOKENS:
            raise RefusedError("too many tokens")
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnreadableError(f"sign {text[position]!r}")
        kind, value = match.lastgroup or "", match.group()
        position = match.end()
        if kind == "space":
            space = True
            continue
        if kind == "text":
            position = _scan_group(text, position, tokens, commas_separate=commas_separate)
            space = True
            continue
        if kind == "commas" and (depth or commas_separate or _is_between(text, match)):
            value = value.split(",", 1)[0]
            position = match.start() + len(value)
            kind = "number"
        if kind == "letters" and in_text:
            match = _TEXT_TOKEN.match(text, match.start())
            assert match is not None
            value, position = match.group(), match.end()
            if len(value) > 1 or value in ("a", "A", "m", "g", "s", "h", "L", "l", "N", "J", "W"):
                kind = "word"
        depth += (value in _OPENERS) - (value in _CLOSERS)
        if kind in _AS_WRITTEN:
            tokens.append(Token(kind, value, space))
        else:
            tokens.append(_token(kind, value, space=space))
        space = False


def _is_between(text: str, match: re.Match[str]) -> bool:
    """`1/208,139/28`: the comma stands between two fractions."""
    return text[match.start() - 1 : match.start()] == "/" == text[match.end() : match.end() + 1]


def _scan_group(text: str, start: int, tokens: list[Token], *, commas_separate: bool) -> int:
    r"""The content of `\text{...}`, whose letters are words; where to go on."""
    depth = 0
    for position in range(start, len(text)):
        char = text[position]
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                if depth_of(text, start, position) > 4:
                    raise RefusedError("text too deep")
                content = text[start + 1 : position]
                _scan(content, tokens, in_text=True, commas_separate=commas_separate)
                return position + 1
    raise UnreadableError("unbalanced text")


def depth_of(text: str, start: int, end: int) -> int:
    """Deepest brace nesting between two positions."""
    depth = deepest = 0
    for char in text[start:end]:
        depth += (char == "{") - (char == "}")
        deepest = max(deepest, depth)
    return deepest


_CLEAN = str.maketrans("", "", ",{}\\!;~ '")


def _token(kind: str, value: str, *, space: bool) -> Token:
    if kind == "dotted":
        return Token("number", value.replace(".", ""), space)
    if kind in ("grouped", "commas"):
        return Token("number", value.translate(_CLEAN), space, kind == "commas")
    if kind in ("row", "environment"):
        value = "\\\\" if kind == "row" else value.replace(" ", "")
        return Token(kind, value, space)
    if kind == "scientific":
        kind = "number"
    return Token(kind, value, space)
