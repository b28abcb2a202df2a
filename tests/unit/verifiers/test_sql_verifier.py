"""Equivalent queries pass, near misses do not, over hand-made and over generated schemas."""

import random

import pytest

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Status
from verigrad.sandbox import failed, use_sandbox
from verigrad.sandbox.local import LocalSandbox
from verigrad.sandbox.presets import missing
from verigrad.sandbox.scripted import Scripted
from verigrad.verifiers import TABLE
from verigrad.verifiers.sql import Sql

SHOP = """
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer(id),
  amount REAL, items INTEGER NOT NULL);
"""

# reference, equivalents, near misses
QUESTIONS = [
    (
        "SELECT name FROM customer WHERE city = 'Rome'",
        [
            "SELECT c.name FROM customer AS c WHERE 'Rome' = c.city",
            "SELECT name FROM customer WHERE city IN ('Rome')",
            "SELECT name FROM (SELECT * FROM customer) AS q WHERE NOT city <> 'Rome'",
        ],
        [
            "SELECT DISTINCT name FROM customer WHERE city = 'Rome'",
            "SELECT name FROM customer WHERE city LIKE '%Rome%'",
            "SELECT name FROM customer WHERE LOWER(city) = 'rome'",
            "SELECT name FROM customer WHERE city <> 'Rome'",
            "SELECT name FROM customer",
            "SELECT id FROM customer WHERE city = 'Rome'",
            "SELECT name, city FROM customer WHERE city = 'Rome'",
            "SELECT name FROM customer WHERE city = 'Rome' OR city IS NULL",
        ],
    ),
    (
        "SELECT c.name, COUNT(o.id) FROM customer c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id, c.name",
        [
            "SELECT name, (SELECT COUNT(*) FROM orders WHERE customer_id = customer.id) FROM customer",
        ],
        [
            "SELECT c.name, COUNT(*) FROM customer c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id, c.name",
            "SELECT c.name, COUNT(o.id) FROM customer c JOIN orders o ON o.customer_id = c.id GROUP BY c.id, c.name",
            "SELECT c.name, COUNT(o.id) FROM customer c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.name",
            "SELECT c.name, COUNT(DISTINCT o.amount) FROM customer c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id, c.name",
            "SELECT COUNT(o.id), c.name FROM customer c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id, c.name",
        ],
    ),
    (
        "SELECT SUM(amount) FROM orders WHERE items > 2",
        ["SELECT SUM(o.amount) FROM orders o WHERE o.items >= 3"],
        [
            "SELECT SUM(amount) FROM orders WHERE items >= 2",
            "SELECT SUM(DISTINCT amount) FROM orders WHERE items > 2",
            "SELECT COALESCE(SUM(amount), 0) FROM orders WHERE items > 2",
            "SELECT AVG(amount) FROM orders WHERE items > 2",
            "SELECT SUM(amount) FROM orders",
            "SELECT MAX(amount) FROM orders WHERE items > 2",
        ],
    ),
    (
        "SELECT name FROM customer WHERE id NOT IN (SELECT customer_id FROM orders WHERE customer_id IS NOT NULL)",
        [
            "SELECT name FROM customer c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)",
            "SELECT c.name FROM customer c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL",
        ],
        [
            "SELECT name FROM customer WHERE id NOT IN (SELECT customer_id FROM orders)",
            "SELECT name FROM customer WHERE id IN (SELECT customer_id FROM orders)",
            "SELECT DISTINCT c.name FROM customer c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL",
            "SELECT name FROM customer WHERE id NOT IN (SELECT id FROM orders)",
        ],
    ),
    (
        "SELECT city, AVG(amount) FROM customer JOIN orders ON customer.id = customer_id GROUP BY city HAVING COUNT(*) > 1 ORDER BY city",
        [
            "SELECT city, SUM(amount) / COUNT(amount) FROM orders JOIN customer ON customer.id = customer_id GROUP BY city HAVING COUNT(*) >= 2 ORDER BY 1",
        ],
        [
            "SELECT city, AVG(amount) FROM customer JOIN orders ON customer.id = customer_id GROUP BY city HAVING COUNT(*) > 1 ORDER BY city DESC",
            "SELECT city, AVG(amount) FROM customer JOIN orders ON customer.id = customer_id GROUP BY city ORDER BY city",
            "SELECT city, SUM(amount) / COUNT(*) FROM customer JOIN orders ON customer.id = customer_id GROUP BY city HAVING COUNT(*) > 1 ORDER BY city",
            "SELECT city, AVG(amount) FROM customer JOIN orders ON customer.id = customer_id GROUP BY city HAVING COUNT(*) > 1 ORDER BY 2",
            "SELECT city, AVG(amount) FROM customer LEFT JOIN orders ON customer.id = customer_id GROUP BY city HAVING COUNT(*) > 1 ORDER BY city",
        ],
    ),
    (
        "SELECT name FROM customer UNION SELECT city FROM customer WHERE city IS NOT NULL",
        ["SELECT DISTINCT x FROM (SELECT name AS x FROM customer UNION ALL SELECT city FROM customer) AS q WHERE x IS NOT NULL"],
        [
            "SELECT name FROM customer UNION ALL SELECT city FROM customer WHERE city IS NOT NULL",
            "SELECT name FROM customer UNION SELECT city FROM customer",
            "SELECT name FROM customer INTERSECT SELECT city FROM customer",
            "SELECT DISTINCT name FROM customer",
        ],
    ),
    (
        "SELECT id FROM orders ORDER BY amount DESC, id LIMIT 3",
        ["SELECT id FROM orders ORDER BY amount DESC, id ASC LIMIT 3 OFFSET 0"],
        [
            "SELECT id FROM orders ORDER BY amount DESC, id LIMIT 2",
            "SELECT id FROM orders ORDER BY amount, id LIMIT 3",
            "SELECT id FROM orders ORDER BY amount DESC, id DESC LIMIT 3",
            "SELECT id FROM orders ORDER BY amount DESC, id LIMIT 3 OFFSET 1",
            "SELECT id FROM orders ORDER BY items DESC, id LIMIT 3",
            "SELECT id FROM orders LIMIT 3",
        ],
    ),
]  # fmt: skip

