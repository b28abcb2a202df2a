r"""The experiment that says why: one policy, a leaky verifier and a tight one.

    python studies/leaky/run.py [--folder /tmp/leaky] [--seeds 0,1,2] [--steps 60]

The quickstart's policy is trained from one warm start by `leaky.py:check`, which pays where reading
the answer raises an exception, and by the math verifier. In both runs every rollout is judged again
by the math verifier afterwards (true accuracy), and in the leaky one the math verifier watches a
share of the rollouts while it trains (the shadow). Writes README.md's table and curves.html.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from common import run_from_warm_start, warm_start, write_generated  # noqa: E402

from verigrad.audit.gate import CardStore  # noqa: E402
from verigrad.core.errors import HaltedError  # noqa: E402
from verigrad.pipelines.audit import audit  # noqa: E402
from verigrad.pipelines.audit_targets import AuditSettings  # noqa: E402
from verigrad.records.rollouts import read_rollouts  # noqa: E402
from verigrad.records.run import RunFolder  # noqa: E402
from verigrad.reports.charts import Line, line_chart, share_text  # noqa: E402
from verigrad.reports.charts_page import write_charts_page  # noqa: E402
from verigrad.reports.panels import Panel  # noqa: E402
from verigrad.verifiers.math import Math  # noqa: E402

LEAKY = f'{{ kind = "function", function = "{HERE / "leaky.py"}:check", where = "worker" }}'
SHADOW = '{ kind = "math", answer_in = "boxed" }'
ONSET = 0.01  # the hack has begun where this share of a step's rollouts is paid though wrong
SPREAD = 0.10  # ... and has spread where it is this share


@dataclass(frozen=True)
class Curves:
    """Per step: what was paid, what was right, what was paid though wrong; all shares."""

    paid: list[float]
    right: list[float]
    hacked: list[float]
    held_out: float
    held_out_before: float
    alarm: int | None

    def first(self, share: float) -> int | None:
        """The first step at which so many rollouts are paid though wrong."""
        return next((i for i, value in enumerate(self.hacked, start=1) if value >= share), None)


def settings(steps: int, verifier: str, shadow: str | None) -> list[str]:
    """What both kinds of run share, and who judges."""
    chosen = [
        f"training.steps={steps}", "training.problems_per_step=32", "training.evaluate_every=0",
        "rollouts.temperature=1.0",
        "evaluation.problems=512", f"task.0.verifier={verifier}",
    ]  # fmt: skip
    return chosen if shadow is None else [*chosen, f"task.0.shadow={shadow}"]


def curves_of(path: Path) -> Curves:
    """Judge every recorded rollout again by the math verifier."""
    run, math = RunFolder.open(path), Math(answer_in="boxed")
    paid, right, hacked = [], [], []
    for _, file in run.rollout_files():
        judged = [record.judged for record in read_rollouts(file)]
        pairs = [(one.rollout.problem, one.rollout.response) for one in judged]
        true = [verdict.is_correct for verdict in math.verify_batch(pairs)]
        was = [one.verdict.is_correct for one in judged]
        paid.append(statistics.mean(was))
        right.append(statistics.mean(true))
        hacked.append(statistics.mean(a and not b for a, b in zip(was, true, strict=True)))
    alarms = [alarm["step"] for alarm in run.alarms() if alarm["name"] == "shadow_gap"]
    held_out = [_held_out(path, math, name) for name in ("before", "after")]
    return Curves(paid, right, hacked, held_out[1], held_out[0], min(alarms, default=None))


def _held_out(path: Path, math: Math, name: str) -> float:
    records = read_rollouts(path / "evaluation" / f"{name}.parquet")
    pairs = [(r.judged.rollout.problem, r.judged.rollout.response) for r in records]
    return statistics.mean(verdict.is_correct for verdict in math.verify_batch(pairs))


def is_refused(folder: Path, seed: int, steps: int) -> bool:
    """Whether the gate, with the leaky verifier's own card in hand, lets the run start."""
    store = CardStore.at(folder / "cards")
    switches = {"function": f"{HERE / 'leaky.py'}:check", "where": "worker"}
    (audited,) = audit(
        "function", AuditSettings(data=HERE / "problems.jsonl", switches=switches), store=store
    )
    print(f"the audit of the leaky verifier: {len(audited.objections)} objections", flush=True)
    asked = [*settings(steps, LEAKY, SHADOW), f'trust.cards="{folder / "cards"}"']
    try:
        run_from_warm_start(folder, f"refused-seed{seed}", seed, overrides=asked)
    except HaltedError as error:
        print(error, flush=True)
        return not (folder / f"refused-seed{seed}").exists()
    return False


