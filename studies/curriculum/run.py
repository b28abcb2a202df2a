"""Whether a profile tells the truth, and whether training on what it keeps needs fewer answers.

    python studies/curriculum/run.py [--folder /tmp/curriculum] [--seeds 0,1,2]
        [--arms 0,1,2,3,4] [--parts profile,training]

A small policy learns two-digit addition (the quickstart with `SMALL`). First 128 problems are
profiled by k = 8 and k = 32 answers and by 256 others, which stand for the truth: how often does
the interval of the few hold the rate of the many? Then a policy that is right more often is trained
on a pool of 512 problems, from one warm start (a seed is that of pool, sampling and order): all of
it, what the profile keeps, and by each sampler; it is evaluated every `EVERY` steps, and ends as
soon as it is right often enough. Writes README.md's tables and pass-rates.svg. One thread, so that
the figures do not depend on how many there are.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import torch  # noqa: E402
from common import write_generated  # noqa: E402
from learning_cells import finished_run  # noqa: E402

from verigrad.core.config import Bound, bind  # noqa: E402
from verigrad.core.recipe import Recipe  # noqa: E402
from verigrad.core.statistics import clopper_pearson  # noqa: E402
from verigrad.curriculum.profile import Profiled  # noqa: E402
from verigrad.pipelines.curriculum import read_profile  # noqa: E402
from verigrad.pipelines.demo import RECIPE, recipe_text  # noqa: E402
from verigrad.pipelines.profile import ProfileSettings, profile, write_profile  # noqa: E402
from verigrad.pipelines.progress import Silent  # noqa: E402
from verigrad.pipelines.train import train  # noqa: E402
from verigrad.records.metrics import read_metrics  # noqa: E402
from verigrad.reports.charts import Line, line_chart, share_text  # noqa: E402

POOL, TARGET, PROBLEMS, ROLLOUTS, STEPS, EVERY = 512, 0.9, 32, 8, 100, 4
TRUTH, MEASURED = 256, 128
WEAK, ABLE = 0.35, 0.7  # where the warm-up ends: for the intervals, for training
SMALL = (
    "model.precision=float32",
    "model.build.hidden_size=64",
    "model.build.num_layers=2",
    "model.build.intermediate_size=256",
    "task.0.source={ generator = 'addition', digits = 2 }",
    "rollouts.max_output_tokens=32",
    "warm_up.steps=600",
    "evaluation.problems=512",
)
SHARED = (
    "training.learning_rate=1e-4",
    f"training.steps={STEPS}",
    f"training.problems_per_step={PROBLEMS}",
    f"training.evaluate_every={EVERY}",
)
CURRICULA = {
    "the whole pool, uniform": "{{ pool = {pool} }}",
    "what the profile keeps, uniform": '{{ pool = {pool}, profile = "{profile}" }}',
    "frontier": '{{ pool = {pool}, sampler = "frontier" }}',
    "prioritised": '{{ pool = {pool}, sampler = "prioritised" }}',
    "easy to hard": '{{ pool = {pool}, profile = "{profile}", sampler = "easy_to_hard" }}',
}
_STYLE = """<style>.band{fill-opacity:.25}.c-blue{fill:#2a6fdb;stroke:#2a6fdb}.c-grey{fill:#777;
stroke:#777}.line{fill:none;stroke-width:2}.band{stroke:none}.grid{stroke:#8886}.tick{fill:#777;
font:11px sans-serif}</style>"""


class Enough(Silent):
    """Ends a run once it is right often enough."""

    def step(self, stage: str, number: int, metrics: Mapping[str, float]) -> None:  # noqa: ARG002
        if metrics.get("held_out/accuracy", 0.0) >= TARGET:
            raise KeyboardInterrupt


# profiles -----------------------------------------------------------------------------------


def warm_start(folder: Path, until: float) -> Path:
    """The checkpoint whose probe was right so often; made once."""
    bound = bound_with("seed=0", "training.steps=0", f"warm_up.until_accuracy={until}")
    return finished_run(bound, folder / f"warm-{until}") / "checkpoints" / "step_000000"


def bound_with(*overrides: str, start: Path | None = None) -> Bound:
    """The small recipe; from `start` on without its warm-up."""
    text, own = recipe_text(RECIPE), list(SMALL)
    if start is not None:
        text = re.sub(r"\[model\.build\].*?(?=\n\[\[task\]\])", "", text, flags=re.DOTALL)
        own = [one for one in SMALL if not one.startswith(("model.build", "warm_up"))]
        own += [f'model.path="{start.resolve()}"', "warm_up.steps=0"]
    return bind(Recipe, text, name=RECIPE, overrides=[*own, *overrides])


def measured(start: Path, seed: int, k: int, *, pool: int, draw: int = 0) -> list[Profiled]:
    """A profile of a warm start on the seed's pool."""
    bound = bound_with(f"seed={seed}")
    return profile(bound, str(start), ProfileSettings(num_samples=k, pool=pool, draw=draw))


def coverage(few: Sequence[Profiled], many: Sequence[Profiled]) -> str:
    """A row: problems whose 95 % interval of the few answers holds the rate of the many."""
    held = 0
    for one, true in zip(few, many, strict=True):
        assert one.problem.id == true.problem.id
        interval = one.rate.interval()
        held += interval.low <= true.num_correct / true.num_samples <= interval.high
    rate = clopper_pearson(held, len(few))
    return (
        f"| {few[0].num_samples} | {held} of {len(few)}: {rate.value:.1%} "
        f"[{rate.low:.1%}, {rate.high:.1%}] |"
    )


