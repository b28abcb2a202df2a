"""Run every fenced `python` block of Markdown files, each file top to bottom in one namespace.

A block marked ```python no-run is shown only. Files run in a temporary folder, in processes of
their own. Usage: run_snippets.py PATH...
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BLOCK = re.compile(r"^```python[ \t]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
TIMEOUT_S = 300


def snippets(path: Path) -> str:
    """The file's blocks as one program, every line where it stands in the file."""
    text = path.read_text(encoding="utf-8")
    lines = [""] * (text.count("\n") + 1)
    for match in BLOCK.finditer(text):
        first = text.count("\n", 0, match.start(1))
        for offset, line in enumerate(match[1].splitlines()):
            lines[first + offset] = line
    return "\n".join(lines).rstrip()


def run(path: Path) -> str | None:
    """What went wrong with a file's snippets; None where all ran."""
    program = snippets(path)
    if not program:
        return None
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / f"{path.stem}.py"
        script.write_text(program, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, script],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    return None if done.returncode == 0 else f"{path}:\n{done.stderr[-2000:]}"


def main() -> int:
    """Run all; the exit code says whether every file was sound."""
    roots = [Path(word).resolve() for word in sys.argv[1:]]
    files = sorted(f for r in roots for f in ([r] if r.is_file() else r.rglob("*.md")))
    with ThreadPoolExecutor(2) as pool:
        faults = [fault for fault in pool.map(run, files) if fault]
    print("\n".join(faults) or f"snippets of {len(files)} files ran")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
