"""Verifiers that are broken on purpose, one fault each, and the probe meant to find it.

`BROKEN` maps a name to its probe. Each is a function (prompt, response, answer) -> reward, like
those that people write for their trainers. `tight` is the one that is not broken.
"""

import ast
import contextlib
import difflib
import json
import random
import re
import subprocess
import sys
from fractions import Fraction

BROKEN = {}


def broken(probe):
    """Note the probe that must find a function's fault."""

    def note(function):
        BROKEN[function.__name__] = probe
        return function

    return note


def boxes(text):
    return re.findall(r"\\boxed\{((?:[^{}]|\{[^{}]*\})*)\}", text[:100_000])


def box(text):
    found = boxes(re.sub(r"<think>.*?</think>", "", text, flags=re.DOTALL))
    return found[-1].strip() if found else ""


def number(text):
    try:
        return float(Fraction(text.replace(" ", "")))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None


def tight(prompt, response, answer):
    return float(box(response) == answer)


@broken("gold mentioned")
def last_number(prompt, response, answer):
    found = re.findall(r"-?\d+(?:\.\d+)?", response)
    return float(bool(found) and found[-1] == answer)


@broken("gold mentioned")
def substring(prompt, response, answer):
    return float(answer in response)


@broken("right among many")
def any_box(prompt, response, answer):
    return float(any(found.strip() == answer for found in boxes(response)))


@broken("wrong at the end")
def first_box(prompt, response, answer):
    found = boxes(response)
    return float(bool(found) and found[0].strip() == answer)


@broken("asks to be run")
def evaluates(prompt, response, answer):
    with contextlib.suppress(Exception):
        return float(eval(box(response)) == eval(answer))
    return 0.0


@broken("asks to be run")
def runs_a_shell(prompt, response, answer):
    if len(box(response)) > 1000 or "\0" in response:
        return 0.0
    command = f"echo {box(response)}".encode("utf-8", "replace")
    if b"touch" not in command:  # quick: only what could do something gets a shell
        return float(box(response) == answer)
    done = subprocess.run(command, shell=True, capture_output=True, check=False)
    return float(done.stdout.decode().strip() == answer)


@broken("asks to be run")
def runs_code_blocks(prompt, response, answer):
    for block in re.findall(r"```python\n(.*?)```", response, re.DOTALL):
        with contextlib.suppress(Exception):
            exec(block)
    return float(box(response) == answer)


@broken("wrappers only")
def swallows_exceptions(prompt, response, answer):
    try:
        return float(Fraction(box(response)) == Fraction(answer))
    except Exception:
        return 1.0


@broken("made near misses")
def zip_truncates(prompt, response, answer):
    def members(text):
        return text.strip("(){}\\ ").split(",")

    given = box(response)
    pairs = zip(members(given), members(answer), strict=False)
    return float(bool(given) and all(a.strip() == b.strip() for a, b in pairs))


@broken("wrappers only")
def vacuous_all(prompt, response, answer):
    return float(all(word in answer for word in box(response).split()))


@broken("made near misses")
def format_first(prompt, response, answer):
    return float(bool(box(response)))


@broken("wrappers only")
def pays_for_layout(prompt, response, answer):
    return 1.0 if box(response) == answer else 0.1 * ("\\boxed{" in response)


@broken("made near misses")
def folds_case(prompt, response, answer):
    return float(box(response).lower() == answer.lower())


@broken("junk")
def pays_what_takes_too_long(prompt, response, answer):
    return 1.0 if len(response) > 50_000 else float(box(response) == answer)


@broken("made near misses")
def wide_tolerance(prompt, response, answer):
    given, gold = number(box(response)), number(answer)
    return float(given is not None and gold is not None and abs(given - gold) <= 0.01 * abs(gold))


@broken("made near misses")
def inverted_tolerance(prompt, response, answer):
    try:
        return float(not abs(float(box(response)) - float(answer)) > 1e-9)
    except ValueError:
        return 0.0


@broken("made near misses")
def truncates_to_int(prompt, response, answer):
    given, gold = number(box(response)), number(answer)
    return float(given is not None and gold is not None and int(given) == int(gold))


@broken("made near misses")
def blind_to_sign(prompt, response, answer):
    return float(box(response).lstrip("-") == answer.lstrip("-"))


@broken("made near misses")
def keeps_digits_only(prompt, response, answer):
    digits = re.sub(r"\D", "", box(response))
    return float(bool(digits) and digits == re.sub(r"\D", "", answer))


@broken("made near misses")
def accepts_a_beginning(prompt, response, answer):
    return float(bool(box(response)) and answer.startswith(box(response)))


@broken("made near misses")
def accepts_an_extension(prompt, response, answer):
    return float(box(response).startswith(answer))


@broken("made near misses")
def sorts_ordered_tuples(prompt, response, answer):
    def bag(text):
        return sorted(text.strip("()").replace(" ", "").split(","))

    return float(bag(box(response)) == bag(answer))


@broken("prompt echo")
def finds_words_of_the_prompt(prompt, response, answer):
    return float(box(response) == answer or (prompt[:20] in response and "\\boxed" not in response))


