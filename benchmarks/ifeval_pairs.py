# ruff: noqa: E501, RUF001 (samples)
"""Generated (instruction, response) pairs for every IFEval id, many of them on the edge."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

TEXTS = {
    "en": [
        "The people of the village were happy that it was over.",
        "Tea is hot and cake is sweet, but not for long.",
        "Dr. Smith paid 3.50 for the art of the party!",
        "Why did they go? Nobody knows.",
        "It's a well-known fact that cats don't like water...",
        "NASA and the ESA launched it at 9 a.m. on Friday.",
    ],
    "de": [
        "Die Leute waren nicht sehr froh, dass es vorbei ist.",
        "Der Hund ist auf dem Sofa und schläft.",
    ],
    "fr": [
        "Les gens du village ne sont pas heureux, mais ils ont une maison.",
        "Le chien est sur le canapé et il dort.",
    ],
    "es": [
        "La gente del pueblo no está muy contenta, pero tiene una casa.",
        "El perro duerme en el sofá de la abuela.",
    ],
    "it": [
        "La gente del villaggio non è molto felice, ma ha una casa.",
        "Il cane dorme sul divano della nonna.",
    ],
    "pt": [
        "As pessoas da aldeia não estão muito felizes, mas têm uma casa.",
        "O cão dorme no sofá da avó.",
    ],
    "ru": [
        "Люди в этой деревне не были рады, но у них был дом.",
        "Собака спит на диване, и это хорошо.",
    ],
    "hi": ["इस गाँव के लोग खुश नहीं हैं, लेकिन उनके पास एक घर है।", "कुत्ता सोफे पर सो रहा है।"],
    "ja": ["この村の人々は幸せではありませんが、家があります。", "犬はソファで寝ています。"],
    "ko": ["이 마을 사람들은 행복하지 않지만 집이 있습니다.", "개가 소파에서 자고 있습니다."],
    "th": ["คนในหมู่บ้านนี้ไม่มีความสุข แต่พวกเขามีบ้าน", "สุนัขนอนอยู่บนโซฟา"],
    "vi": [
        "Những người trong làng không vui, nhưng họ có một ngôi nhà.",
        "Con chó đang ngủ trên ghế và nó rất vui.",
    ],
}
WORDS = ["tea", "art", "cake", "the", "cat", "c++", "a.b", "party", "O'Neill", "co-op"]
LETTERS = ["a", "e", "t", "z", "ü", "#", "T"]
PIECES = ["* one", "- two", "---", "**bold**", "*light*", "** **", "[name]", "[link](http://x)", "[]", "<<Title>>", "<< >>", "<a>", "Section 1", "SECTION 2",
          "Subsection 3", "Section 4", "P.S. Bring tea.", "P.P.S Later.", "p. s. soon", "P.S.", "***", "******", "My answer is yes.", "My answer is no.",
          '{"a": 1}', "[1, 2]", "1", "NaN", '{"a": 1, "a": 2}', "```json", "```", '"', "“quoted”", "Any other questions?", "ABC", "x-ray X-RAY", "I", "U.S.", "42", "cake", "Cake,", "，", "", "  "]  # fmt: skip
RELATIONS = ["less than", "at least"]


def pairs(seed: int, each: int) -> Iterator[dict[str, Any]]:
    """`each` pairs for every id."""
    for name, arguments in ARGUMENTS.items():
        rng = random.Random(f"{seed} {name}")
        for _ in range(each):
            yield {"id": name, "arguments": arguments(rng), "text": text(name, rng)}


def text(name: str, rng: random.Random) -> str:
    """A response with a leaning towards what the id is about."""
    kind = rng.random()
    if name == "detectable_format:json_format" and kind < 0.5:
        body = rng.choice(
            [
                '{"a": 1}',
                "[1, 2]",
                "1",
                '"a"',
                "NaN",
                '{"a": 1, "a": 2}',
                "{'a': 1}",
                "null",
                '{"a": [1e999]}',
                "{}",
            ]
        )
        return rng.choice(
            ["{}", "```json\n{}\n```", "```\n{}\n```", "Here: {}", " {} ", "```json {} ```"]
        ).replace("{}", body, 1)
    if name.startswith("startend") and kind < 0.4:
        inner = prose(rng, "en", 1)
        return rng.choice(
            [
                '"%s"',
                "%s",
                '"%s',
                "“%s”",
                '""',
                '"',
                "%s Any other questions?",
                '"%s Any other questions?"',
                "%s any other questions?'",
            ]
        ).replace("%s", inner)
    if name == "detectable_format:constrained_response" and kind < 0.4:
        return " ".join(
            rng.choices(
                ["My answer is yes.", "My answer is no.", "My answer is maybe.", "I think so."],
                k=rng.randrange(1, 4),
            )
        )
    language = (
        rng.choice(list(TEXTS)) if name.startswith("language") or rng.random() < 0.15 else "en"
    )
    said = prose(rng, language, rng.randrange(0, 5))
    if name.startswith("change_case") and kind < 0.7:
        said = said.upper() if rng.random() < 0.5 else said.lower()
    parts = [
        said,
        *rng.choices(PIECES, k=rng.randrange(0, 5)),
        prose(rng, language, rng.randrange(0, 2)),
    ]
    if name == "combination:repeat_prompt" and kind < 0.5:
        parts.insert(0, rng.choice(["Write about tea.", "write about TEA.", "Write about tea"]))
    if rng.random() < 0.3:
        rng.shuffle(parts)
    return rng.choice(["\n", "\n\n", " ", "\n\n\n"]).join(parts)


def prose(rng: random.Random, language: str, count: int) -> str:
    """Some sentences."""
    return " ".join(rng.choice(TEXTS[language]) for _ in range(count))


def _count(rng: random.Random, most: int) -> int:
    return rng.choice([0, *range(1, most + 1)])


ARGUMENTS: dict[str, Any] = {
    "keywords:existence": lambda r: {"keywords": r.sample(WORDS, 2)},
    "keywords:frequency": lambda r: {
        "keyword": r.choice(WORDS),
        "frequency": _count(r, 4),
        "relation": r.choice(RELATIONS),
    },
    "keywords:forbidden_words": lambda r: {"forbidden_words": r.sample(WORDS, 2)},
    "keywords:letter_frequency": lambda r: {
        "letter": r.choice(LETTERS),
        "let_frequency": _count(r, 20),
        "let_relation": r.choice(RELATIONS),
    },
    "language:response_language": lambda r: (
        {"language": r.choice(list(TEXTS))} if r.random() < 0.4 else {"language": "en"}
    ),
    "length_constraints:number_sentences": lambda r: {
        "num_sentences": r.randrange(1, 6),
        "relation": r.choice(RELATIONS),
    },
    "length_constraints:number_paragraphs": lambda r: {"num_paragraphs": r.randrange(1, 4)},
    "length_constraints:number_words": lambda r: {
        "num_words": r.randrange(1, 60),
        "relation": r.choice(RELATIONS),
    },
    "length_constraints:nth_paragraph_first_word": lambda r: {
        "num_paragraphs": r.randrange(2, 6),
        "nth_paragraph": r.randrange(1, 3),
        "first_word": r.choice(["the", "tea", "section", "cake"]),
    },
    "detectable_content:number_placeholders": lambda r: {"num_placeholders": _count(r, 2)},
    "detectable_content:postscript": lambda r: {"postscript_marker": r.choice(["P.S.", "P.P.S"])},
    "detectable_format:number_bullet_lists": lambda r: {"num_bullets": r.randrange(1, 4)},
    "detectable_format:constrained_response": lambda _: {},
    "detectable_format:number_highlighted_sections": lambda r: {
        "num_highlights": r.randrange(1, 4)
    },
    "detectable_format:multiple_sections": lambda r: {
        "section_spliter": r.choice(["Section", "SECTION"]),
        "num_sections": r.randrange(1, 3),
    },
    "detectable_format:json_format": lambda _: {},
    "detectable_format:title": lambda _: {},
    "combination:two_responses": lambda _: {},
    "combination:repeat_prompt": lambda _: {"prompt_to_repeat": "Write about tea."},
    "startend:end_checker": lambda _: {"end_phrase": "Any other questions?"},
    "startend:quotation": lambda _: {},
    "change_case:capital_word_frequency": lambda r: {
        "capital_frequency": _count(r, 6),
        "capital_relation": r.choice(RELATIONS),
    },
    "change_case:english_capital": lambda _: {},
    "change_case:english_lowercase": lambda _: {},
    "punctuation:no_comma": lambda _: {},
}
