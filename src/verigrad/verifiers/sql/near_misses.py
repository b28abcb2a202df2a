"""Queries close to a reference and, mostly, not equal to it: what the databases must tell apart.

Made of the trusted reference by sqlglot, one change each. A database on which a near miss gives
other rows than the reference is worth having; this is how test suites for SQL are distilled (Zhong,
Yu and Klein, "Semantic Evaluation for Text-to-SQL with Distilled Test Suites", 2020).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from verigrad.verifiers.sql.schema import parse_query, sqlglot_module


@lru_cache(maxsize=512)
def near_misses(query: str, *, dialect: str, limit: int) -> tuple[str, ...]:
    """Up to `limit` different changes of `query`.

    >>> "SELECT DISTINCT a FROM t" in near_misses("SELECT a FROM t", dialect="sqlite", limit=9)
    True
    """
    tree = parse_query(query, dialect)
    original = tree.sql(dialect=dialect)
    found: dict[str, None] = {}
    for index, node in enumerate(tree.walk()):
        for variant in range(len(_changes(node))):
            fresh = tree.copy()
            target = next(n for i, n in enumerate(fresh.walk()) if i == index)
            _changes(target)[variant]()
            text = fresh.sql(dialect=dialect)
            if text != original:
                found[text] = None
    return tuple(found)[:limit]


def _changes(node: Any) -> list[Callable[[], Any]]:
    return list(_all_changes(node, sqlglot_module().exp))


def _all_changes(node: Any, exp: Any) -> Iterator[Callable[[], Any]]:
    yield from _comparisons(node, exp)
    yield from _selects(node, exp)
    if isinstance(node, (exp.And, exp.Or)):
        other = exp.Or if isinstance(node, exp.And) else exp.And
        yield lambda: node.replace(other(this=node.this.copy(), expression=node.expression.copy()))
        yield lambda: node.replace(node.this.copy())
        yield lambda: node.replace(node.expression.copy())
    if isinstance(node, exp.Join):
        side = "" if node.side else "LEFT"
        yield lambda: node.set("side", side)
    if isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit():
        yield lambda: node.replace(exp.Literal.number(int(node.name) + 1))
    yield from _functions(node, exp)


def _comparisons(node: Any, exp: Any) -> Iterator[Callable[[], Any]]:
    table = {
        exp.GT: (exp.GTE, exp.LT),
        exp.GTE: (exp.GT,),
        exp.LT: (exp.LTE, exp.GT),
        exp.LTE: (exp.LT,),
        exp.EQ: (exp.NEQ,),
        exp.NEQ: (exp.EQ,),
    }
    for other in table.get(type(node), ()):
        yield _replacer(node, other)
    if isinstance(node, exp.Like):
        yield _replacer(node, exp.EQ)


def _replacer(node: Any, other: Any) -> Callable[[], Any]:
    return lambda: node.replace(other(this=node.this.copy(), expression=node.expression.copy()))


def _functions(node: Any, exp: Any) -> Iterator[Callable[[], Any]]:
    swaps = {exp.Max: exp.Min, exp.Min: exp.Max, exp.Sum: exp.Avg, exp.Avg: exp.Sum}
    if type(node) in swaps:
        other = swaps[type(node)]
        yield lambda: node.replace(other(this=node.this.copy()))
    if isinstance(node, exp.Count) and not isinstance(node.this, exp.Distinct):
        if isinstance(node.this, exp.Star):
            yield from ()
        else:
            yield lambda: node.set("this", exp.Distinct(expressions=[node.this.copy()]))
            yield lambda: node.set("this", exp.Star())
    if isinstance(node, exp.Ordered):
        yield lambda: _turn(node)


def _turn(node: Any) -> None:
    """Order the other way, NULLs included (both databases hold NULLs small or last by default)."""
    node.set("desc", not node.args.get("desc"))
    node.set("nulls_first", not node.args.get("nulls_first"))


def _selects(node: Any, exp: Any) -> Iterator[Callable[[], Any]]:
    if isinstance(node, exp.Select):
        distinct = None if node.args.get("distinct") else exp.Distinct()
        yield lambda: node.set("distinct", distinct)
        for name in ("where", "having", "order", "limit", "offset"):
            if node.args.get(name) is not None:
                yield _remover(node, name)
        groups = node.args.get("group")
        if groups is not None and len(groups.expressions) > 1:
            yield lambda: groups.set("expressions", groups.expressions[:-1])
    if isinstance(node, (exp.Union, exp.Intersect, exp.Except)):
        yield lambda: node.set("distinct", not node.args.get("distinct"))


def _remover(node: Any, name: str) -> Callable[[], Any]:
    return lambda: node.set(name, None)
