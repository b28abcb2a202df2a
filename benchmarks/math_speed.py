"""Checks per second beside math-verify, on the same pairs, in the same process, default settings.

    python benchmarks/math_speed.py [--seconds 2] [--no-peer]

Every pair is different, so nothing is answered from a cache of pairs. "fresh" reads every
reference anew for one response, right every second time; "kept" judges eight different responses
per reference, as training does, and reads it once: both verifiers do. math-verify is called as
its users call it: parse(reference), parse(response), verify. Its alarm is on (it runs in the main
thread), so that a bomb costs it five seconds and not for ever. Seconds are CPU seconds of the one
thread, so that other programs on the machine do not count.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import time
from collections.abc import Callable
from pathlib import Path

from verigrad.core.types import Problem
from verigrad.verifiers.math import Math, verify

Question = tuple[str, list[str]]  # bare reference, eight different responses
ROLLOUTS = 8


def generated(kind: str, count: int) -> list[Question]:
    rng = random.Random(kind)
    return [_GENERATORS[kind](rng) for _ in range(count)]


def _box(answers: list[str]) -> list[str]:
    return [f"So the final answer is $\\boxed{{{answer}}}$." for answer in answers]


def _integers(rng: random.Random) -> Question:
    n = rng.randrange(10**6)
    return str(n), _box([str(n + i) for i in range(ROLLOUTS)])


def _fractions(rng: random.Random) -> Question:
    a, b, k = rng.randrange(1, 999), rng.randrange(2, 999), rng.randrange(1, 9)
    return f"\\frac{{{a}}}{{{b}}}", _box(
        [f"\\frac{{{a * k + i}}}{{{b * k}}}" for i in range(ROLLOUTS)]
    )


def _radicals(rng: random.Random) -> Question:
    k, n = rng.randrange(2, 99), rng.randrange(2, 99)
    return f"{k}\\sqrt{{{n}}}", _box([f"\\sqrt{{{k * k * n + i}}}" for i in range(ROLLOUTS)])


def _polynomials(rng: random.Random) -> Question:
    a, b = rng.randrange(1, 99), rng.randrange(1, 99)
    return f"x^2+{a + b}x+{a * b}", _box([f"(x+{a})(x+{b + i})" for i in range(ROLLOUTS)])


def _tuples(rng: random.Random) -> Question:
    a, b, c = rng.randrange(99), rng.randrange(1, 99), rng.randrange(2, 99)
    answers = [f"({a + i},\\frac{{{2 * b}}}{{{2 * c}}})" for i in range(ROLLOUTS)]
    return f"({a}, \\frac{{{b}}}{{{c}}})", _box(answers)


_GENERATORS: dict[str, Callable[[random.Random], Question]] = {
    "integers": _integers,
    "fractions": _fractions,
    "radicals": _radicals,
    "polynomials": _polynomials,
    "tuples": _tuples,
}


def _chosen(responses: list[str], rollouts: int, turn: int) -> list[str]:
    """All eight, or one of them: a right one every second time."""
    return responses if rollouts > 1 else [responses[0 if turn % 2 else turn % ROLLOUTS]]


def ours(questions: list[Question], *, seconds: float, rollouts: int) -> float:
    """Checks per CPU second; stops at the end of the list or of the time."""
    verifier = Math()
    problems = [(Problem(prompt=(), answer=text, id="-"), said) for text, said in questions]
    checks, start = 0, time.thread_time()
    for problem, responses in problems:
        for response in _chosen(responses, rollouts, checks):
            verifier.verify(problem, response)
        checks += rollouts
        if time.thread_time() - start > seconds:
            break
    return checks / (time.thread_time() - start)


def theirs(questions: list[Question], *, seconds: float, rollouts: int) -> float:
    from math_verify import parse
    from math_verify import verify as peer_verify

    checks, start = 0, time.thread_time()
    for reference, responses in questions:
        gold = parse(f"${reference}$")
        for response in _chosen(responses, rollouts, checks):
            peer_verify(gold, parse(response))
        checks += rollouts
        if time.thread_time() - start > seconds:
            break
    return checks / (time.thread_time() - start)


Row = tuple[tuple[str, str], bool]


def cases_file() -> list[Row]:
    root = Path(os.environ.get("VERIGRAD_DATA", Path(__file__).parents[2] / "shared" / "data"))
    path = root / "verifier_cases" / "math.jsonl"
    if not path.exists():
        return []
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [((row["gold"], row["pred"]), row["expected"]) for row in rows]


def whole_file(rows: list[Row], check: Callable[[str, str], bool]) -> dict[str, float]:
    """Throughput, errors and false positives over the cases file, once through."""
    errors = false_positives = 0
    start = time.thread_time()
    for (reference, response), expected in rows:
        got = check(reference, response)
        errors += got != expected
        false_positives += got and not expected
    elapsed = time.thread_time() - start
    return {"per_s": len(rows) / elapsed, "errors": errors, "false_positives": false_positives}


def our_check(reference: str, response: str) -> bool:
    return verify(response, reference).is_correct


def their_check(reference: str, response: str) -> bool:
    from math_verify import parse
    from math_verify import verify as peer_verify

    return bool(peer_verify(parse(f"${reference}$"), parse(response)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    results: dict[str, dict[str, float]] = {}
    print(f"{'checks per CPU s':<14}{'ours fresh':>12}{'ours kept':>12}"
          f"{'peer fresh':>12}{'peer kept':>12}{'x fresh':>9}{'x kept':>9}")  # fmt: skip
    for kind in _GENERATORS:
        pairs = generated(kind, 200_000 if kind == "integers" else 60_000)
        row = {
            f"ours_{name}": ours(pairs, seconds=options.seconds, rollouts=rollouts)
            for name, rollouts in (("fresh", 1), ("kept", ROLLOUTS))
        }
        if not options.no_peer:
            row |= {
                f"peer_{name}": theirs(pairs, seconds=options.seconds, rollouts=rollouts)
                for name, rollouts in (("fresh", 1), ("kept", ROLLOUTS))
            }
        results[kind] = row
        _print(kind, row)
    rows = cases_file()
    if rows:
        results["cases"] = _cases(rows, has_peer=not options.no_peer)
    else:
        print("cases file: skipped, VERIGRAD_DATA holds no verifier_cases/math.jsonl")
    print(json.dumps({"benchmark": "math_speed", "results": results}))


def _cases(rows: list[Row], *, has_peer: bool) -> dict[str, float]:
    row = {f"ours_{key}": value for key, value in whole_file(rows, our_check).items()}
    print(f"cases file  ours {row['ours_per_s']:.0f}/s, errors {row['ours_errors']}, "
          f"false positives {row['ours_false_positives']}")  # fmt: skip
    if has_peer:
        row |= {f"peer_{key}": value for key, value in whole_file(rows, their_check).items()}
        print(f"cases file  peer {row['peer_per_s']:.1f}/s, errors {row['peer_errors']}, "
              f"false positives {row['peer_false_positives']}, "
              f"x {row['ours_per_s'] / row['peer_per_s']:.0f}")  # fmt: skip
    return row


def _print(kind: str, row: dict[str, float]) -> None:
    line = f"{kind:<14}    {row['ours_fresh']:>12,.0f}{row['ours_kept']:>12,.0f}"
    if "peer_fresh" in row:
        line += f"{row['peer_fresh']:>12,.1f}{row['peer_kept']:>12,.1f}"
        line += "".join(f"{row[f'ours_{n}'] / row[f'peer_{n}']:>9,.0f}" for n in ("fresh", "kept"))
    print(line)


if __name__ == "__main__":
    main()
