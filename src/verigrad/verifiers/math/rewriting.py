r"""Ways to write that the grammar does not have, as ways that it has, by short patterns."""

from __future__ import annotations

import re
from math import comb, perm

from verigrad.verifiers.math.systems import as_list

_ANY = re.compile(
    r"/_|\+/-|\{[.:]\}|[0-9}_]\s?[CPA](?![a-z])|[CPA]\}?(?:_|\^)|^<|mathbf|boldsymbol|\\vec"
    r"|cases|align|gathered|split|\\begin\s?\{array|[0-9.]\s?[xX]\s?10\s?\^"
)
_SOLIDUS = re.compile(r"(?<![0-9A-Za-z)}])(?:\{\})?\^\{?([0-9]{1,9})\}?\s?/\s?_\{?([0-9]{1,9})\}?")
_LETTER = r"(?:\\(?:mathrm|text|operatorname)\{([CP])\}|([CPA]))"
_NUMBER = r"\{?([0-9]{1,3})\}?"
_BEFORE = re.compile(
    rf"(?<![0-9A-Za-z)}}])(?:\{{\}})?[\^_]{_NUMBER}\s?{_LETTER}\s?_{_NUMBER}(?![0-9A-Za-z^_])"
)
_BELOW = re.compile(rf"(?<![0-9A-Za-z\\]){_LETTER}_{_NUMBER}\^{_NUMBER}(?![0-9A-Za-z])")
_ABOVE = re.compile(rf"(?<![0-9A-Za-z\\]){_LETTER}\^{_NUMBER}_{_NUMBER}(?![0-9A-Za-z])")
_BETWEEN = re.compile(r"(?<![0-9A-Za-z.])([0-9]{1,3})([CP])([0-9]{1,3})(?![0-9A-Za-z._])")
_ANGLED = re.compile(r"<([^<>=]{1,400},[^<>=]{1,400})>")
_UNIT_VECTOR = re.compile(r"\\(?:mathbf|boldsymbol|bm|vec)\s?\{\\?([ijk])(?:math)?\}")
_POWER_OF_TEN = re.compile(r"(?<=[0-9.])\s?[xX]\s?(?=10\s?\^)")
_CONDITION = re.compile(
    r",?\s?\\(?:text|mathrm|mbox|textrm)\s?\{\s{0,4},?\s{0,4}(?:if|for|when|where|whenever)\s{0,4}\}"
)
_OTHERWISE = re.compile(
    r",?\s?\\(?:text|mathrm|mbox|textrm)\s?\{\s{0,4},?\s{0,4}(?:otherwise|else|elsewhere)\.?\s{0,4}\}"
)


def rewrite(text: str) -> str:
    r"""The same answer in the grammar's own notation; anything else as it is.

    >>> rewrite("{}^{3}/_{4}"), rewrite("{}_7C_3"), rewrite("C_7^3 + 1"), rewrite("2 +/- 3")
    ('3/4', '35', '35 + 1', '2 \\pm  3')
    """
    if _ANY.search(text) is None:
        return text
    text = text.replace("{.}", ".").replace("{:}", ":").replace("+/-", r"\pm ")
    text = _SOLIDUS.sub(r"\1/\2", text)
    text = _counted(text)
    if text.startswith("<") and (angled := _ANGLED.fullmatch(text)) is not None:
        return f"\\langle {angled.group(1)}\\rangle "
    text = _POWER_OF_TEN.sub(r"\\times ", text)
    if "\\begin" in text:
        text = as_list(text)
    if "cases" in text:
        text = _OTHERWISE.sub(r" & \\otherwise ", _CONDITION.sub(" & ", text))
    vectors = set(_UNIT_VECTOR.findall(text))
    if vectors - {"i"}:  # a lone bold i is the imaginary unit
        text = _UNIT_VECTOR.sub(r"\\hat{\1}", text)
    return text


def _counted(text: str) -> str:
    """Combinations and arrangements with the number of things on either side of a letter."""
    text = _BEFORE.sub(lambda m: _count(m, m[2] or m[3], m[1], m[4]), text)
    text = _BETWEEN.sub(lambda m: _count(m, m[2], m[1], m[3]), text)
    text = _BELOW.sub(lambda m: _count(m, m[1] or m[2], m[3], m[4]), text)
    return _ABOVE.sub(lambda m: _count(m, m[1] or m[2], m[4], m[3]), text)


def _count(match: re.Match[str], letter: str, things: str, taken: str) -> str:
    n, k = int(things), int(taken)
    if not 0 <= k <= n:
        return match.group()
    return str(comb(n, k) if letter == "C" else perm(n, k))