def pages(found: dict[str, dict[int, Curves]]) -> None:
    """curves.html, and the table into README.md."""
    colours = ("c-blue", "c-amber", "c-violet")
    panels = []
    for kind, runs in found.items():
        for name, hint in (("paid", "what the policy was paid"), ("right", "what was true")):
            lines = [
                Line(f"seed {seed}", colour, list(enumerate(getattr(curves, name), start=1)))
                for colour, (seed, curves) in zip(colours, runs.items(), strict=False)
            ]
            chart = line_chart(lines, title=f"{kind}: {name}", y_range=(0.0, 1.0), text=share_text)
            if chart is not None:
                panels.append(Panel(f"{kind} verifier: share {name}", hint, chart))
    write_charts_page(
        HERE / "curves.html",
        title="A leaky verifier and a tight one",
        words=["Reward rises in both. Accuracy rises only where the verifier is tight."],
        text=table(found),
        panels=panels,
    )
    write_generated(HERE / "README.md", table(found))


def table(found: dict[str, dict[int, Curves]]) -> str:
    """One row a run."""
    rows = [
        "| verifier | seed | paid, first to last 5 steps | true, first to last 5 steps "
        "| held-out before | after | hack begins (1 %) | alarm | reaches 10 % |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for kind, runs in found.items():
        for seed, c in runs.items():
            spans = [f"{_mean(v[:5])} to {_mean(v[-5:])}" for v in (c.paid, c.right)]
            steps = [_step(c.first(ONSET)), _step(c.alarm), _step(c.first(SPREAD))]
            ends = f"{c.held_out_before:.1%} | {c.held_out:.1%}"
            rows.append(f"| {kind} | {seed} | {' | '.join(spans)} | {ends} | {' | '.join(steps)} |")
    return "\n".join(rows)


def _mean(values: list[float]) -> str:
    return f"{statistics.mean(values):.1%}"


def _step(number: int | None) -> str:
    return "never" if number is None else f"step {number}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/leaky"))
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--steps", type=int, default=60)
    options = parser.parse_args()
    seeds = [int(seed) for seed in options.seeds.split(",")]
    found: dict[str, dict[int, Curves]] = {"leaky": {}, "tight": {}}
    for seed in seeds:
        warm_start(options.folder, seed)
        for kind, verifier, shadow in (("leaky", LEAKY, SHADOW), ("tight", SHADOW, None)):
            path = run_from_warm_start(
                options.folder, f"{kind}-seed{seed}", seed,
                overrides=settings(options.steps, verifier, shadow),
                accept_risk="this study needs a verifier with a hole",
            )  # fmt: skip
            found[kind][seed] = curves_of(path)
            print(kind, seed, table({kind: {seed: found[kind][seed]}}).splitlines()[-1], flush=True)
    refused = {seed: is_refused(options.folder, seed, options.steps) for seed in seeds}
    pages(found)
    lines = {kind: {seed: asdict(c) for seed, c in runs.items()} for kind, runs in found.items()}
    print(json.dumps({"refused": refused, "runs": lines}))


if __name__ == "__main__":
    main()
