"""What decontamination finds of planted duplicates in 100,000 rows, and how long it takes.

    python benchmarks/decontamination_speed.py [--rows 100000] [--write PAGE]

The evaluation is GSM8K's test set. The rows are its training set, and texts drawn from a chain over
the pairs of words of that training set, which share every phrase with real problems and mean
nothing; among them exact copies (case, punctuation and white space changed) and copies with words
replaced by random ones, put in, left out or exchanged with their neighbour, at several rates.
A false alarm is any other row that is found, a real training problem close to a test problem
included. Without the data (VERIGRAD_DATA) story problems of a generator stand in for both. A second
table is a hard case: rows of one template, which differ in names, things and numbers alone.
The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

from generated_part import write_generated

from verigrad.curriculum.decontamination import KnownTexts, Rules, find_contaminated
from verigrad.tasks import GENERATORS

DATA = Path(os.environ.get("VERIGRAD_DATA", Path(__file__).parents[2] / "shared" / "data"))
RATES = (0.02, 0.05, 0.1, 0.15, 0.2)  # of a text's words that are edited, at least one
EACH = 500


def gsm8k(split: str) -> list[str]:
    path = DATA / "gsm8k" / f"{split}.jsonl"
    if not path.is_file():
        generator = GENERATORS.load("word_arithmetic")(steps=5)
        which, count = ("train", 7_000) if split == "train" else ("held_out", 1_000)
        return [problem.question for problem in generator.problems(which, count, seed=0)]
    return [json.loads(line)["question"] for line in path.read_text("utf-8").splitlines()]


class Chain:
    """Texts in which every pair of neighbouring words occurs in `texts`."""

    def __init__(self, texts: list[str]) -> None:
        self.next: dict[str, list[str]] = defaultdict(list)
        self.starts = [text.split()[0] for text in texts]
        self.lengths = [len(text.split()) for text in texts]
        for text in texts:
            for first, second in pairwise(text.split()):
                self.next[first].append(second)

    def draw(self, rng: random.Random) -> str:
        words = [rng.choice(self.starts)]
        for _ in range(rng.choice(self.lengths) - 1):
            words.append(rng.choice(self.next[words[-1]] or self.starts))
        return " ".join(words)


def disguised(text: str, rng: random.Random) -> str:
    """The same words in other case, punctuation and white space."""
    words = [rng.choice((str.upper, str.lower, str))(word.rstrip(".,?!")) for word in text.split()]
    return rng.choice(("  ", "\n", " ")).join(words) + rng.choice(("", "?", " ."))


def edited(text: str, rate: float, vocabulary: list[str], rng: random.Random) -> str:
    words = text.split()
    for _ in range(max(1, round(rate * len(words)))):
        at = rng.randrange(len(words))
        kind = rng.choice(("replace", "insert", "delete", "exchange"))
        if kind == "replace":
            words[at] = rng.choice(vocabulary)
        elif kind == "insert":
            words.insert(at, rng.choice(vocabulary))
        elif kind == "delete" and len(words) > 2:
            del words[at]
        else:
            other = min(at + 1, len(words) - 1)
            words[at], words[other] = words[other], words[at]
    return " ".join(words)


def measure(rows: list[tuple[str, str]], evaluation: list[str]) -> tuple[dict[str, float], float]:
    """Share found of each sort of row, and seconds of reading both sides and comparing."""
    start = time.perf_counter()
    matches = list(find_contaminated((text for _, text in rows), KnownTexts(evaluation, Rules())))
    seconds = time.perf_counter() - start
    found = Counter(rows[match.row][0] for match in matches)
    total = Counter(sort for sort, _ in rows)
    return {sort: found[sort] / total[sort] for sort in total}, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    rng = random.Random(0)
    train, evaluation = gsm8k("train"), gsm8k("test")
    vocabulary = sorted({word for text in train for word in text.split()})
    rows = [("exact copies", disguised(rng.choice(evaluation), rng)) for _ in range(EACH)]
    for rate in RATES:
        sort = f"copies with {rate:.0%} of the words edited"
        rows += [(sort, edited(rng.choice(evaluation), rate, vocabulary, rng)) for _ in range(EACH)]
    rows += [("training problems (false alarms)", text) for text in train]
    chain = Chain(train)
    rows += [
        ("drawn texts (false alarms)", chain.draw(rng)) for _ in range(options.rows - len(rows))
    ]
    rng.shuffle(rows)
    shares, seconds = measure(rows, evaluation)
    generator = GENERATORS.load("word_arithmetic")(steps=3)
    stories = [("template", p.question) for p in generator.problems("train", 5_000, seed=1)]
    held_out = [p.question for p in generator.problems("held_out", 500, seed=1)]
    template, _ = measure(stories, held_out)
    order = ["exact copies", *(f"copies with {rate:.0%} of the words edited" for rate in RATES),
             "training problems (false alarms)", "drawn texts (false alarms)"]  # fmt: skip
    lines = [
        f"{len(rows):,} rows against {len(evaluation):,} evaluation texts in {seconds:.1f} s; "
        f"{EACH} copies of each sort.",
        "",
        "| rows | found |",
        "|---|---|",
        *(f"| {sort} | {shares[sort]:.2%} |" for sort in order),
        f"| hard case: 5,000 stories of one template against 500 others | "
        f"{template['template']:.2%} |",
    ]
    if options.write:
        write_generated(options.write, "\n".join(lines))
    print("\n".join(lines))
    print(json.dumps({"seconds": seconds, "found": shares, "template": template["template"]}))


if __name__ == "__main__":
    main()