# queries that mean the same and are not accepted: the price of typed, positional comparison
KNOWN_FALSE_NEGATIVES = [
    ("SELECT name, city FROM customer", "SELECT city, name FROM customer", "columns in another order"),
    ("SELECT COUNT(*) FROM orders", "SELECT COUNT(*) * 1.0 FROM orders", "a real for an integer"),
    ("SELECT id FROM orders ORDER BY id", "SELECT id || '' FROM orders ORDER BY id", "text for a number"),
]  # fmt: skip


pytestmark = pytest.mark.usefixtures("local")


def policy(dialect: str) -> Sql:
    """DuckDB takes 20 ms a database; a smaller pool keeps the suite short."""
    return Sql() if dialect == "sqlite" else Sql(pool=14, num_databases=8)


def question(schema: str, query: str, dialect: str = "sqlite", **more) -> Problem:
    return Problem.of("?", {"schema": schema, "query": query, "dialect": dialect, **more})


def test_the_table_knows_it() -> None:
    assert TABLE.load("sql") is Sql


@pytest.mark.parametrize("index", range(len(QUESTIONS)))
def test_equivalents_pass_and_near_misses_do_not(index: int) -> None:
    judge_question(index, "sqlite")


@pytest.mark.parametrize(
    "index", [0, *(pytest.param(i, marks=pytest.mark.slow) for i in range(1, len(QUESTIONS)))]
)
def test_duckdb_judges_alike(index: int) -> None:
    if why := missing("python-duckdb"):
        pytest.skip(why)
    judge_question(index, "duckdb")


def judge_question(index: int, dialect: str) -> None:
    reference, same, near = QUESTIONS[index]
    verifier, problem = policy(dialect), question(SHOP, reference, dialect)
    assert verifier.check_reference(problem).is_correct, verifier.check_reference(problem)
    for query in same:
        verdict = verifier.verify(problem, query)
        assert verdict.is_correct, (query, verdict.evidence)
    for query in near:
        verdict = verifier.verify(problem, query)
        assert verdict.status is Status.SCORED, (query, verdict.evidence)
        assert verdict.score == 0.0, query


