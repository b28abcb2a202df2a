"""Reading rows: endings, broken lines with their numbers, fields with dots."""

import gzip
import json
import pickle

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from verigrad.core.errors import DataError
from verigrad.tasks.fields import field_names, get_field, has_field
from verigrad.tasks.rows import iter_rows, open_rows

ROWS = [{"question": f"{n}+1=", "meta": {"gold": str(n + 1)}} for n in range(7)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


@pytest.fixture(
    params=[
        "rows.jsonl",
        "rows.ndjson",
        "rows.JSONL",
        "rows.jsonl.gz",
        "rows.json",
        "lines.json",
        "rows.parquet",
    ]
)
def path(request, tmp_path):
    path = tmp_path / request.param
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path, row_group_size=3)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(LINES.encode(), mtime=0))
    else:
        path.write_text(json.dumps(ROWS) if path.name == "rows.json" else LINES)
    return path


def test_every_ending_gives_the_same_rows(path):
    rows = open_rows(path)
    assert len(rows) == 7
    assert list(rows) == list(iter_rows(path)) == ROWS
    assert [rows[index] for index in (6, 0, 3, -1)] == [ROWS[6], ROWS[0], ROWS[3], ROWS[6]]
    assert list(rows[2:5]) == ROWS[2:5]
    with pytest.raises(IndexError):
        rows[7]
    assert list(pickle.loads(pickle.dumps(rows))) == ROWS


def test_blank_lines_a_byte_order_mark_and_no_last_newline_are_no_rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\n\n  \r\n{"a": 2}\r\n{"a": "\xc3\xa9"}')
    assert list(open_rows(path)) == [{"a": 1}, {"a": 2}, {"a": "é"}]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"a": 1', "column"),
        (b"[1, 2]", "list instead of an object"),
        (b'"text"', "str instead of an object"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": 1e999}', "too large"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a": 1} {"a": 2}', "column"),
    ],
)
def test_a_broken_line_is_named_by_its_number(tmp_path, line, why):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a": 1}\n\n' + line + b'\n{"a": 3}\n')
    rows = open_rows(path)
    assert rows[2] == {"a": 3}
    for read in (lambda: rows[1], lambda: list(rows)):
        with pytest.raises(DataError, match=r"^line 3 cannot be read") as caught:
            read()
        assert why in caught.value.what
        assert caught.value.where == f"{path}:3"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("empty.jsonl", b"", "no rows"),
        ("blank.jsonl", b"\n \n", "no rows"),
        ("empty.json", b"[]", "no rows"),
        ("empty.jsonl.gz", gzip.compress(b"", mtime=0), "no rows"),
        ("cut.jsonl.gz", gzip.compress(LINES.encode(), mtime=0)[:-12], "not a gzip file"),
        ("plain.jsonl.gz", LINES.encode(), "not a gzip file"),
        ("text.parquet", LINES.encode(), "not a Parquet file"),
        ("rows.csv", b"a,b\n1,2\n", 'files ending in ".csv" are not read'),
        ("rows", b"{}", "are not read"),
        ("cut.json", b'[{"a": 1},', "cannot be read"),
        ("mixed.json", b'[{"a": 1}, 2]', "entry 1 is a JSON int"),
    ],
)
def test_files_that_are_not_what_they_say(tmp_path, name, content, why):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=why) as caught:
        open_rows(tmp_path / name)
    assert name in caught.value.where
    assert caught.value.remedy


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        open_rows(tmp_path / "none.jsonl")
    with pytest.raises(DataError, match="folder is no file"):
        open_rows(tmp_path)


def test_an_empty_parquet_file_has_no_rows(tmp_path):
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), tmp_path / "rows.parquet")
    with pytest.raises(DataError, match="no rows"):
        open_rows(tmp_path / "rows.parquet")


ROW = {"6b": {"solution": "A", "steps": ["x", "y"]}, "a.b": 1, "a": {"b": 2, "c": None}}


@pytest.mark.parametrize(
    ("name", "value"),
    [("6b.solution", "A"), ("6b.steps.1", "y"), ("a.b", 1), ("a.c", None), ("a", ROW["a"])],
)
def test_fields_follow_dots_and_literal_names_win(name, value):
    assert get_field(ROW, name) == value
    assert has_field(ROW, name)


@pytest.mark.parametrize("name", ["6b.solutoin", "6b.steps.2", "6b.steps.-1", "a.c.d", "", "b"])
def test_a_missing_field_names_those_there_are(name):
    assert not has_field(ROW, name)
    with pytest.raises(DataError) as caught:
        get_field(ROW, name, where="here")
    assert "6b.solution, 6b.steps, a.b, a.b, a.c" in caught.value.remedy
    if name == "6b.solutoin":
        assert 'did you mean "6b.solution"?' in caught.value.remedy


def test_field_names_of_flat_rows():
    assert field_names({"a": 1, "b": {}}) == ["a", "b"]
