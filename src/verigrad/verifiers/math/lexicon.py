"""Runs of letters told apart: functions, units, words of a sentence, products of variables."""

from __future__ import annotations

import re

from verigrad.verifiers.math.tokens import END, Token, UnreadableError
from verigrad.verifiers.math.units import find_unit, is_unit_letters

FUNCTIONS = {
    **{name: name for name in (
        "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "ln", "log",
        "lg", "exp", "sqrt", "cbrt", "abs", "floor", "ceil", "gcd", "lcm", "max", "min", "binom",
        "cis",
    )},
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arccot": "acot", "arcsec": "asec",
    "arccsc": "acsc", "asin": "asin", "acos": "acos", "atan": "atan", "arsinh": "asinh",
    "arcosh": "acosh", "artanh": "atanh", "arcsinh": "asinh", "arccosh": "acosh",
    "arctanh": "atanh",
}  # fmt: skip
ALIASES = {"tg": "tan", "ctg": "cot", "cotg": "cot", "cosec": "csc", "arctg": "atan",
           "arcctg": "acot", "arccosec": "acsc"}  # fmt: skip
_SPLIT = re.compile(
    "(" + "|".join(sorted([*FUNCTIONS, "pi", "infty"], key=len, reverse=True)) + ")"
)
_VERBAL = ("letters", "word")
_BETWEEN = frozenset({"to", "mod"})
_AMBIGUOUS = frozenset({"min", "sec"})  # units and functions
_JOINERS = {"or": "or", "and": "and"}
_EQUALS = frozenset({"is", "are", "equals", "equal", "be"})
_COMMANDS = {"infinity": "\\infty", "infty": "\\infty", "pi": "\\pi", "inf": "\\infty",
             "oo": "\\infty", "theta": "\\theta", "alpha": "\\alpha", "beta": "\\beta",
             "lambda": "\\lambda", "union": "\\cup", "times": "\\times",
             "sqrt": "\\sqrt"}  # fmt: skip
_COMMON = frozenset(
    [
        "the",
        "an",
        "of",
        "in",
        "to",
        "at",
        "on",
        "by",
        "we",
        "you",
        "it",
        "its",
        "so",
        "has",
        "had",
        "have",
        "get",
        "gets",
        "got",
        "sum",
        "total",
        "there",
        "that",
        "this",
        "for",
        "was",
        "were",
        "per",
        "sq",
        "cubic",
        "square",
        "men",
        "boys",
        "dogs",
        "cats",
        "cows",
        "hens",
        "eggs",
        "day",
        "days",
        "one",
        "two",
        "no",
        "not",
        "per",
        "our",
        "her",
        "his",
        "she",
        "he",
        "and",
        "or",
        "if",
        "as",
        "all",
        "any",
    ]
)
BLOCKING = frozenset(
    [
        "not",
        "no",
        "never",
        "neither",
        "nor",
        "none",
        "isn't",
        "aren't",
        "wasn't",
        "either",
        "maybe",
        "perhaps",
        "possibly",
        "between",
        "about",
        "approximately",
        "around",
        "roughly",
        "nearly",
        "almost",
        "approx",
        "except",
        "least",
        "most",
        "more",
        "less",
        "fewer",
        "greater",
        "than",
        "over",
        "under",
        "up",
        "within",
        "unknown",
        "unclear",
        "cannot",
        "can't",
        "can't",
        "but",
        "unless",
        "if",
        "when",
        "where",
        "for",
        "wrong",
        "incorrect",
        "false",
        "instead",
        "rather",
        "unsure",
        "guess",
        "without",
    ]
)
ARITHMETIC = frozenset(
    [
        "half",
        "halves",
        "third",
        "thirds",
        "quarter",
        "quarters",
        "fifth",
        "fifths",
        "sixth",
        "sixths",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "tenths",
        "hundredth",
        "hundredths",
        "thousandth",
        "thousandths",
        "twice",
        "thrice",
        "double",
        "doubled",
        "triple",
        "tripled",
        "quadruple",
        "squared",
        "cubed",
        "root",
        "roots",
        "negative",
        "minus",
        "plus",
        "opposite",
        "reciprocal",
        "inverse",
        "difference",
        "product",
        "quotient",
        "sum",
        "logarithm",
        "power",
        "factorial",
        "divided",
        "multiplied",
        "added",
        "subtracted",
        "point",
        "score",
        "dozens",
        "hundreds",
        "thousands",
        "millions",
        "billions",
    ]
)
SCALES = {"dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9,
          "trillion": 10**12}  # fmt: skip
SHAPES = frozenset({"square", "sq", "cubic", "cu", "per"})