@pytest.mark.parametrize(("reference", "query", "why"), KNOWN_FALSE_NEGATIVES, ids=lambda x: x[:30])
def test_known_false_negatives(reference: str, query: str, why: str) -> None:
    assert Sql().verify(question(SHOP, reference), query).score == 0.0, why


def random_table(rng: random.Random) -> tuple[str, list[str], list[str]]:
    """CREATE TABLE with a key, two integer and two text columns, some NOT NULL; names shuffled."""
    names = rng.sample(["a", "b", "c", "d", "e", "f", "g", "h"], k=4)
    numbers, texts = names[:2], names[2:]
    columns = ["k INTEGER PRIMARY KEY"]
    columns += [f"{n} INTEGER{rng.choice(['', ' NOT NULL'])}" for n in numbers]
    columns += [f"{t} TEXT{rng.choice(['', ' NOT NULL'])}" for t in texts]
    rng.shuffle(columns)
    return f"CREATE TABLE t ({', '.join(columns)});", numbers, texts


def family(
    rng: random.Random, numbers: list[str], texts: list[str]
) -> tuple[str, list[str], list[str]]:
    """A reference with equivalents and near misses that hold for every such table."""
    x, y, t = numbers[0], numbers[1], texts[0]
    n = rng.randint(1, 40)
    filters = (
        f"SELECT {t} FROM t WHERE {x} > {n} AND {y} < {n}",
        [
            f"SELECT q.{t} FROM t AS q WHERE {n} > q.{y} AND q.{x} >= {n + 1}",
            f"SELECT {t} FROM t WHERE NOT ({x} <= {n} OR {y} >= {n})",
            f"SELECT {t} FROM t WHERE k IN (SELECT k FROM t WHERE {x} > {n}) AND {y} < {n}",
        ],
        [
            f"SELECT {t} FROM t WHERE {x} > {n} OR {y} < {n}",
            f"SELECT {t} FROM t WHERE {x} >= {n} AND {y} < {n}",
            f"SELECT {t} FROM t WHERE {x} > {n} AND {y} <= {n}",
            f"SELECT {t} FROM t WHERE {x} > {n}",
            f"SELECT DISTINCT {t} FROM t WHERE {x} > {n} AND {y} < {n}",
            f"SELECT {texts[1]} FROM t WHERE {x} > {n} AND {y} < {n}",
        ],
    )
    groups = (
        f"SELECT {t}, COUNT(*), MAX({x}) FROM t GROUP BY {t} HAVING COUNT(*) > 1",
        [
            f"SELECT {t}, COUNT(k), MAX({x}) FROM t GROUP BY {t} HAVING COUNT(k) >= 2",
            f"SELECT * FROM (SELECT {t} AS v, COUNT(*) AS n, MAX({x}) AS m FROM t GROUP BY {t}) AS q WHERE n > 1",
        ],
        [
            f"SELECT {t}, COUNT(*), MIN({x}) FROM t GROUP BY {t} HAVING COUNT(*) > 1",
            f"SELECT {t}, COUNT(*), MAX({x}) FROM t GROUP BY {t}",
            f"SELECT {t}, COUNT(*), MAX({x}) FROM t GROUP BY {t} HAVING COUNT(*) > 2",
            f"SELECT {t}, COUNT(*), MAX({y}) FROM t GROUP BY {t} HAVING COUNT(*) > 1",
            f"SELECT {t}, COUNT(DISTINCT {x}), MAX({x}) FROM t GROUP BY {t} HAVING COUNT(*) > 1",
        ],
    )
    return rng.choice([filters, groups])


