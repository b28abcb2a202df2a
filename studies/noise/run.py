"""What a verifier's errors cost, and what the corrections restore.

    python studies/noise/run.py [--folder /tmp/noise] [--seeds 0,1,2]

The quickstart's policy from one warm start, 30 steps; verdicts are the math verifier's, rewards are
flipped at the rates of the row. "backward" and "forward" are given the true rates. Forward wants no
baseline, so its row is REINFORCE, beside REINFORCE without noise. Writes README.md's table.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from common import SHARED, accuracies, run_from_warm_start, shares, write_generated  # noqa: E402

RATES = {"none": (0.0, 0.0), "fn 20 %": (0.0, 0.2), "fn 40 %": (0.0, 0.4), "fp 5 %": (0.05, 0.0),
         "fp 20 %": (0.2, 0.0)}  # fmt: skip
METHODS = {
    "dr_grpo, no correction": ("dr_grpo", "none"),
    "dr_grpo, backward": ("dr_grpo", "backward"),
    "reinforce, no correction": ("reinforce", "none"),
    "reinforce, forward": ("reinforce", "forward"),
}


def overrides(method: str, rates: str) -> list[str]:
    objective, correction = METHODS[method]
    paid, missed = RATES[rates]
    noise = (
        f"{{ inject_false_positive = {paid}, inject_false_negative = {missed}, "
        f'false_positive = {paid}, false_negative = {missed}, correction = "{correction}" }}'
    )
    return [*SHARED, f"objective.preset={objective}", f"training.noise={noise}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/noise"))
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--methods", default=",".join(("0", "1", "2", "3")), help="by number")
    options = parser.parse_args()
    seeds = [int(seed) for seed in options.seeds.split(",")]
    methods = [list(METHODS)[int(number)] for number in options.methods.split(",")]
    found: dict[str, dict[str, list[float]]] = {}
    before: list[float] = []
    for method in methods:
        for rates in RATES:
            if rates == "none" and METHODS[method][1] == "backward":
                continue  # nothing to correct
            after = []
            for seed in seeds:
                name = (
                    f"{method}-{rates}-{seed}".replace(" ", "").replace(",", "-").replace("%", "")
                )
                path = run_from_warm_start(
                    options.folder, name, seed, overrides=overrides(method, rates)
                )
                start, end = accuracies(path)
                before.append(start)
                after.append(end)
            found.setdefault(method, {})[rates] = after
            print(method, rates, shares(after), flush=True)
    rows = [f"| objective | {' | '.join(RATES)} |", "|---" * (len(RATES) + 1) + "|"]
    for method, cells in found.items():
        told = [shares(cells[rates]) if rates in cells else "" for rates in RATES]
        rows.append(f"| {method} | {' | '.join(told)} |")
    lines = [f"Held-out accuracy after {SHARED[0].split('=')[1]} steps, seeds {options.seeds}; "
             f"before: {shares(before[: len(seeds)])}.", "", *rows]  # fmt: skip
    write_generated(HERE / "README.md", "\n".join(lines))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
