"""Files of samples -> what differs between two models, in words and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from verigrad.evaluation.compare import Comparison, Crossing, compare, crossing, in_words, paired
from verigrad.evaluation.samples import powers, read_samples


@dataclass(frozen=True, slots=True)
class Compared:
    """Every k that both have samples for, and where the curves cross."""

    first: str
    second: str
    num_problems: int
    comparisons: Sequence[Comparison]
    crossing: Crossing

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        rows = [
            asdict(c) | {"is_distinguishable": c.is_distinguishable()} for c in self.comparisons
        ]
        value = asdict(self) | {"comparisons": rows}
        return {"schema": "verigrad.comparison/1", **value}

    def text(self) -> str:
        """For people."""
        lines = [f"{self.num_problems} problems in common"]
        lines += [in_words(c, first=self.first, second=self.second) for c in self.comparisons]
        found = self.crossing
        if found.k is not None and found.low is not None:
            lines.append(
                f"the lead of {self.second} ends at k = {found.k:.1f} [{found.low:.1f}, "
                f"{found.high:.1f}]; {found.share:.0%} of resamples cross"
            )
        else:
            lines.append(
                f"no k at which {self.second} loses a lead; {found.share:.0%} of resamples cross"
            )
        return "\n".join(lines)


def compare_files(first: Path, second: Path) -> Compared:
    """Compare two files of `verigrad eval --out`; the first is the base."""
    a, b = read_samples(first), read_samples(second)
    names = (a.model, b.model) if a.model != b.model else (str(first), str(second))
    ks = powers(min(a.num_samples, b.num_samples))
    return Compared(*names, len(paired(a, b)), [compare(a, b, k=k) for k in ks], crossing(a, b))
