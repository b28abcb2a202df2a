"""Every verifier in one table: what a pass proves and cannot, how sure it is, what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from verigrad.verifiers import TABLE
from verigrad.verifiers.base import Verifier


@dataclass(frozen=True, slots=True)
class Listed:
    """One row. `verifiable` is False where a model's opinion may decide."""

    name: str
    proves: str
    cannot: str
    assurance: str
    cost: str
    version: str
    verifiable: bool

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    def text(self) -> str:
        """A paragraph for people."""
        marks = "" if self.verifiable else "  verifiable = false: a model's opinion may decide"
        head = f"{self.name}  version {self.version}{marks}"
        facts = (
            ("proves", self.proves),
            ("cannot", self.cannot),
            ("assurance", self.assurance),
            ("cost", self.cost),
        )
        return "\n".join([head, *(f"  {label:<10} {text}" for label, text in facts)])


def listed(kind: type[Verifier], name: str) -> Listed:
    """A verifier's row, from its class."""
    return Listed(
        name, kind.proves, kind.cannot, kind.assurance, kind.cost, kind.version, kind.verifiable
    )


def listing(names: Sequence[str] | None = None) -> list[Listed]:
    """All verifiers, those of plug-ins too; or the named ones."""
    return [listed(TABLE.load(name), name) for name in names or TABLE.names]
