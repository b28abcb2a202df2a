"""Verify whole Metamath databases in our kernel, beside the C program `metamath`.

`make metamath`, or `python benchmarks/metamath_databases.py [FOLDER]` (Debian: metamath-databases,
metamath). Every theorem is verified; then, in each database, proofs with one step changed must
fail. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path

from verigrad.verifiers.proofs.metamath import Database
from verigrad.verifiers.proofs.metamath.errors import MetamathError
from verigrad.verifiers.proofs.metamath.frames import Assertion, Proof

FOLDER = Path("/usr/share/metamath/databases")
MUTANTS = 2_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    folder = parser.parse_args().folder
    paths = sorted(folder.glob("*.mm"))
    if not paths:
        raise SystemExit(f"no databases in {folder}: apt-get install metamath-databases")
    print(
        f"{'':14} {'theorems':>9} {'steps':>10} {'read s':>7} {'verify s':>8} {'C s':>6}  mutants"
    )
    rows = [measure(path) for path in paths]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"benchmark": "metamath", "peak_mb": memory, "rows": rows}))


def measure(path: Path) -> dict[str, object]:
    start = time.process_time()
    database = Database.read(path.read_text("ascii"))
    read_s = time.process_time() - start
    theorems = database.theorems()
    start = time.process_time()
    steps = sum(database.verify(theorem) for theorem in theorems)
    verify_s = time.process_time() - start
    refused, changed = mutate(database, theorems)
    row = {
        "name": path.name,
        "theorems": len(theorems),
        "steps": steps,
        "read_s": round(read_s, 2),
        "verify_s": round(verify_s, 2),
        "c_program_s": c_program_s(path),
        "mutants": changed,
        "mutants_refused": refused,
    }
    c_s = "" if row["c_program_s"] is None else f"{row['c_program_s']:.2f}"
    counts = f"{len(theorems):>9} {steps:>10} {read_s:>7.2f} {verify_s:>8.2f} {c_s:>6}"
    print(f"{path.name:14} {counts}  {refused} of {changed} refused", flush=True)
    return row


def mutate(database: Database, theorems: list[Assertion]) -> tuple[int, int]:
    """Proofs with two different letters swapped; a swap that changes nothing is not counted."""
    rng = random.Random(20261126)
    refused = changed = 0
    candidates = [t for t in theorems if t.proof and t.proof.letters and len(t.proof.letters) > 4]
    for theorem in rng.choices(candidates, k=MUTANTS) if candidates else ():
        letters = list(theorem.proof.letters)
        i, j = rng.sample(range(len(letters)), 2)
        if letters[i] == letters[j]:
            continue
        letters[i], letters[j] = letters[j], letters[i]
        mutant = replace(theorem, proof=Proof(theorem.proof.labels, "".join(letters)))
        changed += 1
        try:
            database.verify(mutant)
        except MetamathError:
            refused += 1
    return refused, changed


def c_program_s(path: Path) -> float | None:
    """Wall seconds that the C program says it took, without reading the file."""
    program = shutil.which("metamath")
    if program is None:
        return None
    line = [program, f'read "{path}"', "verify proof *", "exit"]
    said = subprocess.run(line, capture_output=True, text=True, check=False).stdout
    match = re.search(r"verified in ([\d.]+) s", said)
    return float(match[1]) if match else None


if __name__ == "__main__":
    main()
