r"""What stands left of an equals sign only to say what the right side is: `P(A \cap B) =`.

Such a left side is a name, not an expression: it is replaced by `\labelled{...}`, which the
grammar reads as one variable that no other text can spell.
"""

from __future__ import annotations

import re

MAX_CHARS = 160  # of one label
MAX_LABELS = 16
MAX_LABEL_DIGITS = 2_000
_START = re.compile(
    r"(?:^|(?<=[,;])|(?<=\\text\{ and \})|(?<=\\text\{ or \})|(?<=\\text\{and\}))[\s~]*(?:"
    r"(?P<call>(?:\\(?:Pr|mathbb\s?\{?[PE]\}?|(?:operatorname|mathrm|text)\{[A-Za-z]{2,16}\})|[A-Zfgh])"
    r"(?:'{1,3}|\^\s?\{?\s?(?:-1|\\prime)\s?\}?|_\{?[0-9A-Za-z]{1,8}\}?)?\s?(?:\\left|\\[bB]ig)?(?=[(\[]))"
    r"|(?P<bare>\\(?:det|dim|deg|operatorname\{[A-Za-z]{2,16}\})\s?\(?\{?[A-Z]\}?\)?\s?(?==)"
    r"|\\d?frac\s?\{d(?:\^\{?2\}?)?\s?[a-zA-Z]?\}\s?\{d\s?[a-z](?:\^\{?2\}?)?\}\s?(?==)"
    r"|(?:\\left)?\|\s?(?:[A-Z]{2}|\\(?:vec|overrightarrow|mathbf)\s?\{[A-Za-z]{1,2}\})\s?(?:\\right)?\|\s?(?==))"
    r"|(?P<limit>\\lim(?![A-Za-z])))"
)
_DROPPED = re.compile(r"[\s~]|\\[,;:! ]|\\(?:left|right)(?![A-Za-z])")
_CLOSERS = {"(": ")", "[": "]", "{": "}"}


def name_left_sides(text: str) -> str:
    r"""`text` with every label before an equals sign made one name.

    >>> name_left_sides("P(A)=1").endswith("=1"), name_left_sides("x(x+1)=2")
    (True, 'x(x+1)=2')
    """
    pieces: list[str] = []
    kept = 0
    for number, match in enumerate(_START.finditer(text)):
        if number == MAX_LABELS:
            break
        start = match.start(match.lastgroup or 0)
        end = _end(text, match)
        if end is None or start < kept:
            continue
        label = _DROPPED.sub("", text[start:end]).replace("\\mid", "|")
        pieces += [text[kept:start], "\\labelled{", str(int.from_bytes(label.encode(), "big")), "}"]
        kept = end
    return "".join([*pieces, text[kept:]]) if pieces else text


def label(number: int) -> str:
    """The name that `name_left_sides` put down as a number."""
    return number.to_bytes(-(-number.bit_length() // 8), "big").decode("utf-8", "replace")


def _end(text: str, match: re.Match[str]) -> int | None:
    """Where the label ends: just before its equals sign."""
    if match.lastgroup == "bare":
        return match.end()
    if match.lastgroup == "limit":
        return _before_equals(text, match.end())
    end = _after_bracket(text, match.end())
    if end is None:
        return None
    name = match.group("call").strip("\\ ")
    if len(name) == 1 and name in text[match.end() : end]:  # N(N-1) is a product
        return None
    while text[end : end + 1].isspace():
        end += 1
    return end if text[end : end + 1] == "=" and text[end + 1 : end + 2] != "=" else None


def _after_bracket(text: str, start: int) -> int | None:
    """Behind the bracket that closes the one at `start`."""
    stack: list[str] = []
    for at in range(start, min(len(text), start + MAX_CHARS)):
        char = text[at]
        if char in _CLOSERS:
            stack.append(_CLOSERS[char])
        elif char in ")]}":
            if not stack or stack.pop() != char:
                return None
            if not stack:
                return at + 1
    return None


def _before_equals(text: str, start: int) -> int | None:
    depth = 0
    for at in range(start, min(len(text), start + MAX_CHARS)):
        char = text[at]
        depth += (char in "{([") - (char in "})]")
        if char == "=" and depth == 0:
            return at
    return None