def draw_figure(path: Path, few: Sequence[Profiled], many: Sequence[Profiled]) -> None:
    """Problems by their rate of 256 answers, and the interval of 8 others around each."""
    pairs = sorted(zip(many, few, strict=True), key=lambda pair: pair[0].num_correct)
    true = [(n, one.num_correct / one.num_samples) for n, (one, _) in enumerate(pairs)]
    bounds = []
    for number, (_, one) in enumerate(pairs):
        interval = one.rate.interval()
        bounds.append((number, interval.value, interval.low, interval.high))
    chart = line_chart(
        [Line("estimate", "c-grey", bounds), Line("truth", "c-blue", true)],
        title="problems by their rate of 256 answers; grey: estimate and 95 % interval of 8 others",
        text=share_text,
        y_range=(0.0, 1.0),
    )
    assert chart is not None
    svg = chart.svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    path.write_text(svg.replace(">", f">{_STYLE}", 1), "utf-8")


def profile_part(folder: Path, seed: int) -> str:
    """The table of coverages; the figure."""
    start = warm_start(folder, WEAK)
    many = measured(start, seed, TRUTH, pool=MEASURED, draw=1)
    lines = [
        f"| answers | problems whose 95 % interval holds the rate of {TRUTH} others |",
        "|---|---|",
    ]
    for k in (8, 32):
        few = measured(start, seed, k, pool=MEASURED)
        lines.append(coverage(few, many))
        print(lines[-1], flush=True)
        if k == 8:
            draw_figure(HERE / "pass-rates.svg", few, many)
    return "\n".join(lines)


# training -----------------------------------------------------------------------------------


def completions_to_target(path: Path) -> tuple[int | None, bool]:
    """Completions until the held-out accuracy first reached the target (None: it has not), and
    whether the run is over.
    """
    spent, number = 0, 0
    for row in read_metrics(path) if path.is_dir() else ():
        spent, number = spent + int(row["rollouts/count"]), row["step"]
        if row.get("held_out/accuracy", 0.0) >= TARGET:
            return spent, True
    return None, number == STEPS


def train_until(folder: Path, name: str, seed: int, section: str) -> int | None:
    """Train the seed's warm start by a curriculum; what was run before is kept."""
    path = folder / f"{name}-{seed}".replace(" ", "-").replace(",", "")
    spent, is_over = completions_to_target(path)
    if is_over:
        return spent
    start = warm_start(folder, ABLE)
    own = (f"seed={seed}", f"name={path.name}", f"curriculum={section}")
    bound = bound_with(*own, *SHARED, start=start)
    try:
        train(bound, path, resume=(path / "resolved.json").is_file(), listener=Enough())
    except KeyboardInterrupt:
        if not completions_to_target(path)[1]:
            raise  # a person's
    return completions_to_target(path)[0]


def training_part(found: Mapping[str, Mapping[int, int | None]], kept: Mapping[int, int]) -> str:
    """The table of completions, as far as there are any."""
    seeds = ", ".join(map(str, kept))
    lines = [
        f"Completions until {TARGET:.0%} of 512 held-out problems are right (evaluated every "
        f"{EVERY} steps of {PROBLEMS * ROLLOUTS} completions, {STEPS} at most), seeds {seeds}. "
        f"The profile keeps {', '.join(map(str, kept.values()))} of {POOL:,} problems; its own "
        f"{ROLLOUTS * POOL:,} completions are not counted.",
        "",
        "| problems | completions, by seed | mean |",
        "|---|---|---|",
    ]
    for name, by_seed in found.items():
        told = ", ".join("never" if one is None else f"{one:,}" for one in by_seed.values())
        whole = [one for one in by_seed.values() if one is not None]
        mean = f"{sum(whole) / len(whole):,.0f}" if len(whole) == len(kept) else ""
        lines.append(f"| {name} | {told} | {mean} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/curriculum"))
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--arms", default=",".join(map(str, range(len(CURRICULA)))))
    parser.add_argument("--parts", default="profile,training")
    parser.add_argument("--page", type=Path, default=HERE / "README.md")
    options = parser.parse_args()
    torch.set_num_threads(1)
    seeds = [int(seed) for seed in options.seeds.split(",")]
    arms = [list(CURRICULA)[int(number)] for number in options.arms.split(",")]
    if "profile" in options.parts:
        write_generated(options.page, profile_part(options.folder, seeds[0]), name="profile")
    if "training" not in options.parts:
        return
    kept: dict[int, int] = {}
    found: dict[str, dict[int, int | None]] = {name: {} for name in arms}
    for seed in seeds:
        file = (options.folder / f"profile-{seed}.jsonl").resolve()
        if not file.is_file():
            start = warm_start(options.folder, ABLE)
            write_profile(file, measured(start, seed, ROLLOUTS, pool=POOL))
        kept[seed] = sum(row["is_kept"] for row in read_profile(file))
        for name in arms:
            section = CURRICULA[name].format(pool=POOL, profile=file)
            spent = train_until(options.folder, name, seed, section)
            found[name][seed] = spent
            print(name, seed, spent, flush=True)
        write_generated(options.page, training_part(found, kept), name="training")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
