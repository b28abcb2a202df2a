"""Does the sandbox last: many jobs, one in twenty hostile, zygotes killed at random.

`python benchmarks/sandbox_endurance.py [--jobs 200000] [--hostile 0.05] [--kills 200]`. Every
answer is checked, every hostile job must end as its kind ends, and memory, processes, descriptors
and mounts are counted before and after. Throughput is taken from the honest windows at the start
and at the end. The last line is JSON; the exit code is 1 when something leaked or lied.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from verigrad.sandbox import Job, Limits, Result, Status
from verigrad.sandbox.local import LocalSandbox

SOON = Limits(wall_s=0.2, memory_mb=64)
HOSTILE: list[tuple[str, bytes, set[Status]]] = [
    ("sleep", b"import time\ntime.sleep(9)", {Status.TIMEOUT}),
    ("flood", b"while True: print('x' * 1000)", {Status.OUTPUT_LIMIT}),
    ("memory", b"x = bytearray(10 ** 9)", {Status.MEMORY}),
    (
        "daemon",
        b"import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(99)",
        {Status.EXITED},
    ),
    (
        "bomb",
        b"import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        {Status.TIMEOUT},
    ),
    (
        "litter",
        b"import os\nfor n in range(50): open(str(n), 'w').write('x')\nos.mkdir('d', 0)",
        {Status.EXITED},
    ),
    ("crash", b"import ctypes\nctypes.string_at(0)", {Status.SIGNALLED}),
    (
        "forge",
        b"import os\nos.write(4, b'42')\nos.write(2, b'sandbox: no')\nos._exit(0)",
        {Status.EXITED},
    ),
    ("kill", b"import os\nos.kill(0, 9)\nos.kill(-1, 9)", {Status.EXITED, Status.SIGNALLED}),
    ("descriptors", b"import os\nos.closerange(0, 99)\nraise SystemExit(3)", {Status.EXITED}),
]
LOOK_EVERY = 20_000  # jobs between two looks at our own memory
SQUARE = b"n = int(input())\nprint(n * n)\n"


class Books:
    """What was run and what came of it, shared by the callers."""

    def __init__(self, jobs: int) -> None:
        self.left = jobs
        self.lock = threading.Lock()
        self.ends: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.killed_twice = 0
        self.resident_kb: list[int] = []

    def take(self) -> int | None:
        with self.lock:
            if self.left % LOOK_EVERY == 0:
                self.resident_kb.append(resident_kb("self"))
            self.left -= 1
            return self.left if self.left >= 0 else None

    def note(self, name: str, result: Result, *, ok: bool) -> None:
        with self.lock:
            self.ends[f"{name}: {result.status.value}"] += 1
            if result.status is Status.FAILED and "zygote died" in result.why:
                self.killed_twice += 1  # the contract: tried once more, then failed, never judged
            elif not ok and len(self.wrong) < 20:
                self.wrong.append(f"{name}: {result}"[:500])


def caller(sandbox: LocalSandbox, books: Books, *, hostile: float, seed: int) -> None:
    choose = random.Random(seed)
    while (number := books.take()) is not None:
        if choose.random() < hostile:
            name, source, ends = choose.choice(HOSTILE)
            result = sandbox.run(Job(files={"main.py": source}, limits=SOON))
            books.note(name, result, ok=result.status in ends)
        else:
            result = sandbox.run(Job(files={"main.py": SQUARE}, stdin=f"{number}\n".encode()))
            right = result.stdout == f"{number * number}\n".encode()
            books.note("honest", result, ok=right and result.status is Status.EXITED)


def killer(kills: int, stop: threading.Event, done: list[int]) -> None:
    """Send SIGKILL to process 0 or to the zygote itself, at random times.

    Never twice within the time that a job and its second try need: such a job would rightly be
    `failed`, and so hide one that was lost by a fault.
    """
    choose = random.Random(7)
    while len(done) < kills and not stop.wait(choose.uniform(1.0, 2.0)):
        found = descendants(os.getpid())
        if found:
            victim = choose.choice(found)
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                continue
            done.append(victim)


def children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(c) for task in tasks for c in (task / "children").read_text().split()]
    except OSError:
        return []


def descendants(pid: int) -> list[int]:
    """Processes 0 and zygotes: two generations."""
    first = children(pid)
    return [*first, *(c for p in first for c in children(p))]


def resident_kb(pid: int | str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def census() -> dict[str, int]:
    """What could leak."""
    zygotes = descendants(os.getpid())
    return {
        "trainer_kb": resident_kb("self"),
        "zygotes_kb": max((resident_kb(pid) for pid in zygotes), default=0),
        "processes": len(zygotes),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "mounts": len(Path("/proc/self/mounts").read_text().splitlines()),
        "zygote_mounts": max((mounts(pid) for pid in zygotes), default=0),
        "boxes": len(list(Path("/tmp").glob("verigrad-box-*"))),
    }


def mounts(pid: int) -> int:
    try:
        return len(Path(f"/proc/{pid}/mounts").read_text().splitlines())
    except OSError:
        return 0


def cpu_s() -> float:
    """CPU time of ourselves, the zygotes, and all jobs that they have waited for."""
    ticks = 0
    for pid in [os.getpid(), *descendants(os.getpid())]:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        own, waited = map(int, fields[11:13]), map(int, fields[13:15])
        ticks += sum(own) + (0 if pid == os.getpid() else sum(waited))
    return ticks / os.sysconf("SC_CLK_TCK")


def honest_rate(sandbox: LocalSandbox, *, jobs: int, threads: int) -> tuple[float, float]:
    """Jobs a second and CPU milliseconds a job, without hostile ones."""
    books = Books(jobs)
    start, used = time.perf_counter(), cpu_s()
    run_callers(sandbox, books, hostile=0.0, threads=threads)
    if books.wrong:
        raise SystemExit(books.wrong[0])
    return jobs / (time.perf_counter() - start), (cpu_s() - used) / jobs * 1000


def run_callers(sandbox: LocalSandbox, books: Books, *, hostile: float, threads: int) -> None:
    pool = [
        threading.Thread(
            target=caller, args=(sandbox, books), kwargs={"hostile": hostile, "seed": seed}
        )
        for seed in range(threads)
    ]
    for thread in pool:
        thread.start()
    for thread in pool:
        thread.join()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=200_000)
    parser.add_argument("--hostile", type=float, default=0.05)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--slots", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--callers", type=int, default=8, help="more than slots: timeouts overlap")
    options = parser.parse_args()
    books, done, stop = Books(options.jobs), [], threading.Event()
    with LocalSandbox(slots=options.slots) as sandbox:
        honest_rate(sandbox, jobs=500, threads=options.slots)
        before = census()
        first = honest_rate(sandbox, jobs=3000, threads=options.slots)
        hunting = threading.Thread(target=killer, args=(options.kills, stop, done))
        hunting.start()
        start = time.perf_counter()
        run_callers(sandbox, books, hostile=options.hostile, threads=options.callers)
        took = time.perf_counter() - start
        stop.set()
        hunting.join()
        honest_rate(sandbox, jobs=500, threads=options.slots)
        last = honest_rate(sandbox, jobs=3000, threads=options.slots)
        after = census()
    left = descendants(os.getpid())
    report = {
        "benchmark": "sandbox_endurance",
        "level": sandbox.level.value,
        "jobs": options.jobs,
        "seconds": round(took, 1),
        "zygotes_killed": len(done),
        "ends": dict(sorted(books.ends.items())),
        "killed_twice": books.killed_twice,
        "wrong": books.wrong,
        "trainer_kb_on_the_way": books.resident_kb,
        "before": before,
        "after": after,
        "processes_left": left,
        "first_per_second": round(first[0], 1),
        "last_per_second": round(last[0], 1),
        "first_cpu_ms_per_job": round(first[1], 3),
        "last_cpu_ms_per_job": round(last[1], 3),
    }
    for name in before:
        print(f"{name:16} {before[name]:8} -> {after[name]:8}")
    print(f"honest jobs/s    {first[0]:8.0f} -> {last[0]:8.0f}; {len(done)} zygotes killed")
    print(f"CPU ms per job   {first[1]:8.2f} -> {last[1]:8.2f} (other load does not change this)")
    print(f"trainer's kB on the way: {books.resident_kb}")
    for name, count in report["ends"].items():
        print(f"  {name:28} {count}")
    print(json.dumps(report))
    return 1 if books.wrong or left else 0


if __name__ == "__main__":
    sys.exit(main())
