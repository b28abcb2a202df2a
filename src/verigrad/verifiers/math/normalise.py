# ruff: noqa: RUF001 (the confusable signs are what this table is about)
"""Unicode to the ASCII LaTeX that the tokenizer reads. One pass, linear, nothing guessed."""

from __future__ import annotations

import re
import unicodedata

_SUPERSCRIPT = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱˣʸ", "0123456789+-=()nixy", strict=True))
_SUBSCRIPT = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₙₓ", "0123456789+-=()aenx", strict=True))
_VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5),
    "⅗": (3, 5), "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅐": (1, 7), "⅛": (1, 8), "⅜": (3, 8),
    "⅝": (5, 8), "⅞": (7, 8), "⅑": (1, 9), "⅒": (1, 10),
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi",
    "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
    "π": "pi", "Δ": "Delta", "Γ": "Gamma", "Θ": "Theta", "Λ": "Lambda", "Σ": "Sigma",
    "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "ϕ": "phi", "µ": "mu",
}  # fmt: skip
_SIGNS = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "﹣": "-", "－": "-", "×": r"\times ",
    "·": r"\cdot ", "⋅": r"\cdot ", "∙": r"\cdot ", "•": r"\cdot ", "∗": "*", "÷": "/",
    "∕": "/", "⁄": "/", "√": r"\sqrt ", "∛": r"\cbrt ", "∞": r"\infty ", "≤": r"\le ",
    "≥": r"\ge ", "⩽": r"\le ", "⩾": r"\ge ", "≠": r"\ne ", "≈": r"\approx ", "∪": r"\cup ",
    "∩": r"\cap ", "∈": r"\in ", "∅": r"\emptyset ", "Ø": r"\emptyset ", "°": r"^{\circ}",
    "º": r"^{\circ}", "±": r"\pm ", "∓": r"\mp ", "…": "...", "⟨": r"\langle ",
    "⟩": r"\rangle ", "〈": r"\langle ", "〉": r"\rangle ", "′": "'", "’": "'", "‘": "'",
    "“": '"', "”": '"', "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "∖": r"\setminus ",
    "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ", "∑": r"\sum ",
    "∏": r"\prod ", "∫": r"\int ", "∣": "|", "％": r"\%", "£": r"\pounds ", "€": r"\euro ",
    "₹": r"\rupee ", "¥": r"\yen ", "￥": r"\yen ", "¢": r"\cent ", "≡": r"\equiv ",
    "⇒": r"\Rightarrow ", "¬": r"\lnot ", "∥": r"\parallel ", "⊥": r"\perp ",
    "△": r"\triangle ", "∠": r"\angle ",
    "∶": ":", "∧": r"\land ", "∨": r"\lor ", "\u00a0": " ", "\u2009": r"\,", "\u202f": r"\,",
    "\u2007": " ", "\u2003": " ", "\u2002": " ", "\u200a": r"\,", "\u2005": r"\,",
    "\u3000": " ", "、": ",", "，": ",", "。": ".", "𝑒": "e", "ⅈ": "i", "ⅇ": "e",
}  # fmt: skip
_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0e\ufe0f\u2061\u2062\u2063")
_SCRIPTS = re.compile(f"[{''.join(_SUPERSCRIPT)}]+|[{''.join(_SUBSCRIPT)}]+")
_OVERLINED = re.compile("((?:[0-9]\u0305)+)")


def normalise(text: str) -> str | None:
    r"""ASCII where a meaning is known; None where a control or direction sign makes it unsafe.

    >>> normalise("x² − ½π"), normalise("４２"), normalise("1\u202e2")
    ('x^{2} - \\frac{1}{2}\\pi ', '42', None)
    """
    if text.isascii():
        return text if text.isprintable() else _checked(text)
    text = _SCRIPTS.sub(_script, text)
    text = _OVERLINED.sub(lambda m: f"\\overline{{{m.group().replace(chr(0x305), '')}}}", text)
    return _checked("".join(map(_sign, text)))


def _script(match: re.Match[str]) -> str:
    run = match.group()
    if run[0] in _SUPERSCRIPT:
        return "^{" + "".join(_SUPERSCRIPT[c] for c in run) + "}"
    return "_{" + "".join(_SUBSCRIPT[c] for c in run) + "}"


def _sign(char: str) -> str:
    if char.isascii():
        return char
    if char in _SIGNS:
        return _SIGNS[char]
    if char in _VULGAR:
        return "\\frac{{{}}}{{{}}}".format(*_VULGAR[char])
    if char in _INVISIBLE:
        return ""
    plain = unicodedata.normalize("NFKC", char)
    if plain in _GREEK:
        return f"\\{_GREEK[plain]} "
    return plain


def _checked(text: str) -> str | None:
    for char in text:
        if not char.isprintable() and char not in "\n\t\r":
            return None
    return text
