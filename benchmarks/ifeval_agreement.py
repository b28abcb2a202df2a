# ruff: noqa: E501 (a table of explanations)
"""Our IFEval checks beside lm-eval's on generated pairs, every disagreement put in a class.

    python benchmarks/ifeval_agreement.py --peer-python PYTHON [--each 840] [--write PAGE]

PYTHON is one of an environment with lm-eval, nltk and langdetect (`make bench-ifeval` builds it).
25 ids times 840 are 21,000 pairs, judged strictly and loosely. Exits 1 where a disagreement fits no
class. What was replaced in the peer is said in ifeval_peer.py.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from ifeval_pairs import pairs

from verigrad.verifiers.constraints.table import RULES
from verigrad.verifiers.constraints.verifier import loose_readings

PEER = Path(__file__).parent / "ifeval_peer.py"
MARKS = ("<!-- generated: ifeval -->", "<!-- end: ifeval -->")

# (ids, who is stricter, what must be so of the pair, what it is)
# ours: True where ours says followed and theirs does not
CLASSES: list[tuple[str, bool | None, str, str]] = [
    ("*", None, "zero", "an argument of 0 is dropped and replaced by a random number"),
    (
        "keywords:letter_frequency",
        None,
        "letter",
        "a letter beyond a to z is replaced by a random one",
    ),
    (
        "keywords:",
        None,
        "pattern",
        "a keyword with signs (c++, a.b) is used as a regular expression",
    ),
    ("keywords:", None, "inside", "a keyword inside another word counts (art in party)"),
    ("language:", False, "undetected", "no language was detected, which counts as followed"),
    (
        "language:",
        False,
        "",
        "langdetect guesses on short or mixed text, where ours says undecided",
    ),
    ("language:", True, "", "langdetect takes the language for another one"),
    ("change_case:english", False, "", "no language, or a guess on short text, counts as English"),
    ("change_case:english", True, "", "langdetect takes English for another language"),
    ("change_case:capital_word", None, "", "words are cut differently: X-RAY, U.S. and signs"),
    (
        "length_constraints:number_sentences",
        None,
        "",
        "sentences are cut differently (abbreviations, list marks, pieces without words)",
    ),
    (
        "length_constraints:nth",
        None,
        "",
        "blank paragraphs shift the count, marks stand before the first word",
    ),
    (
        "length_constraints:number_paragraphs",
        None,
        "stars",
        "six or more asterisks are two marks to one and more to the other",
    ),
    (
        "detectable_content:number_placeholders",
        False,
        "",
        "a link or an empty pair of brackets counts as a placeholder",
    ),
    (
        "detectable_content:postscript",
        None,
        "",
        "a marker in mid-line, or one with nothing after it, counts",
    ),
    (
        "detectable_format:number_bullet",
        None,
        "",
        "a rule (---) or an empty item counts as a bullet",
    ),
    ("detectable_format:constrained", False, "", "two different answers count as one"),
    (
        "detectable_format:number_highlighted",
        None,
        "",
        "**bold** is counted twice, or a highlight runs over list marks",
    ),
    ("detectable_format:multiple", None, "", "a marker inside another word (Subsection) counts"),
    (
        "detectable_format:json",
        False,
        "",
        "a bare value, NaN, or a key that stands twice counts as JSON",
    ),
    ("detectable_format:json", True, "", "a fence with another end"),
    ("detectable_format:title", False, "", "brackets within brackets"),
    ("startend:quotation", False, "", "two marks with nothing between them count as a quotation"),
    (
        "startend:end",
        None,
        "",
        "only straight closing quotation marks are left out before the end phrase",
    ),
    ("punctuation:no_comma", False, "", "a comma of another script does not count as one"),
    ("combination:two", None, "stars", "more than six asterisks"),
]


def facts(row: dict[str, Any]) -> set[str]:
    """What is so of a pair."""
    given, text = row["arguments"], row["text"]
    found = {""}
    if any(value == 0 for value in given.values()):
        found.add("zero")
    if not re.fullmatch("[a-zA-Z]", given.get("letter", "a")):
        found.add("letter")
    words = (
        [given["keyword"]]
        if "keyword" in given
        else given.get("keywords") or given.get("forbidden_words") or []
    )
    if any(not word.isalnum() for word in words):
        found.add("pattern")
    if any(re.search(rf"\w{re.escape(word)}|{re.escape(word)}\w", text, re.I) for word in words):
        found.add("inside")
    if not any(map(str.isalpha, text)):
        found.add("undetected")
    if "****" in text:
        found.add("stars")
    return found


def explain(row: dict[str, Any], *, ours: bool) -> str | None:
    """The first class that a disagreement fits; None where none does."""
    known = facts(row)
    for prefix, stricter, fact, what in CLASSES:
        fits = prefix == "*" or row["id"].startswith(prefix)
        if fits and fact in known and stricter in (None, ours):
            return what
    return None


def ours(row: dict[str, Any]) -> dict[str, bool]:
    """Our verdicts, as their harness asks: an empty text follows nothing."""
    rule = RULES[row["id"]]
    given = rule.bind(row["arguments"])

    def follows(text: str) -> bool:
        return bool(text.strip()) and rule.check(text, **given) is True

    return {"strict": follows(row["text"]), "loose": any(map(follows, loose_readings(row["text"])))}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--each", type=int, default=840)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=0, help="examples of each class to print")
    parser.add_argument("--write", type=Path, help="the page whose generated part is replaced")
    options = parser.parse_args()
    rows = list(pairs(options.seed, options.each))
    given = "".join(json.dumps(row) + "\n" for row in rows)
    done = subprocess.run(
        [options.peer_python, PEER], input=given, capture_output=True, text=True, check=True
    )
    theirs = [json.loads(line) for line in done.stdout.splitlines()]
    classes: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    agreed: Counter[str] = Counter()
    unexplained = []
    for row, peer in zip(rows, theirs, strict=True):
        mine = ours(row)
        for reading in ("strict", "loose"):
            if mine[reading] is peer[reading]:
                agreed[reading] += 1
                continue
            what = explain(row, ours=mine[reading])
            if what is None:
                unexplained.append((reading, row, mine[reading], peer[reading]))
            else:
                side = "ours" if mine[reading] else "theirs"
                classes[what][reading, side] += 1
                if classes[what].total() <= options.show:
                    print(
                        f"{what} [{side} {reading}] {row['id']} {row['arguments']}: {row['text'][:160]!r}"
                    )
    return report(rows, agreed, classes, unexplained, options.write)


def report(
    rows: list[Any],
    agreed: Counter[str],
    classes: dict[str, Any],
    unexplained: list[Any],
    page: Path | None,
) -> int:
    lines = [f"{len(rows):,} pairs, 25 ids. Agreement: strict {agreed['strict'] / len(rows):.1%}, loose {agreed['loose'] / len(rows):.1%}.",
             "", "| what lm-eval does | only theirs follows (strict, loose) | only ours follows (strict, loose) |", "|---|---|---|"]  # fmt: skip
    for what, counts in sorted(classes.items(), key=lambda item: -item[1].total()):
        cells = [
            f"{counts['strict', side]:,}, {counts['loose', side]:,}" for side in ("theirs", "ours")
        ]
        lines.append(f"| {what} | {cells[0]} | {cells[1]} |")
    print("\n".join(lines))
    for reading, row, mine, peer in unexplained[:20]:
        print(
            f"UNEXPLAINED {reading} {row['id']} {row['arguments']} ours {mine} theirs {peer}: {row['text'][:150]!r}"
        )
    if page is not None:
        text = page.read_text(encoding="utf-8")
        before, _, rest = text.partition(MARKS[0])
        _, _, after = rest.partition(MARKS[1])
        page.write_text(
            f"{before}{MARKS[0]}\n" + "\n".join(lines) + f"\n{MARKS[1]}{after}", encoding="utf-8"
        )
    print(json.dumps({"benchmark": "ifeval_agreement", "pairs": len(rows), "agreed": agreed, "unexplained": len(unexplained),
                      "classes": {what: counts.total() for what, counts in classes.items()}}))  # fmt: skip
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
