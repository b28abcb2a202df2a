"""The table of verifiers: every one of TABLE through the trial of its showcase.

    python benchmarks/verifier_table.py [--fuzz 100000] [--fuzz-seconds S] [--only NAME ...]
        [--write PAGE] [--jobs 1]

A row: right responses that pass, near misses rejected, null policies paid, determinism, the same
verdicts in threads, asyncio and another process, time of one judgement, fuzz inputs and crashes
(a verdict without a score on a sound problem). Each verifier runs in a process of its own, so that
a death of the interpreter is seen as one. Times are wall clock of this machine while it ran. Exits
1 where a row has a fault.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from generated_part import write_generated

from verigrad.core.errors import SetupError
from verigrad.sandbox import use_sandbox
from verigrad.verifiers import TABLE
from verigrad.verifiers.listing import listed
from verigrad.verifiers.showcases import SHOWCASES
from verigrad.verifiers.showcases.trial import Trial, run_trial

HEAD = ["verifier", "right pass", "near misses rejected", "null policies paid", "deterministic",
        "threads = asyncio = process", "p50 ms", "p99 ms", "fuzzed", "crashes"]  # fmt: skip


def row_of(name: str, fuzz: int, fuzz_s: float | None) -> dict[str, Any]:
    """One verifier's numbers, or why there are none."""
    showcase = SHOWCASES.load(name)()
    if showcase.missing:
        return {"name": name, "missing": showcase.missing}
    try:
        from verigrad.sandbox.local import LocalSandbox

        sandbox = LocalSandbox()
    except SetupError as error:
        return {"name": name, "missing": f"no sandbox: {error.what}"}
    start = time.perf_counter()
    with sandbox:
        use_sandbox(sandbox)
        trial = run_trial(showcase, fuzz=fuzz, fuzz_s=fuzz_s, spec=SHOWCASES.table.get(name, ""))
        use_sandbox(None)
    row = {key: value for key, value in asdict(trial).items() if key != "milliseconds"}
    row |= {"p50_ms": trial.percentile_ms(0.5), "p99_ms": trial.percentile_ms(0.99)}
    return {
        "name": name,
        "seconds": time.perf_counter() - start,
        **row,
        "cells": _cells(name, trial),
    }


def _cells(name: str, trial: Trial) -> list[str]:
    def share(part: int, whole: int) -> str:
        return f"{part} of {whole}"

    return [
        f"`{name}`",
        share(trial.right_passed, trial.right),
        share(trial.near_rejected, trial.near),
        share(trial.nulls_paid, trial.nulls),
        "yes" if trial.is_deterministic else "NO",
        "yes" if trial.same_everywhere else "NO",
        f"{trial.percentile_ms(0.5):.2f}",
        f"{trial.percentile_ms(0.99):.1f}",
        f"{trial.fuzzed:,}",
        str(trial.crashes),
    ]


def rows_of(
    names: list[str], *, fuzz: int, fuzz_s: float | None, jobs: int
) -> list[dict[str, Any]]:
    """All rows; a process that died is a row with a fault."""
    rows = []
    context = multiprocessing.get_context("spawn")
    for first in range(0, len(names), jobs):
        with ProcessPoolExecutor(jobs, mp_context=context) as pool:
            futures = {
                name: pool.submit(row_of, name, fuzz, fuzz_s)
                for name in names[first : first + jobs]
            }
            for name, future in futures.items():
                try:
                    row = future.result()
                except Exception as error:
                    row = {"name": name, "faults": [f"{type(error).__name__}: {error}"[:300]]}
                rows.append(row)
                print(shown(row), flush=True)
    return rows


def shown(row: dict[str, Any]) -> str:
    """A row as progress."""
    if "missing" in row:
        return f"{row['name']}: not here: {row['missing']}"
    faults = row["faults"]
    cells = " | ".join(row.get("cells", [row["name"]]))
    return "\n".join([cells, *(f"  FAULT {fault}" for fault in faults[:10])])


def page_of(rows: list[dict[str, Any]], old: str) -> str:
    """The generated part of the page: what each proves, then the numbers.

    The numbers of verifiers that were not tried now stay as they stand in the page's `old` text.
    """
    lines = [
        "| verifier | proves | cannot | assurance | cost | version | verifiable |",
        "|" + "---|" * 7,
    ]
    for name in TABLE.table:
        item = listed(TABLE.load(name), name)
        verifiable = "yes" if item.verifiable else "**no**"
        cells = [
            f"`{name}`",
            item.proves,
            item.cannot,
            item.assurance,
            item.cost,
            item.version,
            verifiable,
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    lines += ["", "| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    numbers = {}
    for line in old.partition(lines[-2])[2].splitlines():
        name = line.split("|")[1].strip(" `") if line.startswith("| `") else ""
        if name in TABLE.table:
            numbers[name] = line
    for row in rows:
        cells = row.get("cells") or [
            f"`{row['name']}`",
            row.get("missing", "died"),
            *[""] * (len(HEAD) - 2),
        ]
        numbers[row["name"]] = "| " + " | ".join(cells) + " |"
    return "\n".join([*lines, *(numbers[name] for name in sorted(numbers))])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fuzz", type=int, default=100_000)
    parser.add_argument(
        "--fuzz-seconds", type=float, help="of each verifier; the row says how far it came"
    )
    parser.add_argument("--only", nargs="*", default=[], help="the page's other rows stay")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--write", type=Path, help="the page whose generated part is replaced")
    options = parser.parse_args()
    rows = rows_of(
        options.only or sorted(TABLE.table),
        fuzz=options.fuzz,
        fuzz_s=options.fuzz_seconds,
        jobs=options.jobs,
    )
    if options.write is not None:
        page = page_of(rows, options.write.read_text("utf-8"))
        write_generated(options.write, page, name="verifiers")
    faults = {row["name"]: len(row["faults"]) for row in rows if row.get("faults")}
    missing = {row["name"]: row["missing"] for row in rows if "missing" in row}
    summary = {
        "benchmark": "verifier_table",
        "verifiers": len(rows),
        "faults": faults,
        "missing": missing,
        "fuzzed": {row["name"]: row.get("fuzzed") for row in rows},
        "p99_ms": {row["name"]: round(row["p99_ms"], 2) for row in rows if "p99_ms" in row},
    }
    print(json.dumps(summary))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
