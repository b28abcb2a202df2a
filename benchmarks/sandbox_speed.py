"""How fast untrusted programs run: the sandbox beside what it replaces, all in one run.

`make bench-sandbox`, or `python benchmarks/sandbox_speed.py [--seconds 4] [--slots 2]`. Every job
reads a number and prints its square; every answer is checked. The alternatives start one process
per job: a bare interpreter without any isolation, and bubblewrap around it. CPU per job is exact
but for bubblewrap, whose inner process nobody waits for. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sandbox_endurance import cpu_s

from verigrad.sandbox import Job, Level, Sandbox
from verigrad.sandbox.levels import LADDER, try_level
from verigrad.sandbox.local import LocalSandbox

SOURCES = {
    "python": b"n = int(input())\nprint(n * n)\n",
    "python-numpy": b"import numpy as np\nn = int(input())\nprint(int(np.int64(n) * n))\n",
    "python-sympy": b"import sympy\nn = sympy.Integer(input())\nprint(n * n)\n",
}
CANDIDATE = b"""
import os
def add(a, b):
    return a + b
while line := os.read(5, 4096):
    os.write(6, str(add(*map(int, line.split()))).encode())
"""
TESTS = b"""
import os
def add(a, b):
    os.write(6, f"{a} {b}".encode())
    return int(os.read(5, 4096))
for number in range(23):
    assert add(number, 5) == number + 5
os.write(4, b"23 asserts held")
"""


def job(preset: str, number: int = 3) -> Job:
    return Job(preset=preset, files={"main.py": SOURCES[preset]}, stdin=f"{number}\n".encode())


def check(condition: object, what: object) -> None:
    if not condition:
        raise SystemExit(f"a wrong answer: {what}")


def run_job(sandbox: Sandbox, preset: str) -> None:
    result = sandbox.run(job(preset))
    check(result.stdout == b"9\n", result)


def run_pair(sandbox: Sandbox) -> None:
    tests, candidate = Job(files={"main.py": TESTS}), Job(files={"main.py": CANDIDATE})
    result, _ = sandbox.run_pair(tests, candidate)
    check(result.message == b"23 asserts held", result)


def run_process(line: list[str]) -> None:
    done = subprocess.run(line, input=b"3\n", capture_output=True, check=True)
    check(done.stdout == b"9\n", done)


def bare_line(interpreter: str) -> list[str]:
    return [interpreter, "-I", "-S", "-E", "-c", SOURCES["python"].decode()]


def bubblewrap_line(interpreter: str) -> list[str] | None:
    found = shutil.which("bwrap")
    if found is None:
        return None
    shown = ["/usr", "/bin", "/lib", "/lib64", sys.base_prefix]
    binds = [part for path in shown if Path(path).exists() for part in ("--ro-bind", path, path)]
    walls = [
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--tmpfs",
        "/tmp",
        "--dev",
        "/dev",
    ]
    return [found, *walls, *binds, "--clearenv", *bare_line(interpreter)]


def throughput(work: Callable[[], None], *, seconds: float, threads: int) -> float:
    """Jobs a second with `threads` callers, after a warm-up."""
    counts = [0] * threads
    until = time.perf_counter() + seconds

    def caller(position: int) -> None:
        while time.perf_counter() < until:
            work()
            counts[position] += 1

    callers = [threading.Thread(target=caller, args=(position,)) for position in range(threads)]
    start = time.perf_counter()
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join()
    return sum(counts) / (time.perf_counter() - start)


def latency_ms(work: Callable[[], None], *, seconds: float) -> dict[str, float]:
    """Median, fastest and 95th percentile of one caller's round trips."""
    times, until = [], time.perf_counter() + seconds
    while time.perf_counter() < until:
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    ordered = sorted(times)
    return {
        "median": statistics.median(ordered),
        "min": ordered[0],
        "p95": ordered[int(len(ordered) * 0.95)],
    }


def cpu_with_children_s() -> float:
    """CPU time of everything we start: other load on the machine does not change it."""
    times = os.times()
    return cpu_s() + times.children_user + times.children_system


def measure(
    name: str, work: Callable[[], None], *, seconds: float, threads: int
) -> dict[str, object]:
    for _ in range(5):
        work()
    row = {"name": name, "latency_ms": latency_ms(work, seconds=seconds / 2)}
    start, used = time.perf_counter(), cpu_with_children_s()
    row["per_second"] = throughput(work, seconds=seconds, threads=threads)
    jobs = row["per_second"] * (time.perf_counter() - start)
    row["cpu_ms_per_job"] = (cpu_with_children_s() - used) / jobs * 1000
    show = row["latency_ms"]
    times = f"{show['median']:8.2f} {show['min']:8.2f} {show['p95']:8.2f}"
    cost = row["cpu_ms_per_job"]
    print(f"{name:34} {times} {row['per_second']:9.0f} {cost:8.2f}", flush=True)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0, help="per row")
    parser.add_argument("--slots", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--levels", action="store_true", help="every level, not only the best")
    options = parser.parse_args()
    print(f"{'':34} {'median':>8} {'min':>8} {'p95':>8} {'jobs/s':>9} {'CPU':>8}")
    print(f"{'':34} {'ms':>8} {'ms':>8} {'ms':>8} {'':>9} {'ms/job':>8}")
    rows = []
    timing = {"seconds": options.seconds, "threads": options.slots}
    best = next(level for level in LADDER if not try_level(level))
    chosen = [level for level in LADDER if not try_level(level)] if options.levels else [best]
    for level in chosen:
        with LocalSandbox(
            slots=options.slots, level=level, allow_unsafe=level is Level.PROCESS
        ) as sandbox:
            for preset in SOURCES:
                sandbox.warm(preset)
                rows.append(
                    measure(f"{level} {preset}", lambda p=preset: run_job(sandbox, p), **timing)
                )
            rows.append(
                measure(f"{level} two processes, 23 calls", lambda: run_pair(sandbox), **timing)
            )
    interpreter = str(Path(sys.executable).resolve())  # no venv: less to start, less to bind
    bare = bare_line(interpreter)
    rows.append(measure("bare python -I -S -E", lambda: run_process(bare), **timing))
    if wrapped := bubblewrap_line(interpreter):
        rows.append(measure("bwrap python -I -S -E", lambda: run_process(wrapped), **timing))
    print(json.dumps(summary(rows, best, options.slots)))


def summary(rows: list[dict], best: Level, slots: int) -> dict[str, object]:
    rates = {row["name"]: row["per_second"] for row in rows}
    ours = rates[f"{best} python"]
    others = {name: ours / rates[name] for name in rates if "-I" in name}
    return {
        "benchmark": "sandbox_speed",
        "level": best.value,
        "slots": slots,
        "rows": rows,
        "times_faster_than": {name: round(value, 2) for name, value in others.items()},
    }


if __name__ == "__main__":
    main()
