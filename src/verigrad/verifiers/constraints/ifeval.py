"""The 25 instruction types of IFEval (Zhou et al., arXiv 2311.07911), by their ids and arguments.

Read as written there, but for what fails open elsewhere: keywords are literal, a keyword is a word
of its own, an undetected language is not the asked one, and JSON is JSON. The differences are
counted in docs/reference/constraints.md.
"""

from __future__ import annotations

import re

from verigrad.verifiers.constraints import rule
from verigrad.verifiers.constraints.language import detect
from verigrad.verifiers.constraints.rule import Rule, compare
from verigrad.verifiers.constraints.text import count_word, plain_words, sentences, word_tokens
from verigrad.verifiers.structure.strict_json import NotJsonError, parse_json

_FENCE = re.compile(r"\s*```[A-Za-z]*[ \t]*\n(.*)\n[ \t]*```\s*", re.DOTALL)
_BULLET = re.compile(r"[ \t]*(?:\*(?!\*)|-(?!-))[ \t]*\S")
_HIGHLIGHT = re.compile(r"\*\*([^\n*]+)\*\*|\*([^\n*]+)\*")
_PLACEHOLDER = re.compile(r"\[[^\[\]\n]+\](?!\()")
_TITLE = re.compile(r"<<([^\n<>]+)>>")
_OPTIONS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_QUOTES = "\"'\u201c\u201d\u2018\u2019"


def existence(text: str, *, keywords: list[str]) -> bool:
    """Every keyword stands in the text."""
    return all(count_word(text, keyword.strip()) for keyword in keywords)


def frequency(text: str, *, keyword: str, frequency: int, relation: str) -> bool:
    """The keyword stands there that often."""
    return compare(count_word(text, keyword.strip()), relation, frequency)


def forbidden_words(text: str, *, forbidden_words: list[str]) -> bool:
    """No forbidden word stands there."""
    return not any(count_word(text, word.strip()) for word in forbidden_words)


def letter_frequency(text: str, *, letter: str, let_frequency: int, let_relation: str) -> bool:
    """The letter, in either case, stands there that often."""
    return compare(text.casefold().count(letter.strip().casefold()), let_relation, let_frequency)


def response_language(text: str, *, language: str) -> bool | None:
    """The entire text is in the language."""
    found = detect(text)
    return None if found is None else found == language


def number_sentences(text: str, *, num_sentences: int, relation: str) -> bool:
    """That many sentences."""
    return compare(len(sentences(text)), relation, num_sentences)


def number_words(text: str, *, num_words: int, relation: str) -> bool:
    """That many words, counted as IFEval counts them."""
    return compare(len(word_tokens(text)), relation, num_words)


def number_paragraphs(text: str, *, num_paragraphs: int) -> bool:
    """Exactly that many paragraphs between `***`, none of them empty."""
    pieces = text.split("***")
    pieces = pieces[not pieces[0].strip() :]
    pieces = pieces[: len(pieces) - 1] if pieces and not pieces[-1].strip() else pieces
    return len(pieces) == num_paragraphs and all(piece.strip() for piece in pieces)


def nth_paragraph_first_word(
    text: str, *, num_paragraphs: int, nth_paragraph: int, first_word: str
) -> bool:
    """Exactly that many paragraphs between blank lines, and the n-th starts with the word."""
    pieces = [piece.strip() for piece in text.split("\n\n") if piece.strip()]
    if len(pieces) != num_paragraphs or not 1 <= nth_paragraph <= num_paragraphs:
        return False
    first = pieces[nth_paragraph - 1].split()[0].lstrip(_QUOTES + "*_#(")
    return (
        re.split(r"[.,?!:;'\"\u2019]", first, maxsplit=1)[0].casefold()
        == first_word.strip().casefold()
    )


def number_placeholders(text: str, *, num_placeholders: int) -> bool:
    """At least that many `[placeholders]`; a link `[text](address)` is none."""
    return len(_PLACEHOLDER.findall(text)) >= num_placeholders


def postscript(text: str, *, postscript_marker: str) -> bool:
    """A line starts with the marker and goes on; `P.S.` and `P.P.S` may have spaces."""
    marker = "".join(postscript_marker.split()).casefold().rstrip(".")
    for line in text.split("\n"):
        squeezed = "".join(line.split()).casefold().lstrip("*_")
        if squeezed.startswith(marker) and squeezed[len(marker) :].strip(".:*_,-"):
            return True
    return False


def number_bullet_lists(text: str, *, num_bullets: int) -> bool:
    """Exactly that many lines that start with `* ` or `- `; a rule `---` is none."""
    return sum(bool(_BULLET.match(line)) for line in text.split("\n")) == num_bullets


def constrained_response(text: str) -> bool:
    """Exactly one of the three fixed answers stands in the text."""
    return sum(option in text for option in _OPTIONS) == 1


def number_highlighted_sections(text: str, *, num_highlights: int) -> bool:
    """At least that many `*highlights*` or `**highlights**`, each counted once."""
    found = [a or b for a, b in _HIGHLIGHT.findall(text)]
    return sum(bool(piece.strip()) for piece in found) >= num_highlights


