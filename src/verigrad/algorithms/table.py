"""The reference page of objectives, written from the tables themselves.

`python -m verigrad.algorithms.table` prints it; a test compares `docs/reference/objectives.md`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import fields

from verigrad.algorithms.objective import PARTS, Objective
from verigrad.algorithms.presets import PRESETS, SUPERVISED
from verigrad.algorithms.statistics import HEALTHY

_HEAD = """# Objectives

Written by `python -m verigrad.algorithms.table` from the tables in `src/verigrad/algorithms`.

An objective is a set of named parts and their coefficients. A preset is a row of such parts; any
part can be changed: in a recipe by its name under `[objective]`, in Python by
`preset("grpo", kl_coefficient=0.0)`. What each part does, with its source and a worked number,
stands in the file named after it; [objective-details](../explanation/objective-details.md) says
how they fit together, [parity-with-trl](../explanation/parity-with-trl.md) where TRL differs and
[objective-conformance](objective-conformance.md) what was measured.

In the formulas `r` is a ratio of probabilities, `A` an advantage, `R` a reward, `o_i` the i-th
response, `L` the token limit of a response.
"""


def objectives_page() -> str:
    """The whole page as Markdown."""
    return "\n".join(
        [
            _HEAD,
            "## Presets: what is maximised\n",
            _table(
                ("preset", "formula", "paper", "what differs"),
                ((f"`{k}`", f"`{v.formula}`", v.paper, v.differs) for k, v in PRESETS.items()),
            ),
            "## Presets: their parts\n",
            "Only what differs from plain REINFORCE is shown.\n",
            _table(
                ("preset", "parts"),
                ((f"`{name}`", _parts(row.objective)) for name, row in PRESETS.items()),
            ),
            "## Supervised losses: what is minimised\n",
            _table(
                ("name", "formula", "paper", "what differs", "function"),
                (
                    (f"`{k}`", f"`{v.formula}`", v.paper, v.differs, f"`{v.path}`")
                    for k, v in SUPERVISED.items()
                ),
            ),
            "## Parts\n",
            _table(
                ("part", "choices"),
                ((f"`{k}`", ", ".join(f"`{name}`" for name in v)) for k, v in PARTS.items()),
            ),
            "## Coefficients and their defaults\n",
            _table(("name", "default"), _coefficients()),
            "## Health of a batch\n",
            "Where a run that learns usually is; rules of thumb, not limits.\n",
            _table(
                ("statistic", "low", "high", "meaning"),
                ((f"`{k}`", f"{v.low:g}", f"{v.high:g}", v.meaning) for k, v in HEALTHY.items()),
            ),
        ]
    )


def _parts(objective: Objective) -> str:
    plain = Objective()
    changed = (
        f"{field.name}={getattr(objective, field.name)}"
        for field in fields(Objective)
        if getattr(objective, field.name) != getattr(plain, field.name)
    )
    return ", ".join(f"`{part}`" for part in changed) or "none"


def _coefficients() -> Iterable[tuple[str, str]]:
    for field in fields(Objective):
        if field.name not in PARTS:
            yield f"`{field.name}`", f"`{field.default}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    escaped = (" | ".join(cell.replace("|", "\\|") for cell in line) for line in lines)
    return "".join(f"| {line} |\n" for line in escaped)


if __name__ == "__main__":
    sys.stdout.write(objectives_page())
