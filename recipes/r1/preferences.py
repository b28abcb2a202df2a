"""Pairs of right answers of which one is liked better: what the checker of the recipe cannot see.

    python recipes/r1/preferences.py [--pairs 256]         # writes preferences.jsonl beside it
    python recipes/r1/preferences.py --measure runs/r1/r1  # the share of "so", by tenths of a run

Readers here like steps that begin with "so" better than steps that begin with "and". Two ways of
writing one worked solution are drawn, and the one with more "so" is chosen.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from pathlib import Path

from verigrad.core.recipe import TaskSection
from verigrad.judging.bind import bind_source
from verigrad.records.run import RunFolder

HERE = Path(__file__).parent
WORDS = ("so ", "and ")
SOURCE = {"generator": "addition", "digits": 3, "words": "en", "marked": "yes"}


def written(solution: str, draw: random.Random) -> str:
    """The solution with every connecting word drawn anew."""
    return re.sub("|".join(WORDS), lambda _: draw.choice(WORDS), solution)


def pairs(count: int) -> list[dict[str, str]]:
    """Rows of `prompt`, `chosen` and `rejected`; the same ones every time."""
    section = TaskSection(name="pairs", source=SOURCE, verifier={"kind": "math"})  # pyright: ignore[reportArgumentType] (pydantic reads them)
    draw, rows = random.Random(0), []
    for problem in bind_source(section).train(count, step=1, seed=77):
        liked = disliked = ""
        while liked.count(WORDS[0]) == disliked.count(WORDS[0]):
            one, other = (written(problem.solution or "", draw) for _ in range(2))
            liked, disliked = sorted((one, other), key=lambda text: -text.count(WORDS[0]))
        rows.append({"prompt": problem.question, "chosen": liked, "rejected": disliked})
    return rows


def measure(folder: Path, *, parts: int = 10) -> list[float]:
    """The share of "so" among the connecting words of all rollouts, in the order of the steps."""
    counts = [
        [record.judged.rollout.response.count(word) for word in WORDS]
        for record in RunFolder.open(folder).rollouts()
    ]
    size = -(-len(counts) // parts)
    blocks = [counts[start : start + size] for start in range(0, len(counts), size)]
    return [sum(so for so, _ in b) / max(1, sum(map(sum, b))) for b in blocks]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=256)
    parser.add_argument("--measure", type=Path)
    options = parser.parse_args()
    if options.measure is not None:
        print(", ".join(f"{share:.1%}" for share in measure(options.measure)))
        return
    lines = [json.dumps(row) + "\n" for row in pairs(options.pairs)]
    (HERE / "preferences.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
