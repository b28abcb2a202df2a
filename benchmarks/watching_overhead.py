"""What watching and recording cost of a quickstart step.

    python benchmarks/watching_overhead.py [--steps 30]

One run of the quickstart from its warm start with a shadow on a quarter of the rollouts, eight
canaries every ten steps, all signs, and every rollout recorded. Each step's own clock gives both
sides: seconds of watching and of recording over those of sampling, verifying and updating. Medians
and means (canaries come every tenth step); the last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from learning_cells import run_from_warm_start

from verigrad.records.metrics import read_metrics

WATCHED = ("time/watch_s", "time/record_s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp())
    overrides = [
        f"training.steps={options.steps}",
        "training.evaluate_every=0",
        'task.0.shadow={ kind = "exact", answer_in = "boxed" }',
        "trust.canaries=8",
    ]
    path = run_from_warm_start(folder, "watched", 0, overrides=overrides)
    rows = [line for line in read_metrics(path) if "time/step_s" in line]
    shares = {
        name: [line.get(name, 0.0) / line["time/step_s"] for line in rows] for name in WATCHED
    }
    both = [sum(pair) for pair in zip(*shares.values(), strict=True)]
    found = {
        "steps": len(rows),
        "step_s": round(statistics.median(line["time/step_s"] for line in rows), 3),
        "median_share": round(statistics.median(both), 4),
        "mean_share": round(statistics.mean(both), 4),
        **{name: round(statistics.mean(values), 4) for name, values in shares.items()},
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
