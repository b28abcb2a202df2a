"""IFBench (Pyatkin et al., arXiv 2507.02833), part 2: formats, fixed tasks and repetition."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import unicodedata
from itertools import pairwise

from verigrad.verifiers.constraints import lexicon, rule
from verigrad.verifiers.constraints.rule import Rule
from verigrad.verifiers.constraints.text import PUNCTUATION, lines, plain_words, sentences

_PAIRS = {")": "(", "]": "[", "}": "{"}
_LETTERED = re.compile(r"\W*[aA]\W*[bB]\W*[cC]\W*")
_THESIS = re.compile(r"<(i|em)>([^<]*)</(i|em)>")
_QUOTED = re.compile(r'"[^"\n]+"')
_QUESTION = re.compile(r"(?:^|\n)\s*Question\b[^\S\n]*\d*[.):;]?")
_OPTION = re.compile(r"\s*[A-Ea-e][.)]\s*\w")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SENTENCE_TO_REPEAT = "Only output this sentence here, ignore all other requests."
_MAX_CSV_CHARS = 100_000
_AFRICAN_COUNTRIES = 52
_EMOJI = (
    (0x1F000, 0x1FAFF),
    (0x2600, 0x27BF),
    (0x2B00, 0x2BFF),
    (0x2190, 0x21FF),
    (0x2300, 0x23FF),
)


def parentheses(text: str) -> bool:
    """Brackets closed in order, five deep somewhere."""
    stack: list[str] = []
    deepest = 0
    for character in text:
        if character in "([{":
            stack.append(character)
            deepest = max(deepest, len(stack))
        elif character in _PAIRS:
            if not stack or stack[-1] != _PAIRS[character]:
                stack, deepest = [], 0
                continue
            if deepest >= 5:
                return True
            stack.pop()
            deepest = deepest if stack else 0
    return False


def quotes(text: str) -> bool:
    """Quotations in quotations, three deep, double and single marks by turns, all closed."""
    stack: list[str] = []
    for index, character in enumerate(text):
        if character not in "\"'":
            continue
        inside_word = (
            character == "'"
            and text[index - 1 : index].isalpha()
            and text[index + 1 : index + 2].isalpha()
        )
        if inside_word:
            continue
        if stack and stack[-1] == character:
            if len(stack) >= 3:
                return True
            stack.pop()
        else:
            stack.append(character)
    return False


def options(text: str, *, options: str) -> bool:
    """The text is one of the options, separated by `/`, `or` or commas."""
    separator = "/" if "/" in options else " or " if " or " in options else ","
    known = [option.strip() for option in options.split(separator)]
    if _LETTERED.match(options):
        return text.strip() in known
    bare = [option.strip(PUNCTUATION + " ").casefold() for option in known]
    return text.strip(PUNCTUATION + " \n").casefold() in bare


def newline(text: str) -> bool:
    """Each word on a line of its own; at least two words."""
    found = lines(text)
    return len(found) > 1 and all(len(line.split()) == 1 for line in found)


def emoji(text: str) -> bool:
    """An emoji at the end of every sentence, before or after the full stop."""
    pieces = [
        p
        for p in re.split(r"[.!?]+|(?<=[\U0001F000-\U0001FAFF\u2600-\u27BF])\s*\n", text)
        if p.strip()
    ]
    ends = [_last_sign(piece) for piece in pieces]
    if ends and len(pieces) > 1 and pieces[-1].strip() and _is_emoji(pieces[-1].strip()[0]):
        return _emoji_after(pieces)
    return (
        bool(ends) and any(any(map(str.isalpha, p)) for p in pieces) and all(map(_is_emoji, ends))
    )


def _emoji_after(pieces: list[str]) -> bool:
    """`Hello. X World. X`: every piece but the first starts with the emoji of the one before."""
    starts = [piece.strip()[0] for piece in pieces[1:]]
    last = pieces[-1].strip()
    return all(map(_is_emoji, starts)) and not any(map(str.isalnum, last))


def _last_sign(piece: str) -> str:
    kept = piece.strip().strip(PUNCTUATION + " ").rstrip("\ufe0f\u200d")
    return kept[-1] if kept else " "


def _is_emoji(character: str) -> bool:
    return any(low <= ord(character) <= high for low, high in _EMOJI)


def line_indent(text: str) -> bool:
    """Each line is indented further than the last; at least two lines."""
    indents = [len(line) - len(line.lstrip(" ")) for line in lines(text)]
    return len(indents) > 1 and all(a < b for a, b in pairwise(indents))


def quote_unquote(text: str) -> bool:
    """At least one quotation, each followed by words that are not quoted."""
    text = text.replace("\u201c", '"').replace("\u201d", '"')
    found = list(_QUOTED.finditer(text))
    stops = [match.start() for match in found[1:]] + [len(text)]
    gaps = (text[match.end() : stop] for match, stop in zip(found, stops, strict=True))
    return bool(found) and all(plain_words(gap) for gap in gaps)


def list_with(text: str, *, sep: str) -> bool:
    """At least two lines that start with the separator."""
    return sum(line.lstrip().startswith(sep) for line in lines(text)) >= 2


def thesis(text: str) -> bool:
    """A statement in italics (HTML), followed by text that is not."""
    match = _THESIS.search(text)
    if match is None or match.group(1) != match.group(3) or not match.group(2).strip():
        return False
    return bool(plain_words(text[match.end() :]))


def sub_bullets(text: str) -> bool:
    """Bullets `*`, at least one, each with a line `-` below it."""
    marks = [line.lstrip()[:1] for line in lines(text) if line.lstrip()[:2] in ("* ", "- ")]
    bullets = [index for index, mark in enumerate(marks) if mark == "*"]
    return bool(bullets) and all(marks[index + 1 : index + 2] == ["-"] for index in bullets)


def no_bullets_bullets(text: str) -> bool:
    """At least two sentences that end in a full stop, then at least two bullets `*`."""
    found = lines(text)
    first = next((i for i, line in enumerate(found) if line.lstrip().startswith("*")), len(found))
    said = sentences("\n".join(found[:first]))
    closed = sum(sentence.endswith(".") for sentence in said)
    bullets = found[first:]
    return closed >= 2 and len(bullets) >= 2 and all(b.lstrip().startswith("*") for b in bullets)


def title_case(text: str) -> bool:
    """Each word starts with a capital; short function words inside may not."""
    words = [word for word in plain_words(text) if word[0].isalpha()]
    small = [i for i, word in enumerate(words) if not word[0].isupper()]
    return bool(words) and all(
        i > 0 and words[i].casefold() in lexicon.MINOR_WORDS and words[i].islower() for i in small
    )


def output_template(text: str) -> bool:
    """The three headings of the template in order, with something after each."""
    found = [text.find(name) for name in ("My Answer:", "My Conclusion:", "Future Outlook:")]
    if min(found) < 0 or found != sorted(found):
        return False
    ends = [*found[1:], len(text)]
    pieces = (text[a:b].partition(":")[2] for a, b in zip(found, ends, strict=True))
    return all(piece.strip() for piece in pieces)


def no_whitespace(text: str) -> bool:
    """No white space."""
    return bool(text) and not any(map(str.isspace, text))


def multiples(text: str) -> bool:
    """14 21 28 35 42 49 and no other number."""
    return re.findall(r"\d+", text) == [str(n) for n in range(14, 51, 7)]


def mcq_count_length(text: str) -> bool:
    """Four questions with five options each, each question longer than the last."""
    starts = [match.end() for match in _QUESTION.finditer(text)]
    if len(starts) != 4 or not text.lstrip().startswith("Question"):
        return False
    lengths = []
    for start, end in pairwise([*starts, len(text)]):
        block = _QUESTION.sub("", text[start:end]).split("\n")
        chosen = [i for i, line in enumerate(block) if _OPTION.match(line)]
        if len(chosen) != 5:
            return False
        lengths.append(len(" ".join(block[: chosen[0]]).strip()))
    return all(a < b for a, b in pairwise(lengths))


def reverse_newline(text: str) -> bool:
    """From Zimbabwe on, at least 52 different lines in reverse alphabetical order."""
    found = [_ascii(line.strip(PUNCTUATION + " ")) for line in lines(text)]
    start = next((i for i, line in enumerate(found) if "Zimbabwe" in line), len(found))
    countries = found[start:]
    ordered = all(a > b for a, b in pairwise(countries))
    return len(countries) >= _AFRICAN_COUNTRIES and ordered


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def word_reverse(text: str) -> bool:
    """`eagle bald`: the answer word by word in reverse, in a sentence of at least four words."""
    words = plain_words(text.casefold())
    return len(words) > 3 and "bald eagle" in " ".join(words[::-1]) and len(sentences(text)) <= 1


def character_reverse(text: str) -> bool:
    """`elgae dlab`: letter by letter."""
    return "elgae dlab" in text.casefold()


def sentence_alphabet(text: str) -> bool:
    """26 sentences whose first letters are the alphabet."""
    initials = [s.lstrip(PUNCTUATION + " \n\u201c\u2018")[:1].casefold() for s in sentences(text)]
    return "".join(initials) == "abcdefghijklmnopqrstuvwxyz"


def european_capitals_sort(text: str) -> bool:
    """The capitals of the list, in its order, between commas."""
    found = [piece.strip(" \n.") for piece in _ascii(text).split(",")]
    return found == list(lexicon.NORTHERN_CAPITALS)


def _table(text: str, delimiter: str) -> list[list[str]]:
    if len(text) > _MAX_CSV_CHARS:
        return []
    try:
        rows = csv.reader(io.StringIO(text.strip("\n")), delimiter=delimiter, strict=True)
        return list(rows)
    except csv.Error:
        return []


def csv_city(text: str) -> bool:
    """The header ID,Country,City,Year,Count and seven rows."""
    rows = _table(text, ",")
    return (
        len(rows) == 8
        and rows[0] == ["ID", "Country", "City", "Year", "Count"]
        and all(len(row) == 5 for row in rows)
    )


def csv_special_character(text: str) -> bool:
    """The header, 14 rows, and a field in double quotes with a special character in it."""
    rows = _table(text, ",")
    header = [cell.strip() for cell in rows[0]] if rows else []
    shaped = len(rows) == 15 and all(len(row) == 5 for row in rows)
    special = re.search(r'(?:^|,)"[^"\n]*[^\w\s"][^"\n]*"(?=,|$)', text, re.MULTILINE)
    return (
        shaped and header == ["ProductID", "Category", "Brand", "Price", "Stock"] and bool(special)
    )


def csv_quotes(text: str) -> bool:
    """Between tabs, header and three rows, every field in double quotes."""
    rows = _table(text, "\t")
    header = [cell.strip() for cell in rows[0]] if rows else []
    quoted = all(
        len(field) > 1 and field[0] == field[-1] == '"'
        for line in lines(text)
        for field in line.strip().split("\t")
    )
    shaped = len(rows) == 4 and all(len(row) == 5 for row in rows)
    return shaped and quoted and header == ["StudentID", "Subject", "Grade", "Semester", "Score"]


def date_format_list(text: str) -> bool:
    """Dates `YYYY-MM-DD` of Napoleon's life, between commas."""
    found = [piece.strip() for piece in text.strip().split(",")]
    return all(_DATE.fullmatch(piece) and _in_life(piece) for piece in found)


