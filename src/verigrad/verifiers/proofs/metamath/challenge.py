"""A Metamath challenge: a trusted database, and the statement to be derived from it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verigrad.core.digests import digest_bytes
from verigrad.core.verdict import Reason
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.proofs.metamath.database import Database
from verigrad.verifiers.proofs.metamath.errors import MetamathError
from verigrad.verifiers.proofs.metamath.frames import Assertion

_KEPT = 4  # databases in memory; set.mm takes 0.3 GB
_CACHE: OrderedDict[str, Database] = OrderedDict()
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Challenge:
    """What must be derived, where, and from what.

    text: the theorem as Metamath source without its proof: `$d`, `$e` and `LABEL $p STATEMENT`.
    wanted: its frame, read in the database. before: only assertions of a smaller index may be
    used. axioms: the `$a` statements that may be used, None for all of them.
    """

    database: Database
    label: str
    text: str
    wanted: Assertion
    before: int | None
    axioms: frozenset[str] | None


def read_challenge(fields: dict[str, Any], *, default_path: str | None) -> Challenge:
    """From the problem's JSON; UnreadableError where it is no challenge."""
    try:
        database = _database(fields, default_path)
        label = fields.get("theorem", "goal")
        text = _text(fields, label)
        further = database.extended(f"${{ {text} $= ? $. $}}")
        before = _before(fields, database)
    except MetamathError as error:
        raise UnreadableError(Reason.BAD_REFERENCE, str(error)) from None
    except OSError as error:
        why = f"the database cannot be read: {error.strerror}"
        raise UnreadableError(Reason.BAD_REFERENCE, why) from None
    axioms = fields.get("axioms")
    allowed = None if axioms is None else frozenset(axioms)
    return Challenge(database, label, text, further.assertions[-1], before, allowed)


def _database(fields: dict[str, Any], default_path: str | None) -> Database:
    text = fields.get("database")
    if text is None:
        if default_path is None:
            raise UnreadableError(Reason.BAD_REFERENCE, "neither a database nor a path to one")
        status = Path(default_path).stat()
        key = f"{default_path} {status.st_mtime_ns} {status.st_size}"
    else:
        key = digest_bytes(str(text).encode())
    with _LOCK:
        if key not in _CACHE:
            source = (
                Path(default_path).read_text("ascii") if text is None and default_path else text
            )
            _CACHE[key] = Database.read(str(source))
            while len(_CACHE) > _KEPT:
                _CACHE.popitem(last=False)
        _CACHE.move_to_end(key)
        return _CACHE[key]


def _text(fields: dict[str, Any], label: str) -> str:
    """`$d`, `$e` and the statement, each checked to be what it is called."""
    hypotheses = fields.get("hypotheses") or {}
    distinct = fields.get("distinct") or []
    statement = fields["statement"]
    words = [*hypotheses, *hypotheses.values(), *(v for group in distinct for v in group)]
    if any("$" in str(word) for word in [*words, statement, label]):
        raise UnreadableError(Reason.BAD_REFERENCE, "a dollar sign in the challenge")
    lines = [f"$d {' '.join(group)} $." for group in distinct]
    lines += [f"{name} $e {expression} $." for name, expression in hypotheses.items()]
    return " ".join([*lines, f"{label} $p {statement}"])


def _before(fields: dict[str, Any], database: Database) -> int | None:
    label = fields.get("before")
    if label is None:
        return None
    found = database.find(label)
    if not isinstance(found, Assertion):
        raise UnreadableError(Reason.BAD_REFERENCE, f"the database has no assertion {label!r}")
    return found.index
