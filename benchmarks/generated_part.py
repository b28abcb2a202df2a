"""The part of a page that a script writes: what stands between two marks."""

from __future__ import annotations

from pathlib import Path


def write_generated(page: Path, text: str, *, name: str = "") -> None:
    """Replace what stands between `<!-- generated[: name] -->` and `<!-- end[: name] -->`.

    ValueError where the page has no such marks: nothing would be replaced.
    """
    first, last = (f"<!-- {word}{f': {name}' if name else ''} -->" for word in ("generated", "end"))
    whole = page.read_text("utf-8")
    before, found, rest = whole.partition(first)
    _, ended, after = rest.partition(last)
    if not found or not ended:
        raise ValueError(f"{page} has no marks {first} and {last}")
    page.write_text(f"{before}{first}\n{text}\n{last}{after}", "utf-8")
