"""Start a verifier: its file with a showcase, its cases, its tests, all of which run at once."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from verigrad.core.errors import UsageError
from verigrad.verifiers import TABLE

_HERE = Path(__file__).parent
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


def write_verifier(name: str, folder: Path) -> list[Path]:
    """Write the files of a new verifier into `folder`; UsageError where any is already there."""
    if not _NAME.fullmatch(name) or name in TABLE.names:
        raise UsageError(
            f"no name for a new verifier: {name!r}",
            cause="it is taken, or not in small letters, digits and underscores",
            remedy="choose another, such as order_total",
        )
    words = {"name": name, "Class": "".join(part.title() for part in name.split("_"))}
    files = {
        folder / f"{name}.py": "verifier.py.txt",
        folder / f"{name}_cases.jsonl": "cases.jsonl.txt",
        folder / f"test_{name}.py": "test_verifier.py.txt",
    }
    if taken := [str(path) for path in files if path.exists()]:
        raise UsageError(f"already there: {', '.join(taken)}", remedy="choose another --folder")
    folder.mkdir(parents=True, exist_ok=True)
    for path, template in files.items():
        text = (_HERE / template).read_text(encoding="utf-8")
        path.write_text(Template(text).substitute(words), encoding="utf-8")
    return list(files)
