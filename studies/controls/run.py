"""Controls: rewards that say nothing of the task must teach nothing of it.

    python studies/controls/run.py [--folder /tmp/controls] [--seeds 0,1,2]

The quickstart's policy from one warm start, 30 steps, with the verifier's rewards and with each
control of `training.control`. Writes README.md's table.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from common import SHARED, accuracies, run_from_warm_start, shares, write_generated  # noqa: E402

CONTROLS = ("none", "random", "format_only", "shuffled_references", "majority_label")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/controls"))
    parser.add_argument("--seeds", default="0,1,2")
    options = parser.parse_args()
    seeds = [int(seed) for seed in options.seeds.split(",")]
    found: dict[str, list[tuple[float, float]]] = {}
    for control in CONTROLS:
        pairs = []
        for seed in seeds:
            path = run_from_warm_start(
                options.folder, f"{control}-seed{seed}", seed,
                overrides=[*SHARED, f"training.control={control}"],
            )  # fmt: skip
            pairs.append(accuracies(path))
        found[control] = pairs
        print(control, shares(after for _, after in pairs), flush=True)
    rows = ["| reward | before | after |", "|---|---|---|"]
    rows += [
        f"| {'the verifier' if control == 'none' else control} | {shares(b for b, _ in pairs)} | "
        f"{shares(a for _, a in pairs)} |"
        for control, pairs in found.items()
    ]
    write_generated(HERE / "README.md", "\n".join(rows))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
