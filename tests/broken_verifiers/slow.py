"""Broken verifiers that must be held in a worker: they hang, or depend on the process or thread."""

import re
import signal

BROKEN = {
    "backtracks": "backtracking",
    "raises_to_powers": "bombs",
    "blind_in_threads": "called in a thread",
    "depends_on_the_hash_seed": "in a process with another hash seed",
}


def box(text):
    found = re.findall(r"\\boxed\{([^{}]{0,200})\}", text)
    return found[-1].strip() if found else ""


def backtracks(prompt, response, answer):
    if re.match(r"(a|aa)+$", response):
        return 0.0
    return float(box(response) == answer)


def raises_to_powers(prompt, response, answer):
    powers = re.fullmatch(r"(\d+)\*\*(\d+)\*\*(\d+)\*\*(\d+)", box(response))
    if powers:
        value = 1
        for exponent in reversed([int(text) for text in powers.groups()]):
            value = exponent**value
    return float(box(response) == answer)


def blind_in_threads(prompt, response, answer):
    try:
        signal.signal(signal.SIGALRM, lambda *_: None)
    except ValueError:
        return 1.0
    return float(box(response) == answer)


def depends_on_the_hash_seed(prompt, response, answer):
    if box(response) == answer:
        return 1.0
    return float(min({"first", "second", "third", "fourth"}, key=hash) == "first")
