"""Whether a profile tells the truth, and whether training on what it keeps needs fewer answers.

    python studies/curriculum/run.py [--folder /tmp/curriculum] [--seeds 0,1,2]

The quickstart's policy from one warm start. First 128 problems are profiled by k = 8 and k = 32
answers and by 256 others, which stand for the truth: how often does the interval of the few hold
the rate of the many? Then the same policy is trained on a pool of 1,024 problems: all of it, what
the profile keeps, and by each sampler; every five steps it is evaluated. Writes README.md's tables.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from common import run_from_warm_start, warm_start, write_generated  # noqa: E402

from verigrad.core.config import bind  # noqa: E402
from verigrad.core.recipe import Recipe  # noqa: E402
from verigrad.curriculum.pass_rates import PassRate  # noqa: E402
from verigrad.pipelines.demo import RECIPE, recipe_text  # noqa: E402
from verigrad.pipelines.profile import ProfileSettings, profile, write_profile  # noqa: E402
from verigrad.records.metrics import read_metrics  # noqa: E402

POOL, TARGET, PROBLEMS, ROLLOUTS, STEPS = 1024, 0.9, 32, 8, 80
TRUTH = 256
SHARED = (
    f"training.steps={STEPS}",
    f"training.problems_per_step={PROBLEMS}",
    "training.evaluate_every=5",
    "evaluation.problems=512",
)
CURRICULA = {
    "the whole pool, uniform": "{{ pool = {pool} }}",
    "what the profile keeps, uniform": '{{ pool = {pool}, profile = "{profile}" }}',
    "frontier": '{{ pool = {pool}, sampler = "frontier" }}',
    "prioritised": '{{ pool = {pool}, sampler = "prioritised" }}',
    "easy to hard": '{{ pool = {pool}, profile = "{profile}", sampler = "easy_to_hard" }}',
}


def coverage(folder: Path, seed: int, k: int) -> tuple[int, int]:
    """Problems whose 95 % interval from k answers holds the rate of 256 other answers; and all."""
    few = measured(folder, seed, k, pool=128)
    many = measured(folder, seed, TRUTH, pool=128, draw=1)
    held = 0
    for one, true in zip(few, many, strict=True):
        assert one.problem.id == true.problem.id
        interval = PassRate(one.num_correct, one.num_samples - one.num_correct).interval()
        held += interval.low <= true.num_correct / true.num_samples <= interval.high
    return held, len(few)


def measured(folder: Path, seed: int, k: int, *, pool: int, draw: int = 0):
    """A profile of the seed's warm start."""
    start = warm_start(folder, seed)
    bound = bind(Recipe, recipe_text(RECIPE), name=RECIPE, overrides=[f"seed={seed}"])
    return profile(bound, str(start), ProfileSettings(num_samples=k, pool=pool, draw=draw))


def completions_to_target(path: Path) -> int | None:
    """Completions sampled until the held-out accuracy first reached the target; None: never."""
    spent = 0
    for row in read_metrics(path):
        spent += int(row["rollouts/count"])
        if row.get("held_out/accuracy", 0.0) >= TARGET:
            return spent
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/curriculum"))
    parser.add_argument("--seeds", default="0,1,2")
    options = parser.parse_args()
    seeds = [int(seed) for seed in options.seeds.split(",")]
    lines = ["| answers | problems whose interval holds the rate of 256 others |", "|---|---|"]
    for k in (8, 32):
        held, total = coverage(options.folder, seeds[0], k)
        lines.append(f"| {k} | {held} of {total} ({held / total:.1%}; stated: 95 %) |")
        print(lines[-1], flush=True)
    found: dict[str, list[int | None]] = {}
    kept = []
    for seed in seeds:
        file = options.folder / f"profile-{seed}.jsonl"
        profiled = measured(options.folder, seed, 8, pool=POOL)
        write_profile(file, profiled)
        kept.append(sum(one.is_kept for one in profiled))
        for name, text in CURRICULA.items():
            section = text.format(pool=POOL, profile=file.resolve())
            path = run_from_warm_start(
                options.folder,
                f"{name}-{seed}".replace(" ", "-").replace(",", ""),
                seed,
                overrides=[*SHARED, f"curriculum={section}"],
            )
            spent = completions_to_target(path)
            found.setdefault(name, []).append(spent)
            print(name, seed, spent, flush=True)
    own = 8 * POOL
    lines += ["", f"Completions until {TARGET:.0%} of 512 held-out problems are right, seeds "
              f"{options.seeds}, within {STEPS} steps of {PROBLEMS * ROLLOUTS} completions; the "
              f"profile keeps {', '.join(map(str, kept))} of {POOL:,} problems and costs {own:,} "
              "completions, which are not counted here.", "",
              "| problems | completions |", "|---|---|"]  # fmt: skip
    for name, spent in found.items():
        told = ", ".join("never" if one is None else f"{one:,}" for one in spent)
        lines.append(f"| {name} | {told} |")
    write_generated(HERE / "README.md", "\n".join(lines))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
