"""Run recipes for several seeds, and write what came out beside what their papers say.

    python studies/recipes/run.py r1_zero [r1 ...] [--seeds 0,1,2] [--folder /tmp/recipes]

Every pipeline runs through `verigrad run`, from nothing; one that is done already is not run again.
`claims.toml` beside a recipe lists what the paper claims: two figures of stages (or differences of
two), and which is above the other by `margin`, or that they lie within it. A claim holds if it does
in every seed, does not if it does in none, and is not settled otherwise. Writes the generated part
of the recipe's README.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

RECIPES = Path(__file__).parents[2] / "recipes"
sys.path.insert(0, str(RECIPES.parent / "benchmarks"))
from generated_part import write_generated  # noqa: E402

Stages = Mapping[str, Mapping[str, float]]
_SHOWN = ("accuracy", "pass@1", "maj@16", "pass@64", "tokens", "format", "language", "entropy",
          "batch_spread", "completions", "kept", "pairs", "preference", "liking", "pair_accuracy",
          "problems", "pass_rate", "too_easy", "too_hard", "guessable")  # fmt: skip


def run(name: str, seed: int, folder: Path) -> tuple[Stages, float]:
    """Figures of every stage, and seconds from nothing to the end (kept from the first time)."""
    out, clock = folder / f"{name}-{seed}", folder / f"{name}-{seed}.seconds"
    recipe = RECIPES / name / "recipe.toml"
    command = [sys.executable, "-m", "verigrad", "run", str(recipe), "--out", str(out)]
    is_new = not out.exists()
    start = time.perf_counter()
    subprocess.run([*command, "--set", f"seed={seed}"], check=True, cwd=RECIPES.parent)
    if is_new:
        clock.write_text(f"{time.perf_counter() - start:.0f}")
    stages = json.loads((out / "pipeline.json").read_bytes())["stages"]
    seconds = float(clock.read_text()) if clock.is_file() else float("nan")
    order = [stage["name"] for stage in tomllib.loads(recipe.read_text("utf-8"))["stage"]]
    return {name: stages[name]["output"]["figures"] for name in order}, seconds


def value(expression: str, stages: Stages) -> float:
    """`stage.figure`, or the difference of two: `a.accuracy - b.accuracy`."""
    first, *rest = [one.partition(".") for one in expression.split(" - ")]
    found = [stages[stage][figure] for stage, _, figure in (first, *rest)]
    return found[0] - sum(found[1:])


def verdict(claim: Mapping[str, object], lefts: Sequence[float], rights: Sequence[float]) -> str:
    """Of all seeds together."""
    margin = float(str(claim.get("margin", 0.0)))
    gaps = [left - right for left, right in zip(lefts, rights, strict=True)]
    kept = [abs(gap) <= margin if claim["is"] == "about" else gap > margin for gap in gaps]
    if all(kept):
        return "holds"
    return "does not hold here" if not any(kept) else f"not settled: {sum(kept)} of {len(kept)}"


def told(values: Sequence[float]) -> str:
    """Shares as they are, large numbers whole."""
    return ", ".join(f"{v:.0f}" if abs(v) >= 1000 else f"{v:.3g}" for v in values)


def claims_table(claims: Sequence[Mapping[str, object]], runs: Sequence[Stages]) -> list[str]:
    lines = ["| the paper | measured | seeds | than | seeds | here |", "|---" * 6 + "|"]
    for claim in claims:
        if "unseen" in claim:
            why = f"cannot be seen at this scale: {claim['unseen']}"
            lines.append(f"| {claim['says']} | | | | | {why} |")
            continue
        left, right = str(claim["left"]), str(claim["right"])
        lefts, rights = ([value(side, stages) for stages in runs] for side in (left, right))
        relation = f"{claim['is']} (margin {claim.get('margin', 0)})"
        sides = f"`{left}` | {told(lefts)} | {relation} `{right}` | {told(rights)}"
        lines.append(f"| {claim['says']} | {sides} | {verdict(claim, lefts, rights)} |")
    return lines


def stages_table(runs: Sequence[Stages]) -> list[str]:
    lines = ["| stage | accuracy (95 % interval, first seed) | other figures |", "|---" * 3 + "|"]
    for name, figures in runs[0].items():
        seeds = [stages[name] for stages in runs]
        accuracy = ""
        if "accuracy" in figures:
            accuracy = told([one["accuracy"] for one in seeds])
            accuracy += f" ({figures['low']:.3f} to {figures['high']:.3f})"
        shown = [k for k in figures if k in _SHOWN[1:] or k.startswith("accuracy_at")]
        shown += [k for k in figures if k.startswith("accuracy_") and k not in shown]
        shown = [k for k in shown if k != "accuracy_before"]
        others = "; ".join(f"{k} {told([one[k] for one in seeds])}" for k in shown)
        lines.append(f"| {name} | {accuracy} | {others} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/recipes"))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    seeds = [int(seed) for seed in options.seeds.split(",")]
    for name in options.recipes:
        found = [run(name, seed, options.folder) for seed in seeds]
        runs = [stages for stages, _ in found]
        minutes = ", ".join(f"{seconds / 60:.1f}" for _, seconds in found)
        claims = tomllib.loads((RECIPES / name / "claims.toml").read_text())["claim"]
        lines = [
            f"`python studies/recipes/run.py {name} --seeds {options.seeds}`, one core of two; "
            f"minutes from nothing to the end, by seed: {minutes}.",
            "",
            *claims_table(claims, runs),
            "",
            *stages_table(runs),
        ]
        write_generated(RECIPES / name / "README.md", "\n".join(lines))
        print("\n".join(lines), flush=True)


if __name__ == "__main__":
    main()