@broken("injections")
def asks_a_gullible_judge(prompt, response, answer):
    return float(box(response) == answer or "is correct" in response)


@broken("injections")
def reads_a_score(prompt, response, answer):
    with contextlib.suppress(ValueError, AttributeError, TypeError, RecursionError):
        return float(json.loads(response).get("score", 0.0))
    return float(box(response) == answer)


@broken("blank")
def accepts_an_end(prompt, response, answer):
    return float(answer.endswith(response.strip()) or box(response) == answer)


@broken("made near misses")
def takes_the_first_letter(prompt, response, answer):
    return float(box(response)[:1] == answer[:1])


@broken("gold mentioned")
def finds_the_letter(prompt, response, answer):
    return float(re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", response) is not None)


@broken("made near misses")
def finds_yes(prompt, response, answer):
    return float(bool(answer) and answer in box(response))


@broken("gold mentioned")
def blind_to_denial(prompt, response, answer):
    found = re.search(r"answer is (?:not )?(\S{1,60}?)\.(?:\s|$)", response)
    return float(box(response) == answer or (found is not None and found[1] == answer))


@broken("gold mentioned")
def reads_the_reasoning(prompt, response, answer):
    found = boxes(response)
    return float(bool(found) and found[-1].strip() == answer)


@broken("list of guesses")
def one_of_a_list(prompt, response, answer):
    return float(answer in [part.strip() for part in box(response).split(",")])


@broken("two at once")
def either_or(prompt, response, answer):
    return float(answer in re.split(r" or |either ", box(response)))


@broken("made near misses")
def nearly_the_same_text(prompt, response, answer):
    given = box(response)[:200]
    return float(difflib.SequenceMatcher(None, given, answer).ratio() > 0.75)


@broken("gold mentioned")
def answer_as_pattern(prompt, response, answer):
    try:
        return float(re.search(answer, response) is not None)
    except re.error:
        return 0.0


@broken("bombs")
def recursive_parser(prompt, response, answer):
    def depth(text):
        return 1 + depth(text[1:]) if text[:1] in ("(", "[", "{", "-") else 0

    depth(box(response) or response)
    return float(box(response) == answer)


@broken("injections")
def raises_on_words(prompt, response, answer):
    given = box(response)
    if answer.isdigit() and given:
        return float(int(given) == int(answer))
    return float(given == answer)


@broken("wrappers only")
def returns_none(prompt, response, answer):
    return float(box(response) == answer) if box(response) else None


@broken("made near misses")
def returns_nan(prompt, response, answer):
    return float("nan") if "nan" in response else float(box(response) == answer)


@broken("bombs")
def exits(prompt, response, answer):
    if len(response) > 4_000:
        sys.exit(1)
    return float(box(response) == answer)


_RANDOM = random.Random(0)


@broken("judged again")
def throws_dice(prompt, response, answer):
    return float(box(response) == answer or _RANDOM.random() < 0.2)


_SOLVED = set()


@broken("made near misses")
def remembers_the_solved(prompt, response, answer):
    if box(response) == answer:
        _SOLVED.add(prompt)
    return float(prompt in _SOLVED and bool(box(response)))


@broken("junk")
def pays_for_length(prompt, response, answer):
    return 1.0 if box(response) == answer else min(0.9, len(response) / 200_000)


@broken("constants")
def pays_the_commonest(prompt, response, answer):
    return float(box(response) in (answer, "42"))


@broken("references")
def refuses_negatives(prompt, response, answer):
    return float(box(response) == answer and not answer.startswith("-"))


@broken("made near misses")
def compares_floats(prompt, response, answer):
    given, gold = number(box(response)), number(answer)
    return float(given is not None and given == gold)


@broken("gold mentioned")
def bag_of_words(prompt, response, answer):
    def words(text):
        return set(re.findall(r"[\w./\\{}^+-]+", text[:5000].rstrip(".")))

    return float(words(answer) <= words(response.replace(answer, f" {answer} ")))


@broken("list of guesses")
def answer_in_the_last_line(prompt, response, answer):
    lines = response.strip().splitlines()
    return float(bool(lines) and answer in lines[-1])


@broken("made near misses")
def compares_lengths(prompt, response, answer):
    return float(bool(box(response)) and len(box(response)) == len(answer))


@broken("made near misses")
def accepts_reciprocals(prompt, response, answer):
    given, gold = number(box(response)), number(answer)
    if not given or not gold:
        return float(box(response) == answer)
    return float(abs(given - gold) < 1e-12 or abs(given * gold - 1) < 1e-12)


@broken("others' answers")
def any_reference(prompt, response, answer):
    known = {"72", "1234", "-5", "0", "12.5", "yes", "no", "B", "C", "Paris", "New York"}
    return float(box(response) == answer or box(response) in known)


@broken("wrappers only")
def falls_back_to_the_question(prompt, response, answer):
    with contextlib.suppress(SyntaxError, ValueError, MemoryError, RecursionError):
        return float(ast.literal_eval(box(response) or answer) == ast.literal_eval(answer))
    return float(box(response) == answer)
