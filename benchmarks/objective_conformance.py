"""The conformance suite as a table of numbers: how far each preset is from what it claims.

Writes the page given by --write (docs/reference/objective-conformance.md); last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "property"))

HEAD = """# Objective conformance

Written by `make conformance` (`benchmarks/objective_conformance.py`); the same checks run in the
tests (`tests/property/test_objectives_conformance.py`) with the limit 1e-9.

Largest relative difference of loss and gradient in float64, over {seeds} random batches:

- `textbook`: against a reference in plain loops, written from the paper's formula;
- `packing`: tokens interleaved, environment tokens among them;
- `permutation`: rows within groups, and groups, in another order;
- `micro_batches`: split into 2, 5 and as many pieces as rows;
- `ranks`: two ranks, each with its own groups;
- `padding`: padded left and right, then packed;
- `chunk_size`: log-probabilities in chunks of 1, 7 and 1000 tokens against the full softmax.

"""


def main() -> None:
    from objective_layouts import CHECKS, deviation

    from verigrad.algorithms import PRESETS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    found = {
        name: {
            check: max(deviation(run(name, seed)) for seed in range(1, given.seeds + 1))
            for check, run in CHECKS.items()
        }
        for name in PRESETS
    }
    lines = [f"| preset | {' | '.join(CHECKS)} |", "| --- " * (len(CHECKS) + 1) + "|"]
    for name, row in found.items():
        lines.append(f"| `{name}` | " + " | ".join(f"{value:.0e}" for value in row.values()) + " |")
    table = "\n".join(lines) + "\n"
    print(table)
    if given.write:
        given.write.write_text(HEAD.format(seeds=given.seeds) + table, encoding="utf-8")
    worst = max(value for row in found.values() for value in row.values())
    print(json.dumps({"presets": len(found), "seeds": given.seeds, "worst": worst, "table": found}))


if __name__ == "__main__":
    main()
