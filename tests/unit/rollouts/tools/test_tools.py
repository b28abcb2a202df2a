"""Python, search and SQL: what they answer, and what a policy is told when it asks wrongly."""

import math

import pytest

from verigrad.core.errors import DataError, SetupError
from verigrad.rollouts.tools import TOOLS
from verigrad.rollouts.tools.base import ToolError
from verigrad.rollouts.tools.python import Python
from verigrad.rollouts.tools.search import Bm25, Search
from verigrad.rollouts.tools.sql import SqlQuery
from verigrad.sandbox import Job, Result, Status, failed, use_sandbox
from verigrad.sandbox.scripted import Scripted


@pytest.fixture
def scripted():
    def use(answer):
        sandbox = Scripted(answer)
        use_sandbox(sandbox)
        return sandbox

    yield use
    use_sandbox(None)


def test_schemas_are_openai_functions():
    for name in TOOLS.names:
        schema = TOOLS.load(name)().schema()
        assert schema["type"] == "function"
        assert set(schema["function"]) == {"name", "description", "parameters"}
        parameters = schema["function"]["parameters"]
        assert parameters["type"] == "object"
        assert set(parameters["required"]) <= set(parameters["properties"])
        assert "title" not in str(schema)


def test_a_program_is_handed_to_the_sandbox_with_its_limits(scripted):
    sandbox = scripted([Result(Status.EXITED, 0, b"4\n")])
    assert Python(time_limit_s=2.5).answer({"code": "print(4)"}) == "4\n"
    (job,) = sandbox.jobs
    assert isinstance(job, Job)
    assert job.files == {"main.py": b"print(4)"}
    assert (job.limits.wall_s, job.limits.cpu_s) == (2.5, 3)
    assert job.minimum.is_wall


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (Result(Status.EXITED, 1, b"before\n", b"x\nValueError: no"), "before\nthe program failed"),
        (Result(Status.TIMEOUT), "ended by timeout"),
        (Result(Status.MEMORY), "ended by memory"),
        (Result(Status.SIGNALLED, -11), "the program failed"),
    ],
)
def test_a_program_that_fails_is_told_of(scripted, result, told):
    scripted([result])
    with pytest.raises(ToolError, match=told):
        Python().answer({"code": "..."})


def test_a_sandbox_that_fails_is_not_the_calls_fault(scripted):
    scripted([failed("no zygote")])
    with pytest.raises(SetupError, match="could not run"):
        Python().answer({"code": "print(4)"})


def test_a_program_that_prints_nothing(scripted):
    scripted([Result(Status.EXITED, 0, b"")])
    assert Python().answer({"code": "4"}) == "(nothing was printed)"
    with pytest.raises(ToolError, match="characters long"):
        Python(max_code_chars=5).answer({"code": "123456"})


def test_python_in_the_real_sandbox():
    assert Python().answer({"code": "print(2 ** 64)"}) == "18446744073709551616\n"
    with pytest.raises(ToolError, match="ZeroDivisionError"):
        Python().answer({"code": "1/0"})
    with pytest.raises(ToolError, match="ended by timeout"):
        Python(time_limit_s=0.5).answer({"code": "while True: pass"})


def test_bm25_by_hand():
    """Two of three documents have "red": idf = ln(1 + 1.5 / 2.5); lengths 3, 4, 3, mean 10/3."""
    index = Bm25(["a red fox", "a red red rose", "a blue sea"])
    idf = math.log(1 + 1.5 / 2.5)
    first = idf * 1 * 2.5 / (1 + 1.5 * (0.25 + 0.75 * 3 / (10 / 3)))
    second = idf * 2 * 2.5 / (2 + 1.5 * (0.25 + 0.75 * 4 / (10 / 3)))
    found = dict(index.best("Red?", 5))
    assert found == {1: pytest.approx(second), 0: pytest.approx(first)}
    assert index.best("green", 5) == []
    assert Bm25([]).best("red", 1) == []


def test_search_over_the_problems_documents(tmp_path):
    info = {"documents": ["Paris is in France.", {"title": "Rome", "text": "is in Italy. " * 9}]}
    search = Search(max_chars=20, num_results=1).begin(info)
    assert search.answer({"query": "where is Rome"}) == "1. Rome: is in Italy. i"
    assert search.answer({"query": "?!"}) == "nothing found"
    with pytest.raises(ToolError, match="search: query"):
        search.answer({"query": ""})
    with pytest.raises(DataError, match="no documents"):
        Search().begin({})
    path = tmp_path / "documents.jsonl"
    path.write_text('{"text": "Oslo is in Norway."}\n')
    from_file = Search(path=str(path)).begin({})
    assert "Oslo" in from_file.answer({"query": "norway"})
    with pytest.raises(DataError, match="cannot read documents"):
        Search(path=str(tmp_path / "none.jsonl"))


DATABASE = {
    "schema": "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, height REAL)",
    "rows": {"people": [[1, "Ada", 1.7], [2, "Bob", None], [3, "Cy", 1.6]]},
}


def test_sql_over_the_problems_database():
    sql = SqlQuery(max_rows=2).begin({"database": DATABASE})
    query = "SELECT name, height FROM people ORDER BY id"
    assert sql.answer({"query": query}) == "Ada | 1.7\nBob | NULL\n... 1 more"
    assert sql.answer({"query": "SELECT 9223372036854775807"}) == "9223372036854775807"
    assert sql.answer({"query": "SELECT 1 WHERE 0"}) == "(no rows)"
    for query in ("SELECT nope FROM people", "DELETE FROM people", "SELECT"):
        with pytest.raises(ToolError):
            sql.answer({"query": query})
    assert sql.answer({"query": "SELECT count(*) FROM people"}) == "3"


def test_a_problem_without_a_database_is_named():
    with pytest.raises(DataError, match=r'info\["database"\]'):
        SqlQuery().begin({})
