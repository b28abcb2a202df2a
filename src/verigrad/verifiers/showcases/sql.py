"""Showcase of `sql`."""

from verigrad.core.types import Problem
from verigrad.verifiers.showcases import Sample, Showcase
from verigrad.verifiers.sql import Sql

_SCHEMA = """CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer(id),
  amount INTEGER NOT NULL);"""


def showcase() -> Showcase:
    """A selection, and a sum per customer."""
    rome = {"schema": _SCHEMA, "query": "SELECT name FROM customer WHERE city = 'Rome'"}
    sums = {
        "schema": _SCHEMA,
        "query": "SELECT customer_id, SUM(amount) FROM orders GROUP BY customer_id",
    }
    return Showcase(
        Sql(),
        (
            Sample(
                Problem.of("Names of customers in Rome?", rome),
                ("```sql\nSELECT name FROM customer WHERE city IN ('Rome')\n```",),
                ("SELECT DISTINCT name FROM customer WHERE city = 'Rome'",
                 "SELECT name FROM customer WHERE city LIKE '%Rome%'",
                 "SELECT id FROM customer WHERE city = 'Rome'"),
            ),
            Sample(
                Problem.of("The sum of each customer's orders?", sums),
                ("SELECT customer_id, SUM(amount) FROM orders GROUP BY 1",),
                ("SELECT customer_id, COUNT(amount) FROM orders GROUP BY customer_id",
                 "SELECT customer_id, MAX(amount) FROM orders GROUP BY customer_id",
                 "SELECT customer_id, amount FROM orders"),
            ),
        ),
        pieces=("SELECT ", "name ", "FROM ", "customer ", "orders ", "WHERE ", "city ", "= 'Rome'",
                "GROUP BY ", "SUM(amount) ", "*", ",", ";", "--", "UNION ", "(", ")"),
        max_fuzz=100_000,
    )  # fmt: skip
