"""Answers kept on disk, by the digest of what was asked: asking again costs nothing."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

from verigrad.core.digests import digest_json
from verigrad.core.errors import SetupError


class AnswerCache:
    """One SQLite file; safe in threads, in several processes, and when killed.

    What is kept is the server's whole answer. The key covers everything that was sent and where,
    so another model, seed or temperature is another entry.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, check_same_thread=False, timeout=60.0)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS answers (digest TEXT PRIMARY KEY, answer TEXT NOT NULL)"
            )
        except (OSError, sqlite3.Error) as error:
            raise SetupError(
                f"cannot keep answers in {path}",
                where=str(error),
                remedy="give `cache` a path that can be written, or leave it out",
            ) from error

    @staticmethod
    def digest(place: str, payload: dict[str, Any]) -> str:
        """The name of an answer: what was sent, and to which address."""
        return digest_json([place, payload])

    def get(self, digest: str) -> dict[str, Any] | None:
        """The answer kept under this digest, if there is one."""
        with self._lock:
            row = self._connection.execute(
                "SELECT answer FROM answers WHERE digest = ?", (digest,)
            ).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, digest: str, answer: dict[str, Any]) -> None:
        """Keep an answer; the first one kept stays."""
        with self._lock, self._connection:
            self._connection.execute(
                "INSERT OR IGNORE INTO answers VALUES (?, ?)", (digest, json.dumps(answer))
            )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