@pytest.mark.parametrize("seed", range(25))
def test_generated_schemas(seed: int) -> None:
    rng = random.Random(seed)
    schema, numbers, texts = random_table(rng)
    reference, same, near = family(rng, numbers, texts)
    verifier, problem = Sql(), question(schema, reference)
    for query in (reference, *same):
        verdict = verifier.verify(problem, query)
        assert verdict.is_correct, (schema, query, verdict.evidence)
    for query in near:
        assert verifier.verify(problem, query).score == 0.0, (schema, reference, query)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", Reason.NO_ANSWER),
        ("DROP TABLE customer", Reason.MALFORMED),
        ("the answer is 3", Reason.MALFORMED),
        ("SELECT name FROM customer; DROP TABLE customer", Reason.MALFORMED),
        ("WITH x AS (SELECT 1) DELETE FROM customer", Reason.VIOLATION),
        ("SELECT load_extension('x')", Reason.VIOLATION),
        ("SELECT sql FROM sqlite_master", Reason.VIOLATION),
        ("SELECT name FROM pragma_table_info('customer')", Reason.VIOLATION),
        ("SELECT random() FROM customer", Reason.VIOLATION),
        ("SELECT zeroblob(999999999)", Reason.VIOLATION),
        ("SELECT nothing FROM customer", Reason.MALFORMED),
        ("SELECT name FROM", Reason.MALFORMED),
        ("SELECT 1", Reason.WRONG),
        ("SELECT NULL", Reason.WRONG),
        ("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c", Reason.OVER_LIMIT),
        ("SELECT " + "(" * 500 + "1" + ")" * 500, Reason.MALFORMED),
        ("SELECT '" + "x" * 20_000 + "'", Reason.OVER_LIMIT),
        ("```sql\nSELECT 1\n```\n```sql\nSELECT 2\n```", Reason.AMBIGUOUS),
    ],
    ids=lambda x: str(x)[:30],
)  # fmt: skip
def test_queries_that_misbehave(query: str, reason: Reason) -> None:
    problem = question(SHOP, "SELECT name FROM customer")
    assert Sql().verify(problem, query).reason is reason


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM 'x.csv'",
        "COPY (SELECT 1) TO 'x.csv'",
        "SELECT name FROM customer; ATTACH 'x'",
        "SET enable_external_access = true",
    ],
)
def test_duckdb_stays_inside(query: str) -> None:
    if why := missing("python-duckdb"):
        pytest.skip(why)
    problem = question(SHOP, "SELECT name FROM customer", "duckdb")
    verdict = policy("duckdb").verify(problem, query)
    assert verdict.score == 0.0, verdict


def test_a_fence_and_a_semicolon_are_fine() -> None:
    problem = question(SHOP, "SELECT name FROM customer")
    assert Sql().verify(problem, "So:\n```sql\nSELECT name FROM customer;\n```").is_correct


@pytest.mark.parametrize(
    "query",
    [
        "SELECT name FROM customer LIMIT 2",  # which two depends on storage
        "SELECT 1",  # a constant would pass
        "SELECT name, COUNT(*) FROM customer",  # the bare column is any row's
        "SELECT nothing FROM customer",
        "DELETE FROM customer",
        "SELECT (",
    ],
)
def test_references_that_cannot_judge_are_abstained_from(query: str) -> None:
    verdict = Sql().verify(question(SHOP, query), "SELECT name FROM customer")
    assert verdict.status is Status.ABSTAINED, verdict


def test_order_counts_where_asked() -> None:
    plain, reverse = "SELECT id FROM orders", "SELECT id FROM orders ORDER BY id DESC"
    assert Sql().verify(question(SHOP, plain), reverse).is_correct
    ordered = "SELECT id FROM orders ORDER BY id"
    assert not Sql().verify(question(SHOP, ordered), reverse).is_correct
    assert Sql().verify(question(SHOP, ordered, ordered=False), reverse).is_correct
    ties = question(SHOP, "SELECT items FROM orders ORDER BY amount")
    assert Sql().verify(ties, "SELECT items FROM orders ORDER BY amount, items DESC").is_correct


def test_given_databases_are_used() -> None:
    rows = [[i, f"n{i}", "Rome"] for i in range(4)]
    bases = [{"customer": rows[:n], "orders": []} for n in range(4)]
    problem = question(SHOP, "SELECT COUNT(*) FROM customer", databases=bases)
    verdict = Sql().verify(problem, "SELECT COUNT(id) FROM customer")
    assert verdict.is_correct
    assert verdict.evidence["databases"] == {"passed": 4, "total": 4}


def test_a_sandbox_that_fails_is_never_score_0(local: LocalSandbox) -> None:
    problem = question(SHOP, "SELECT name FROM customer")
    use_sandbox(Scripted(lambda _: failed("gone")))
    try:
        verdict = Sql().verify(problem, "SELECT name FROM customer")
    finally:
        use_sandbox(local)
    assert verdict.status is Status.FAILED
    assert verdict.score is None
