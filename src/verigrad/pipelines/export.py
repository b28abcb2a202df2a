"""A copy of a run for others: what is private stays out, and the chain still proves the rest."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from verigrad.core.errors import ConfigError, HaltedError, UsageError
from verigrad.records import atomic, chain
from verigrad.records.run import RunFolder

PRIVATE = ("rollouts/*", "evaluation/*.parquet", "report.html", "bias.html")
"""What the model was asked and what it wrote."""
_NEEDED = frozenset({chain.CHAIN, "recipe.toml", "resolved.json", "record.json"})


@dataclass(frozen=True, slots=True)
class Exported:
    """Paths inside the run: what the copy holds, and what it names only."""

    path: Path
    copied: tuple[str, ...]
    withheld: tuple[str, ...]


def export(run: Path, out: Path, *, private: Sequence[str] = ()) -> Exported:
    """Copy a run into the new folder `out`, without the files that match a pattern of `private`.

    Patterns are of a shell (`rollouts/*`). Each must match something: a misspelt one would publish
    what it was meant to keep. HaltedError where the run itself was altered, UsageError where `out`
    is there already, ConfigError for a pattern without a file or one that hides what every run
    must show (the recipe, the record).
    """
    source = RunFolder.open(run).path
    if out.exists():
        raise UsageError(f"{out} is there already", remedy="give a folder that is not")
    if findings := chain.verify_chain(source):
        raise HaltedError(
            f"{findings[0]} (and {len(findings) - 1} more): an altered run is not exported",
            where=str(run),
            remedy="see all with `verigrad check`",
        )
    names = sorted(file.relative_to(source).as_posix() for file in chain.files(source))
    already = sorted(chain.withheld(source))
    hidden = [name for name in names if any(fnmatch(name, pattern) for pattern in private)]
    _require_sense(private, names, hidden)
    shown = [name for name in names if name not in hidden and name != chain.WITHHELD]
    with atomic.new_folder(out) as folder:
        for name in shown:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, target)
        gone = sorted({*already, *hidden})
        if gone:
            atomic.write_json(folder / chain.WITHHELD, {"paths": gone, "patterns": list(private)})
            entry = chain.entry_for(folder, folder / chain.WITHHELD, note="withheld on export")
            chain.append(folder, [entry])
    return Exported(out, tuple(shown), tuple(gone))


def _require_sense(private: Sequence[str], names: Sequence[str], hidden: Sequence[str]) -> None:
    for pattern in private:
        if not any(fnmatch(name, pattern) for name in names):
            raise ConfigError(
                f"no file of the run matches {pattern!r}",
                cause="a misspelt pattern would publish what it was meant to keep",
                remedy="see the run folder for the names; `rollouts/*` is every step's rollouts",
            )
    if needed := sorted(_NEEDED.intersection(hidden)):
        raise ConfigError(f"{needed} must be in every copy", remedy="narrow the pattern")