def multiple_sections(text: str, *, section_spliter: str, num_sections: int) -> bool:
    """At least that many headings `Section 1`, in the marker's own case."""
    pattern = re.compile(rf"(?<!\w){re.escape(section_spliter.strip())}[ \t]?\d+")
    return len(pattern.findall(text)) >= num_sections


def json_format(text: str) -> bool:
    """The entire text, or the one fence it consists of, is a JSON object or list."""
    fence = _FENCE.fullmatch(text)
    try:
        return isinstance(parse_json(fence.group(1) if fence else text), dict | list)
    except NotJsonError:
        return False


def title(text: str) -> bool:
    """A title in double angular brackets, such as `<<poem of joy>>`."""
    return any(found.strip() for found in _TITLE.findall(text))


def two_responses(text: str) -> bool:
    """Two different responses, separated by six asterisks."""
    pieces = [piece.strip() for piece in text.split("******")]
    pieces = pieces[not pieces[0] :]
    pieces = pieces[: len(pieces) - 1] if pieces and not pieces[-1] else pieces
    return len(pieces) == 2 and all(pieces) and pieces[0] != pieces[1]


def repeat_prompt(text: str, *, prompt_to_repeat: str) -> bool:
    """The text starts with the prompt, and then goes on."""
    text, prompt = text.strip().casefold(), prompt_to_repeat.strip().casefold()
    return text.startswith(prompt)


def end_checker(text: str, *, end_phrase: str) -> bool:
    """The text ends with the phrase; closing quotation marks do not count."""
    return (
        text.strip()
        .rstrip(_QUOTES)
        .casefold()
        .endswith(end_phrase.strip().rstrip(_QUOTES).casefold())
    )


def quotation(text: str) -> bool:
    """The entire text stands in double quotation marks, with something between them."""
    text = text.strip()
    return len(text) > 2 and text[0] == text[-1] == '"' and bool(text[1:-1].strip())


def capital_word_frequency(text: str, *, capital_frequency: int, capital_relation: str) -> bool:
    """That many words in capitals."""
    words = [word for word in plain_words(text) if word.isupper()]
    return compare(len(words), capital_relation, capital_frequency)


def english_capital(text: str) -> bool | None:
    """English, in capitals only."""
    return text.isupper() and response_language(text.lower(), language="en")


def english_lowercase(text: str) -> bool | None:
    """English, without capitals."""
    return text.islower() and response_language(text, language="en")


def no_comma(text: str) -> bool:
    """No comma, of whatever script."""
    return not any(comma in text for comma in ",\uff0c\u060c\u3001\uff64\ufe50")


_COUNTED = {"frequency": rule.number, "relation": rule.relation}

IFEVAL: dict[str, Rule] = {
    "keywords:existence": Rule(existence, {"keywords": rule.texts}),
    "keywords:frequency": Rule(frequency, {"keyword": rule.text, **_COUNTED}),
    "keywords:forbidden_words": Rule(forbidden_words, {"forbidden_words": rule.texts}),
    "keywords:letter_frequency": Rule(
        letter_frequency,
        {"letter": rule.letter, "let_frequency": rule.number, "let_relation": rule.relation},
    ),
    "language:response_language": Rule(response_language, {"language": rule.language}),
    "length_constraints:number_sentences": Rule(
        number_sentences, {"num_sentences": rule.number, "relation": rule.relation}
    ),
    "length_constraints:number_paragraphs": Rule(
        number_paragraphs, {"num_paragraphs": rule.positive}
    ),
    "length_constraints:number_words": Rule(
        number_words, {"num_words": rule.number, "relation": rule.relation}
    ),
    "length_constraints:nth_paragraph_first_word": Rule(
        nth_paragraph_first_word,
        {"num_paragraphs": rule.positive, "nth_paragraph": rule.positive, "first_word": rule.text},
    ),
    "detectable_content:number_placeholders": Rule(
        number_placeholders, {"num_placeholders": rule.number}
    ),
    "detectable_content:postscript": Rule(postscript, {"postscript_marker": rule.text}),
    "detectable_format:number_bullet_lists": Rule(
        number_bullet_lists, {"num_bullets": rule.number}
    ),
    "detectable_format:constrained_response": Rule(constrained_response, {}),
    "detectable_format:number_highlighted_sections": Rule(
        number_highlighted_sections, {"num_highlights": rule.number}
    ),
    "detectable_format:multiple_sections": Rule(
        multiple_sections, {"section_spliter": rule.text, "num_sections": rule.number}
    ),
    "detectable_format:json_format": Rule(json_format, {}),
    "detectable_format:title": Rule(title, {}),
    "combination:two_responses": Rule(two_responses, {}),
    "combination:repeat_prompt": Rule(
        repeat_prompt, {"prompt_to_repeat": rule.text}, repeats_prompt=True
    ),
    "startend:end_checker": Rule(end_checker, {"end_phrase": rule.text}),
    "startend:quotation": Rule(quotation, {}),
    "change_case:capital_word_frequency": Rule(
        capital_word_frequency,
        {"capital_frequency": rule.number, "capital_relation": rule.relation},
    ),
    "change_case:english_capital": Rule(english_capital, {}),
    "change_case:english_lowercase": Rule(english_lowercase, {}),
    "punctuation:no_comma": Rule(no_comma, {}),
}
