r"""English sentences to first-order logic: `Every dog likes some cat.` -> `\boxed{forall x. ...}`.

The verifier is `logic`: any formula over the given words that is equivalent is right.
"""

from __future__ import annotations

import random
from typing import ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed

_NOUNS = ("dog", "cat", "bird", "horse", "nurse", "doctor", "sailor", "poet", "farmer", "king")
_VERBS = ("like", "fear", "see", "help", "follow", "know")
_ADJECTIVES = ("old", "happy", "tall", "brave", "rich", "calm")
_NAMES = ("ann", "bo", "rex", "ivy", "gus")
# {n} {m} nouns, {v} verb, {a} {b} adjectives, {c} a name; capitals are predicates
_PATTERNS = (
    ("Every {n} {v}s some {m}.", "forall x. {N}(x) -> exists y. {M}(y) & {V}(x, y)"),
    ("Some {n} {v}s every {m}.", "exists x. {N}(x) & forall y. {M}(y) -> {V}(x, y)"),
    ("No {n} {v}s every {m}.", "~exists x. {N}(x) & forall y. {M}(y) -> {V}(x, y)"),
    ("Every {n} that is {a} {v}s {c}.", "forall x. {N}(x) & {A}(x) -> {V}(x, {c})"),
    ("No {n} that {v}s {c} is {a}.", "~exists x. {N}(x) & {V}(x, {c}) & {A}(x)"),
    ("Only {a} {n}s are {b}.", "forall x. {B}(x) -> {A}(x) & {N}(x)"),
    ("Some {n} that is {a} {v}s no {m}.",
     "exists x. {N}(x) & {A}(x) & ~exists y. {M}(y) & {V}(x, y)"),
    ("{C} {v}s every {n} that is not {a}.", "forall x. {N}(x) & ~{A}(x) -> {V}({c}, x)"),
    ("{C} {v}s exactly one {n}.",
     "exists x. {N}(x) & {V}({c}, x) & forall y. {N}(y) & {V}({c}, y) -> y = x"),
    ("Every {n} {v}s a {m} that is {a}.",
     "forall x. {N}(x) -> exists y. {M}(y) & {A}(y) & {V}(x, y)"),
    ("Every {n} that {v}s some {m} is {a}.",
     "forall x. {N}(x) & (exists y. {M}(y) & {V}(x, y)) -> {A}(x)"),
)  # fmt: skip


class FirstOrderOptions(Options):
    """How many `sentences` are to be joined."""

    sentences: int = Field(default=1, ge=1, le=4)


class FirstOrder(Generator):
    """Eleven patterns with words drawn at random."""

    name: ClassVar[str] = "first_order"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "logic"
    dial: ClassVar[str] = "sentences"
    options_type: ClassVar[type[Options]] = FirstOrderOptions

    def draw(self, source: random.Random) -> Draft:
        """Different patterns, each with its own words."""
        patterns = source.sample(_PATTERNS, self.options.sentences)
        sentences, formulas, words = [], [], []
        for english, logic in patterns:
            chosen = _words(source)
            sentences.append(english.format(**chosen))
            formulas.append(logic.format(**chosen))
            words += [chosen[key] for key in "NMVABc" if "{" + key + "}" in logic]
        vocabulary = ", ".join(sorted(map(_usage, set(words))))
        answer = formulas[0] if len(formulas) == 1 else " & ".join(f"({f})" for f in formulas)
        return Draft(
            key=sorted(formulas),
            question=(
                f"Write in first-order logic: {' '.join(sentences)}\nUse {vocabulary}, and forall, "
                "exists, ~, &, |, ->, = as in: forall x. P(x) -> exists y. R(x, y)"
            ),
            answer=answer,
            solution=boxed(answer),
        )


def _words(source: random.Random) -> dict[str, str]:
    n, m = source.sample(_NOUNS, 2)
    a, b = source.sample(_ADJECTIVES, 2)
    v, c = source.choice(_VERBS), source.choice(_NAMES)
    small = {"n": n, "m": m, "a": a, "b": b, "v": v, "c": c}
    return small | {key.upper(): word.capitalize() for key, word in small.items()}


def _usage(word: str) -> str:
    if word in _NAMES:
        return word
    return f"{word}(x, y)" if word.casefold() in _VERBS else f"{word}(x)"