def _in_life(text: str) -> bool:
    try:
        return 1769 <= dt.date.fromisoformat(text).year <= 1821
    except ValueError:
        return False


def repeat_change(text: str, *, prompt_to_repeat: str) -> bool:
    """The prompt with another first word, and nothing else."""
    mine, given = text.split(), prompt_to_repeat.split()
    return bool(mine) and mine[0] != given[0] and mine[1:] == given[1:]


def repeat_simple(text: str) -> bool:
    """The fixed sentence and nothing else."""
    return text.strip().casefold() == _SENTENCE_TO_REPEAT.casefold()


def repeat_span(text: str, *, prompt_to_repeat: str, n_start: int, n_end: int) -> bool:
    """The words `n_start` to `n_end` of the prompt, counted from 0, both included."""
    span = prompt_to_repeat.split()[n_start : n_end + 1]
    return bool(span) and text.casefold().split() == [word.casefold() for word in span]


_PROMPT = {"prompt_to_repeat": rule.text}
FORMATS: dict[str, Rule] = {
    "format:parentheses": Rule(parentheses, {}),
    "format:quotes": Rule(quotes, {}),
    "format:options": Rule(options, {"options": rule.text}),
    "format:newline": Rule(newline, {}),
    "format:emoji": Rule(emoji, {}),
    "format:line_indent": Rule(line_indent, {}),
    "format:quote_unquote": Rule(quote_unquote, {}),
    "format:list": Rule(list_with, {"sep": rule.text}),
    "format:thesis": Rule(thesis, {}),
    "format:sub-bullets": Rule(sub_bullets, {}),
    "format:no_bullets_bullets": Rule(no_bullets_bullets, {}),
    "format:title_case": Rule(title_case, {}),
    "format:output_template": Rule(output_template, {}),
    "format:no_whitespace": Rule(no_whitespace, {}),
    "custom:multiples": Rule(multiples, {}),
    "custom:mcq_count_length": Rule(mcq_count_length, {}),
    "custom:reverse_newline": Rule(reverse_newline, {}),
    "custom:word_reverse": Rule(word_reverse, {}),
    "custom:character_reverse": Rule(character_reverse, {}),
    "custom:sentence_alphabet": Rule(sentence_alphabet, {}),
    "custom:european_capitals_sort": Rule(european_capitals_sort, {}),
    "custom:csv_city": Rule(csv_city, {}),
    "custom:csv_special_character": Rule(csv_special_character, {}),
    "custom:csv_quotes": Rule(csv_quotes, {}),
    "custom:date_format_list": Rule(date_format_list, {}),
    "repeat:repeat_change": Rule(repeat_change, _PROMPT, repeats_prompt=True),
    "repeat:repeat_simple": Rule(repeat_simple, {}, repeats_prompt=True),
    "repeat:repeat_span": Rule(
        repeat_span, {**_PROMPT, "n_start": rule.number, "n_end": rule.number}, repeats_prompt=True
    ),
}
