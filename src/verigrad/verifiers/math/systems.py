r"""Systems of equations in an environment, as a list: `\begin{cases} x=1 \\ y=2 \end{cases}`."""

from __future__ import annotations

import re

_ROWS = re.compile(r"\\\\(?:\[[^\]]{0,16}\])?")
_OPENED = re.compile(
    r"(?P<brace>\\left\s?\\(?:\{|lbrace)\s?)?\\begin\s?\{(?P<name>aligned|align\*?|gathered|split"
    r"|d?cases|array)\}(?:\{[lcr|]{1,8}\})?"
)
_CLOSED = re.compile(r"\s?\\right\s?\.")


def as_list(text: str) -> str:
    r"""`text` with its first system written as a list with commas.

    A brace around an array makes it cases; cases with conditions stay an environment, an array
    without a brace stays a matrix.

    >>> as_list(r"\begin{cases} x&=1 \\ y&=2 \end{cases}")
    'x=1 , y=2'
    """
    match = _OPENED.search(text)
    if match is None:
        return text
    name = match.group("name")
    if name == "array" and not match.group("brace"):
        return text
    end = f"\\end{{{name}}}"
    stop = text.find(end, match.end())
    if stop < 0:
        return text
    rows = [row.strip(" ,\n") for row in _ROWS.split(text[match.end() : stop])]
    rows = [row for row in rows if row]
    after = stop + len(end)
    if match.group("brace") and (closed := _CLOSED.match(text, after)) is not None:
        after = closed.end()
    has_conditions = any("&" in row.replace("&=", "=").replace("& =", "=") for row in rows)
    if has_conditions and name in ("array", "cases", "dcases"):
        body = "\\begin{cases}" + " \\\\ ".join(rows) + "\\end{cases}"
    else:
        body = " , ".join(row.replace("&", "") for row in rows)
    return text[: match.start()] + body + text[after:]
