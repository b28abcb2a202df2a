"""`verigrad audit` of every verifier that ships, on the samples of its showcase.

    python benchmarks/own_audits.py [--only NAME ...] [--write docs/reference/audits.md]

A row: responses tried, probes that made one, faults told only, objections of the gate, weakened
copies found. Exits 1 where the gate would refuse one; the last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from generated_part import write_generated

from verigrad.audit.gate import CardStore
from verigrad.core.errors import SetupError
from verigrad.pipelines.audit import Audited, audit
from verigrad.verifiers import TABLE


def row_of(audited: Audited) -> str:
    """One line of the table."""
    card = audited.card
    told = sum(sum(row.faults.values()) for row in card.probes if row.is_soft)
    mutants = f"{sum(m.is_found for m in card.mutants)} of {len(card.mutants)}"
    cells = [
        f"`{card.target}`", f"{card.num_cases:,}", str(len(card.probes)), str(told),
        "; ".join(audited.objections) or "none", mutants if card.mutants else "not tried",
        f"{card.seconds:.1f}",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    head = ["verifier", "responses", "probes", "spellings refused (told only)", "objections",
            "weakened copies found", "seconds"]  # fmt: skip
    rows = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    refused, missing = {}, {}
    for name in options.only or sorted(TABLE.table):
        with tempfile.TemporaryDirectory() as folder:
            try:
                (found,) = audit(name, store=CardStore((Path(folder),)))
            except SetupError as error:
                missing[name] = error.what
                rows.append(f"| `{name}` | not here: {error.what} | | | | | |")
                continue
        if found.objections:
            refused[name] = found.objections
        rows.append(row_of(found))
        print(rows[-1], flush=True)
    if options.write:
        write_generated(options.write, "\n".join(rows), name="audits")
    print(json.dumps({"refused": refused, "missing": missing, "audited": len(rows) - 2}))
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
