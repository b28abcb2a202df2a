"""Make jobs of our child programs: the loader as entry, everything else through descriptor 3."""

from __future__ import annotations

import importlib.util
import marshal
import secrets
from functools import lru_cache
from pathlib import Path

_CHILD = Path(__file__).parent / "child"
_OURS = ("from verigrad.", "from __future__")


ENTRY = "verigrad_loader.py"


def job_files(others: tuple[tuple[str, str], ...] = ()) -> dict[str, bytes]:
    """The entry file, and the other files of a multi-file solution beside it."""
    beside = {name: text.encode("utf-8", "surrogatepass") for name, text in others}
    return {**beside, ENTRY: _loader()}


@lru_cache
def _loader() -> bytes:
    return (_CHILD / "loader.py").read_bytes()


@lru_cache
def program_text(*names: str | Path) -> str:
    """The files of `child/`, or of a path, as one program: later ones see earlier ones' names."""
    lines = [line for name in names for line in _lines(name) if not line.startswith(_OURS)]
    return "\n".join(["from __future__ import annotations", *lines])


def _lines(name: str | Path) -> list[str]:
    path = _CHILD / f"{name}.py" if isinstance(name, str) else name
    return path.read_text("utf-8").split("\n")


@lru_cache(maxsize=1024)
def compiled(text: str, *, filename: str = "<verigrad>") -> bytes:
    """Marshalled code of trusted source text; SyntaxError where it is none.

    Compiled here, executed only inside a sandbox.
    """
    return marshal.dumps(compile(text, filename, "exec", dont_inherit=True))


def sections(*parts: bytes) -> bytes:
    """Parts with their lengths in front, as the loader reads them."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def message(names: tuple[str | Path, ...], *arguments: bytes) -> bytes:
    """What descriptor 3 carries: the program made of `names`, and its arguments."""
    text = program_text(*names)
    magic = importlib.util.MAGIC_NUMBER
    return sections(magic, compiled(text), text.encode(), *arguments)


def new_nonce() -> str:
    """32 hexadecimal digits nobody else knows."""
    return secrets.token_hex(16)
