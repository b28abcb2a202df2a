"""Rows of JSONL, JSON and Parquet files: iterated or addressed, without holding them all.

`iter_rows` reads once from the front; `open_rows` is a sequence that reads a row when asked.
"""

from __future__ import annotations

import gzip
import json
import math
import mmap
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any, NoReturn, overload

from verigrad.core.errors import DataError
from verigrad.tasks.fields import Row

_BOM = b"\xef\xbb\xbf"
_ROWS_PER_BATCH = 1_024


def open_rows(path: Path | str) -> Sequence[Row]:
    """The rows of a file, by its ending; DataError if it is missing, empty or of another kind.

    A JSONL file is mapped and its lines are found at once, parsed when asked for; a Parquet file
    is read one row group at a time. A malformed line is a DataError with its number.
    """
    path = Path(path)
    rows = _opener(path)(path)
    if not len(rows):
        raise DataError(
            "the file has no rows",
            where=str(path),
            cause="an export that wrote nothing, or the wrong file",
            remedy="give a file with at least one row",
        )
    return rows


def iter_rows(path: Path | str) -> Iterator[Row]:
    """The rows of a file in order: `open_rows`, iterated."""
    return iter(open_rows(path))


class JsonlRows(Sequence[Row]):
    """One JSON object a line. Lines of white space are skipped."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._content = _content(path)
        self._starts = array("Q", _line_starts(self._content))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path,)

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            return [self._row(start) for start in self._starts[index]]
        return self._row(self._starts[index])

    def _row(self, start: int) -> Row:
        end = self._content.find(b"\n", start)
        line = self._content[start : end if end >= 0 else len(self._content)]
        try:
            value = _parse(line)
        except (ValueError, RecursionError) as error:
            raise self._malformed(start, _in_words(error)) from None
        if not isinstance(value, dict):
            raise self._malformed(start, f"a JSON {type(value).__name__} instead of an object")
        return value

    def _malformed(self, start: int, why: str) -> DataError:
        number = self._content[:start].count(b"\n") + 1
        return DataError(
            f"line {number:,} cannot be read: {why}",
            where=f"{self.path}:{number}",
            cause="a file cut short, lines joined together, or JSON that is not one object a line",
            remedy="repair or remove this line; every line must be one JSON object in UTF-8",
        )


class ParquetRows(Sequence[Row]):
    """Rows of a Parquet file; the row group last read is kept."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        self.path = path
        try:
            self._file = parquet.ParquetFile(path, memory_map=True)
        except (pa.ArrowInvalid, OSError) as error:
            raise DataError(
                f"not a Parquet file: {str(error).splitlines()[0]}",
                where=str(path),
                cause="a download cut short, or another format under this name",
                remedy="write the file again, or give its real ending",
            ) from None
        groups = range(self._file.num_row_groups)
        sizes = [self._file.metadata.row_group(group).num_rows for group in groups]
        self._ends = list(accumulate(sizes))  # of the row groups, as row numbers
        self._read_group = lru_cache(maxsize=1)(self._file.read_row_group)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path,)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Row]:
        for batch in self._file.iter_batches(batch_size=_ROWS_PER_BATCH):
            yield from batch.to_pylist()

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        numbers = range(len(self))[index]
        if isinstance(numbers, range):
            return [self._row(number) for number in numbers]
        return self._row(numbers)

    def _row(self, number: int) -> Row:
        group = bisect_right(self._ends, number)
        first = self._ends[group - 1] if group else 0
        return self._read_group(group).slice(number - first, 1).to_pylist()[0]


def _open_json(path: Path) -> Sequence[Row]:
    """A JSON array of objects, or JSON lines under the ending `.json`."""
    content = _content(path)
    if content[:64].removeprefix(_BOM).lstrip()[:1] != b"[":
        return JsonlRows(path)
    try:
        rows = _parse(content[:].removeprefix(_BOM))
    except (ValueError, RecursionError) as error:
        why = _in_words(error)
    else:
        wrong = next((i for i, row in enumerate(rows) if not isinstance(row, dict)), None)
        if wrong is None:
            return rows
        why = f"entry {wrong} is a JSON {type(rows[wrong]).__name__} instead of an object"
    raise DataError(
        f"the file cannot be read: {why}",
        where=str(path),
        cause="a file cut short, or JSON that is not an array of objects",
        remedy="repair it, or write one JSON object a line and call it .jsonl",
    )


_OPENERS: dict[str, Callable[[Path], Sequence[Row]]] = {
    ".jsonl": JsonlRows,
    ".ndjson": JsonlRows,
    ".json": _open_json,
    ".parquet": ParquetRows,
    ".pq": ParquetRows,
}


def _opener(path: Path) -> Callable[[Path], Sequence[Row]]:
    ending = Path(path.name.lower().removesuffix(".gz")).suffix
    if not path.is_file():
        raise DataError(
            "the folder is no file" if path.is_dir() else "the file does not exist",
            where=str(path),
            cause="a misspelt path, or one relative to another folder",
            remedy=f"the path is taken from {Path.cwd()}",
        )
    if ending not in _OPENERS:
        raise DataError(
            f'files ending in "{ending}" are not read',
            where=str(path),
            cause="the format is told by the ending",
            remedy=f"use one of {', '.join(_OPENERS)} (the JSON ones also with .gz)",
        )
    return _OPENERS[ending]


def _content(path: Path) -> bytes | mmap.mmap:
    """The bytes of a file: mapped, unless they are compressed or there are none."""
    if path.name.lower().endswith(".gz"):
        try:
            return gzip.decompress(path.read_bytes())
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(
                f"not a gzip file: {error}",
                where=str(path),
                cause="a download cut short, or a plain file under this name",
                remedy="fetch it again, or drop the .gz of its name",
            ) from None
    if not path.stat().st_size:
        return b""
    with path.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


def _line_starts(content: bytes | mmap.mmap) -> Iterator[int]:
    start = len(_BOM) if content[: len(_BOM)] == _BOM else 0
    while start < len(content):
        end = content.find(b"\n", start)
        end = end if end >= 0 else len(content)
        if content[start:end].strip():
            yield start
        start = end + 1


def _parse(text: bytes) -> Any:
    return json.loads(text.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    if math.isinf(number := float(text)):
        raise ValueError(f"{text} is too large")
    return number


def _in_words(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"{error.msg} (column {error.colno})"
        case UnicodeDecodeError():
            return f"not UTF-8 at byte {error.start}"
        case RecursionError():
            return "nested too deeply"
        case _:
            return str(error)
