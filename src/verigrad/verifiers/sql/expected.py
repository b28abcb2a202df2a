"""What the reference gives: databases worth having, and its rows on each of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from verigrad.core.errors import DataError, SetupError
from verigrad.sandbox import Sandbox, Status
from verigrad.verifiers.sql.compare import Row, row_text, same_order, same_rows
from verigrad.verifiers.sql.databases import Rows, databases
from verigrad.verifiers.sql.near_misses import near_misses
from verigrad.verifiers.sql.policy import SqlPolicy
from verigrad.verifiers.sql.question import Question
from verigrad.verifiers.sql.running import reordered, run_queries
from verigrad.verifiers.sql.schema import OrderKeys, literals, order_keys, read_schema

NUM_REORDERED = {"sqlite": 4, "duckdb": 1}  # SQLite also lets columns outside GROUP BY be any row's


@dataclass(frozen=True, slots=True)
class Expected:
    """What the reference gave on one database; `keys` order its rows, where order counts."""

    base: Rows
    rows: tuple[Row, ...]
    keys: tuple[Row, ...] | None
    ordered: bool

    def accepts(self, got: Sequence[Row]) -> bool:
        """Whether `got` are these rows."""
        if self.ordered:
            return same_order(got, self.rows, self.keys)
        return same_rows(got, self.rows)


def expected_of(
    question: Question, *, sandbox: Sandbox, policy: SqlPolicy, name: str
) -> list[Expected]:
    """The databases a question is judged on, with the reference's rows.

    Of a pool of random databases those are left out where the reference's result depends on how
    rows are stored (LIMIT among ties, columns outside GROUP BY). Kept are the first
    `num_databases`, and for every near miss of the reference the first that tells it apart.
    DataError where too few are left, or a constant would pass; `name` addresses the data.
    """
    keys = order_keys(question.query, dialect=question.dialect)
    bases = question.databases or databases(
        read_schema(question.schema_, dialect=question.dialect),
        literals(question.query, dialect=question.dialect),
        count=policy.pool,
        name=name,
    )
    runs = [_reference(question, bases, keys, sandbox=sandbox, policy=policy)]
    apart = question.model_copy(update={"schema_": stored_apart(question.schema_)})
    for seed in range(NUM_REORDERED[question.dialect]):
        moved = [reordered(base, seed=seed) for base in bases]
        runs.append(
            _reference(apart, moved, keys, sandbox=sandbox, policy=policy, reverse=seed == 0)
        )
    telling = [
        first
        for first, *others in zip(*runs, strict=True)
        if all(first.accepts(other.rows) for other in others)
    ]
    _check_telling(telling, len(bases), policy)
    if question.databases:
        return telling
    return _distilled(question, telling, sandbox, policy)


def stored_apart(schema: str) -> str:
    """The schema with keys that SQLite does not store rows by, so that their order can change.

    >>> stored_apart("CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT)")
    'CREATE TABLE t (a INT PRIMARY KEY)'
    """
    pattern = r"\bINTEGER(\s+PRIMARY\s+KEY)(?:\s+(?:ASC\s+)?AUTOINCREMENT)?"
    return re.sub(pattern, r"INT\1", schema, flags=re.IGNORECASE)


def _reference(
    question: Question,
    bases: Sequence[Rows],
    keys: OrderKeys | None,
    *,
    sandbox: Sandbox,
    policy: SqlPolicy,
    reverse: bool = False,
) -> list[Expected]:
    ordered = keys is not None if question.ordered is None else question.ordered
    query = keys.query if keys is not None and ordered else question.query
    answers = run_queries(
        [query],
        question,
        bases,
        sandbox=sandbox,
        policy=policy,
        time_limit_s=policy.reference_limit_s,
        reverse=reverse,
    )
    if answers.result.status is Status.FAILED:
        raise SetupError(answers.result.why)
    said = [reply for (reply,) in answers.replies if reply[:1] != ["rows"]]
    if said or len(answers.replies) != len(bases) or not answers.result.exited_cleanly:
        why = str(said[:1] or answers.result.why or answers.result.stderr[-300:])
        raise DataError("the reference query does not run", cause=why[:300])
    return [
        _split(base, reply[1], keys if ordered else None, ordered=ordered)
        for base, (reply,) in zip(bases, answers.replies, strict=True)
    ]


def _split(base: Rows, rows: list[Row], keys: OrderKeys | None, *, ordered: bool) -> Expected:
    if keys is None or keys.keys is None:
        return Expected(base, tuple(rows), None, ordered)
    sort_keys = tuple([row[i] for i in keys.keys] for row in rows)
    return Expected(base, tuple(row[: keys.width] for row in rows), sort_keys, ordered)


def _check_telling(telling: Sequence[Expected], total: int, policy: SqlPolicy) -> None:
    if len(telling) < max(policy.min_telling, policy.min_telling_share * total):
        raise DataError(
            f"only {len(telling)} of {total} databases give the reference one clear result",
            cause="LIMIT among ties, or columns outside GROUP BY: rows depend on storage",
            remedy="let the reference order its rows completely",
        )
    different = {"\x01".join(map(row_text, item.rows)) for item in telling}
    if len(different) < 2:
        raise DataError(
            "the reference gives the same rows on every database: a constant would pass"
        )


def _distilled(
    question: Question, telling: list[Expected], sandbox: Sandbox, policy: SqlPolicy
) -> list[Expected]:
    """The first databases, and the first that tells each near miss apart."""
    chosen = set(range(min(policy.num_databases, len(telling))))
    bases = [item.base for item in telling]
    queries = near_misses(question.query, dialect=question.dialect, limit=policy.near_misses)
    answers = run_queries(
        queries,
        question,
        bases,
        sandbox=sandbox,
        policy=policy,
        time_limit_s=policy.reference_limit_s,
    )
    for column in range(len(queries)):
        apart = [
            at
            for at, (item, replies) in enumerate(zip(telling, answers.replies, strict=False))
            if replies[column][:1] == ["rows"] and not item.accepts(replies[column][1])
        ]
        if apart and chosen.isdisjoint(apart):
            chosen.add(apart[0])
    return [telling[at] for at in sorted(chosen)]
