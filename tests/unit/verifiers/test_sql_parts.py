"""What the SQL verifier is made of: schemas, data, near misses, row comparison."""

import pytest

from verigrad.core.errors import DataError
from verigrad.verifiers.sql.compare import same_order, same_rows
from verigrad.verifiers.sql.databases import databases
from verigrad.verifiers.sql.near_misses import near_misses
from verigrad.verifiers.sql.question import read_question
from verigrad.verifiers.sql.schema import literals, order_keys, read_schema

SCHEMA = """
CREATE TABLE emp (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL, pay REAL,
  dept INTEGER REFERENCES dept(id), day DATE, on_leave BOOLEAN);
CREATE TABLE dept (id INTEGER, name TEXT UNIQUE, PRIMARY KEY (id));
CREATE TABLE works (emp INTEGER, dept INTEGER, PRIMARY KEY (emp, dept),
  FOREIGN KEY (emp) REFERENCES emp(id));
"""


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
def test_schemas_are_read_parents_first(dialect: str) -> None:
    tables = {table.name: table for table in read_schema(SCHEMA, dialect=dialect)}
    assert list(tables) == ["dept", "emp", "works"]
    kinds = {c.name: (c.kind, c.nullable, c.unique, c.parent) for c in tables["emp"].columns}
    assert kinds == {
        "id": ("integer", False, True, None),
        "name": ("text", False, False, None),
        "pay": ("real", True, False, None),
        "dept": ("integer", True, False, ("dept", "id")),
        "day": ("date", True, False, None),
        "on_leave": ("boolean", True, False, None),
    }
    assert tables["works"].keys == (("emp", "dept"),)
    assert tables["works"].columns[0].parent == ("emp", "id")
    assert [c.unique for c in tables["dept"].columns] == [True, True]


@pytest.mark.parametrize("text", ["", "SELECT 1", "CREATE TABLE t AS SELECT 1", "CREATE TABLE ("])
def test_other_schemas_are_errors(text: str) -> None:
    with pytest.raises(DataError):
        read_schema(text, dialect="sqlite")


def test_data_keeps_keys_and_straddles_constants() -> None:
    tables = read_schema(SCHEMA, dialect="sqlite")
    made = databases(tables, (40, "ann%"), count=20, name="x")
    assert made == databases(tables, (40, "ann%"), count=20, name="x")
    assert made != databases(tables, (40, "ann%"), count=20, name="y")
    assert made[0] == {"dept": [], "emp": [], "works": []}
    names, pays, repeated = set(), set(), 0
    for base in made:
        ids = [row[0] for row in base["emp"]]
        assert len(set(ids)) == len(ids)
        assert None not in ids
        parents = {row[0] for row in base["dept"]}
        assert {row[3] for row in base["emp"]} <= parents | {None}
        pairs = [tuple(row) for row in base["works"]]
        assert len(set(pairs)) == len(pairs)
        names |= {row[1] for row in base["emp"]}
        pays |= {row[2] for row in base["emp"]}
        repeated += len(base["emp"]) - len({tuple(row[1:]) for row in base["emp"]})
    assert {"ann", "annxy", "ANN"} <= names
    assert None not in names
    assert {None, 39.75, 40.0, 40.25} <= pays
    assert repeated > 10


def test_constants_of_a_query() -> None:
    query = "SELECT a FROM t WHERE b > 3 AND c = 'x' AND d < 2.5"
    assert set(literals(query, dialect="sqlite")) == {3, "x", 2.5}


@pytest.mark.parametrize(
    ("query", "width", "keys"),
    [
        ("SELECT a, b FROM t ORDER BY b", 2, (1,)),
        ("SELECT a, b AS x FROM t ORDER BY x DESC, 1", 2, (1, 0)),
        ("SELECT a FROM t ORDER BY b", 1, (1,)),
        ("SELECT COUNT(*) FROM t GROUP BY a ORDER BY COUNT(*) DESC", 1, (0,)),
        ("SELECT a FROM t UNION SELECT b FROM t ORDER BY a", 1, (0,)),
        ("SELECT * FROM t ORDER BY b", None, None),
        ("SELECT DISTINCT a FROM t ORDER BY b", None, None),
    ],
)
def test_order_keys(query: str, width, keys) -> None:
    found = order_keys(query, dialect="sqlite")
    assert found is not None
    assert (found.width, found.keys) == (width, keys)


def test_no_order_no_keys() -> None:
    assert order_keys("SELECT a FROM (SELECT a FROM t ORDER BY a)", dialect="sqlite") is None
    with pytest.raises(DataError):
        order_keys("DELETE FROM t", dialect="sqlite")


def test_near_misses_are_single_changes() -> None:
    query = "SELECT COUNT(a) FROM t JOIN u ON t.i = u.i WHERE b > 3 AND c < 2 ORDER BY a"
    found = near_misses(query, dialect="sqlite", limit=99)
    text = query.replace("3", "{n}")
    for expected in (
        text.format(n=4),
        query.replace("b > 3", "b >= 3"),
        query.replace("AND", "OR"),
        query.replace(" JOIN", " LEFT JOIN"),
        query.replace("COUNT(a)", "COUNT(DISTINCT a)"),
        query.replace(" WHERE b > 3 AND c < 2", ""),
        query.replace("b > 3 AND ", ""),
        query.replace("ORDER BY a", "ORDER BY a DESC"),
        query.replace("SELECT", "SELECT DISTINCT"),
    ):
        assert expected in found
    assert query not in found
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("got", "expected", "verdict"),
    [
        ([[1], [2]], [[2], [1]], True),
        ([[1], [1], [2]], [[1], [2], [2]], False),
        ([[1]], [[1], [1]], False),
        ([[1]], [[1.0]], False),
        ([[1]], [["1"]], False),
        ([[None]], [[0]], False),
        ([[1, 2]], [[2, 1]], False),
        ([[0.1 + 0.2]], [[0.3]], True),
        ([[-0.0]], [[0.0]], True),
        ([["a", "b\x00c"]], [["a\x00b", "c"]], False),
        ([], [], True),
    ],
)
def test_rows_are_counted_and_typed(got, expected, verdict) -> None:
    assert same_rows(got, expected) is verdict


def test_ties_may_change_places_and_nothing_else() -> None:
    expected, keys = [[1], [2], [3]], [["x"], ["x"], ["y"]]
    assert same_order([[2], [1], [3]], expected, keys)
    assert not same_order([[1], [3], [2]], expected, keys)
    assert not same_order([[2], [1], [3]], expected, None)
    assert not same_order([[1], [2]], expected, keys)
    assert same_order([], [], [])


@pytest.mark.parametrize(
    "answer", [None, "{", [], {}, {"schema": "x"}, {"schema": "x", "query": "y", "z": 1}]
)
def test_questions_of_another_form_are_errors(answer) -> None:
    with pytest.raises(DataError):
        read_question(answer)
