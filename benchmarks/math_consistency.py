"""Self-consistency at scale: equal forms accepted, near misses rejected, per type of answer.

    python benchmarks/math_consistency.py [--count 100000] [--types radical,polynomial] [--seed 0]

False negatives must stay under 0.1 %, false positives at 0; exits 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from math_forms import FORMS

from verigrad.core.types import Problem
from verigrad.verifiers.math import Math


@dataclass
class Tally:
    """Counts of one type, with the first few failures."""

    equal: int = 0
    false_negatives: int = 0
    different: int = 0
    false_positives: int = 0
    failures: list[str] = field(default_factory=list)


def run(kind: str, *, count: int, seed: int) -> Tally:
    rng = random.Random(f"{kind}-{seed}")
    verifier = Math()
    tally = Tally()
    for _ in range(count):
        reference, equal, different = FORMS[kind](rng)
        problem = Problem(prompt=(), answer=reference, id="-")
        accepted = verifier.verify(problem, f"\\boxed{{{equal}}}")
        rejected = verifier.verify(problem, f"\\boxed{{{different}}}")
        tally.equal += 1
        tally.different += 1
        if not accepted.is_correct:
            tally.false_negatives += 1
            tally.failures.append(f"FN {reference!r} vs {equal!r}: {accepted.reason}")
        if rejected.is_correct or rejected.score is None:
            tally.false_positives += 1
            tally.failures.append(f"FP {reference!r} vs {different!r}: {rejected.method}")
    del tally.failures[5:]
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--types", default=",".join(FORMS))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    results = {}
    print(f"{'type':<20}{'expressions':>12}{'FN':>8}{'FP':>8}{'checks/s':>12}")
    for kind in options.types.split(","):
        start = time.process_time()
        tally = run(kind, count=options.count, seed=options.seed)
        rate = 2 * options.count / (time.process_time() - start)
        print(
            f"{kind:<20}{options.count:>12,}{tally.false_negatives:>8}{tally.false_positives:>8}{rate:>12,.0f}",
            flush=True,
        )
        for failure in tally.failures:
            print(f"    {failure}")
        results[kind] = {
            "expressions": options.count,
            "false_negatives": tally.false_negatives,
            "false_positives": tally.false_positives,
        }
    is_good = all(
        row["false_positives"] == 0 and row["false_negatives"] < 0.001 * options.count
        for row in results.values()
    )
    print(json.dumps({"benchmark": "math_consistency", "good": is_good, "results": results}))
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