def classify(tokens: list[Token]) -> list[Token]:
    """Letters and words resolved; sentences around a value dropped; hedges refused."""
    resolved: list[Token] = []
    for at, token in enumerate(tokens):
        kind = token.kind
        if kind in _VERBAL:
            text = token.text
            if text in _BETWEEN:
                _between(token, resolved, tokens[at + 1])
            elif kind == "letters":
                _letters(token, resolved)
            elif text in _AMBIGUOUS and _is_unit(text, resolved, tokens[at + 1]):
                resolved.append(token)
            else:
                resolved.append(_word(token))
        else:
            resolved.append(token)
    for token in resolved:
        if token.kind == "word":
            return _without_sentence(resolved)
    return resolved


def _between(token: Token, out: list[Token], following: Token) -> None:
    """`2 to 3` is a ratio; `mod` goes with the number after it, also from behind a bracket."""
    previous = out[-1] if out else END
    if token.text == "mod":
        if previous.text == "(":
            out[-1:] = [Token("command", "\\pmod", token.after_space), previous]
        else:
            out.append(Token("command", "\\bmod", token.after_space))
    elif previous.kind == following.kind == "number":
        out.append(Token("sign", ":", token.after_space))
    else:
        out.append(Token("word", token.text, token.after_space))


def _is_unit(text: str, out: list[Token], following: Token) -> bool:
    """`5 min`, `m/sec`: no function, for it stands after a value or has no argument."""
    previous = out[-1] if out else END
    follows = previous.kind in ("number", "repeating") or previous.text in (")", "}", "/")
    if text == "sec" and following.kind in ("number", "letters", "command"):
        return False
    return (follows or previous.text == "{") and following.text not in ("(", "{", "_")


def _letters(token: Token, out: list[Token]) -> None:
    run = token.text
    if len(run) == 1:
        out.append(token)
        return
    previous = out[-1] if out else END
    follows_value = previous.kind in ("number", "repeating") or previous.text in (")", "}")
    if follows_value and is_unit_letters(run):
        out.append(Token("word", run, token.after_space))
        return
    lower = run.lower()
    if lower in _JOINERS or lower in _EQUALS or run in _COMMANDS or lower == "infinity":
        out.append(_word(token))
        return
    pieces = [piece for piece in _SPLIT.split(run) if piece]
    is_math = len(pieces) > 1 or pieces[0] in FUNCTIONS
    plain = sum(len(piece) for piece in pieces if piece not in FUNCTIONS and piece != "pi")
    if is_math and (plain <= 2 or len(run) <= 3):
        _pieces(pieces, token, out)
    elif len(run) > 3 or lower in _COMMON:
        out.append(Token("word", run, token.after_space))
    else:
        out.extend(Token("letters", c, token.after_space and not i) for i, c in enumerate(run))


def _pieces(pieces: list[str], token: Token, out: list[Token]) -> None:
    for piece in pieces:
        if piece in FUNCTIONS or piece in _COMMANDS:
            out.append(Token("command", _COMMANDS.get(piece, f"\\{piece}"), token.after_space))
        else:
            out.extend(Token("letters", char, after_space=False) for char in piece)


def _word(token: Token) -> Token:
    lower = token.text.lower()
    if lower in _JOINERS:
        return Token("joiner", _JOINERS[lower], token.after_space)
    if lower in _EQUALS:
        return Token("equals", "=", token.after_space)
    if lower in _COMMANDS:
        return Token("command", _COMMANDS[lower], token.after_space)
    if lower in ALIASES or (lower in FUNCTIONS and len(lower) > 2):
        return Token("command", f"\\{lower}", token.after_space)
    return Token("word", token.text, token.after_space)


def _without_sentence(tokens: list[Token]) -> list[Token]:
    """Words before a value (and the verb or colon that ends them) say what it is: dropped."""
    for token in tokens:
        if token.kind == "word" and token.text.lower() in BLOCKING:
            raise UnreadableError(f"word {token.text!r}")
    start = 0
    while _is_preamble(tokens, start):
        start += 1
    named = {token.text.lower() for token in tokens[:start]}
    if tokens[start].text == "(":
        named.discard("point")  # "the point (1, 2)"
    if tokens[start].text not in ("=", ":") and named & (ARITHMETIC | SCALES.keys()):
        raise UnreadableError("words that change a value")
    while start and tokens[start].text in ("=", ":", ","):
        start += 1
    return tokens[start:]


def _is_preamble(tokens: list[Token], at: int) -> bool:
    token, following = tokens[at], tokens[at + 1] if at + 1 < len(tokens) else END
    if token.kind == "word":
        return not (find_unit(token.text) is not None and following.kind == "end")
    article = token.kind == "letters" and token.text in ("a", "A", "I")
    return article and following.kind == "word"
