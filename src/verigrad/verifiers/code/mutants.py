"""Wrong solutions on purpose: small changes of a reference, one at a time.

Works on trusted source only (a problem's own solution), by AST. Whether a mutant behaves
differently is for `strength` to find out; here are only the changes.
"""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from verigrad.core.errors import DataError
from verigrad.verifiers.code.parsing import parsed

Change = Callable[[], None]

_COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.FloorDiv),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Mult, ast.Div),
    ast.Mod: (ast.FloorDiv, ast.Mult),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitXor: (ast.BitAnd,),
}
_SWAPPED_NAMES = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "sum": "len",
    "sorted": "list",
    "ceil": "floor",
    "floor": "ceil",
    "lower": "upper",
    "upper": "lower",
    "append": "remove",
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed source, and what was changed where."""

    source: str
    change: str
    line: int


def mutants(source: str, *, entry_point: str = "", limit: int, seed: int) -> list[Mutant]:
    """Up to `limit` different mutants of `source`, drawn from all single changes.

    Docstrings, annotations and default arguments are left alone; so are definitions that the
    entry point does not need, where one is named. DataError where `source` is no Python.
    """
    try:
        tree = parsed(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise DataError("the reference is no Python source", cause=str(error)) from None
    original = ast.unparse(tree)
    places = list(_places(tree, entry_point))
    random.Random(seed).shuffle(places)
    found: dict[str, Mutant] = {}
    for index, variant, change, line in places:
        if len(found) >= limit:
            break
        changed = _apply(tree, index, variant)
        if changed != original and changed not in found:
            found[changed] = Mutant(changed, change, line)
    return list(found.values())


def _bodies(tree: ast.Module, entry_point: str) -> list[ast.stmt]:
    """Statements worth changing: bodies of definitions, from what the entry point can reach."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    definitions = {node.name: node for node in tree.body if isinstance(node, kinds)}
    if entry_point not in definitions:
        return list(tree.body)
    reached, waiting = {entry_point}, [entry_point]
    while waiting:
        for node in ast.walk(definitions[waiting.pop()]):
            name = node.id if isinstance(node, ast.Name) else ""
            if name in definitions and name not in reached:
                reached.add(name)
                waiting.append(name)
    return [definitions[name] for name in sorted(reached)]


def _places(tree: ast.Module, entry_point: str) -> Iterator[tuple[int, int, str, int]]:
    """(index in the walk, variant, words, line) of every single change."""
    wanted = {id(node) for root in _bodies(tree, entry_point) for node in _inside(root)}
    for index, node in enumerate(ast.walk(tree)):
        if id(node) in wanted:
            for variant, (change, _) in enumerate(_changes(node)):
                yield index, variant, change, getattr(node, "lineno", 0)


_LEFT_ALONE = ("annotation", "returns", "args", "decorator_list", "type_params", "bases")


def _inside(root: ast.AST) -> Iterator[ast.AST]:
    """Nodes below `root` without docstrings, annotations, decorators and defaults."""
    yield root
    for name, value in ast.iter_fields(root):
        if name in _LEFT_ALONE and not isinstance(root, ast.Call):
            continue
        children = value if isinstance(value, list) else [value]
        for child in children:
            if isinstance(child, ast.AST) and not _is_text(child):
                yield from _inside(child)


def _apply(tree: ast.Module, index: int, variant: int) -> str:
    fresh = copy.deepcopy(tree)
    node = next(n for i, n in enumerate(ast.walk(fresh)) if i == index)
    _, change = list(_changes(node))[variant]
    change()
    return ast.unparse(ast.fix_missing_locations(fresh))


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """Every change of one node, as words and a function that makes it in place."""
    if isinstance(node, ast.Compare):
        for at, operator in enumerate(node.ops):
            for other in _COMPARE[type(operator)]:
                yield f"compare {_name(operator)} -> {other.__name__}", _put(node.ops, at, other())
    elif isinstance(node, (ast.BinOp, ast.AugAssign)):
        for other in _ARITHMETIC.get(type(node.op), ()):
            yield f"{_name(node.op)} -> {other.__name__}", _set(node, "op", other())
        if isinstance(node, ast.BinOp):
            yield "operands swapped", _swap_operands(node)
    elif isinstance(node, (ast.For, ast.comprehension)):
        yield from _loops(node)
    elif isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield f"{_name(node.op)} -> {_name(other)}", _set(node, "op", other)
    elif isinstance(node, ast.Constant):
        yield from _constants(node)
    elif isinstance(node, ast.Name) and node.id in _SWAPPED_NAMES:
        other_name = _SWAPPED_NAMES[node.id]
        yield f"{node.id} -> {other_name}", _set(node, "id", other_name)
    elif isinstance(node, ast.Attribute) and node.attr in _SWAPPED_NAMES:
        other_name = _SWAPPED_NAMES[node.attr]
        yield f".{node.attr} -> .{other_name}", _set(node, "attr", other_name)
    else:
        yield from _statements(node)


def _constants(node: ast.Constant) -> Iterator[tuple[str, Change]]:
    value = node.value
    if isinstance(value, bool):
        yield f"{value} -> {not value}", _set(node, "value", not value)
    elif isinstance(value, (int, float)):
        for other in (value + 1, value - 1):
            yield f"{value} -> {other}", _set(node, "value", other)
    elif isinstance(value, str):
        other_text = value + "x" if value else "x"
        yield f"{value!r} -> {other_text!r}"[:80], _set(node, "value", other_text)


def _statements(node: ast.AST) -> Iterator[tuple[str, Change]]:
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        negated = ast.UnaryOp(ast.Not(), node.test)
        yield "condition negated", _set(node, "test", negated)
    if isinstance(node, ast.Return) and node.value is not None:
        yield "return None", _set(node, "value", ast.Constant(None))
        yield "return negated", _set(node, "value", ast.UnaryOp(ast.Not(), node.value))
        yield "return in a list", _set(node, "value", ast.List([node.value], ast.Load()))
        twice = ast.Tuple([node.value, node.value], ast.Load())
        yield "return twice", _set(node, "value", twice)
    if isinstance(node, ast.Call) and len(node.args) > 1:
        yield "arguments swapped", _set(node, "args", [node.args[1], node.args[0], *node.args[2:]])
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        other = ast.UAdd() if isinstance(node.op, ast.USub) else ast.Invert()
        yield f"{_name(node.op)} -> {_name(other)}", _set(node, "op", other)
    if isinstance(node, ast.Slice) and node.lower is not None:
        yield "slice from the start", _set(node, "lower", None)
    yield from _drops(node)
    if isinstance(node, ast.FunctionDef):
        yield from _arguments(node)


def _arguments(node: ast.FunctionDef) -> Iterator[tuple[str, Change]]:
    """Functions that forget an argument, or give it back untouched."""
    for argument in node.args.args:
        forget = parsed(f"{argument.arg} = None").body
        untouched = parsed(f"return {argument.arg}").body
        yield f"{argument.arg} forgotten", _set(node, "body", [*forget, *node.body])
        yield f"{argument.arg} given back", _set(node, "body", [*untouched, *node.body])


def _drops(node: ast.AST) -> Iterator[tuple[str, Change]]:
    body = getattr(node, "body", None)
    if isinstance(body, list) and isinstance(node, (ast.For, ast.While, ast.If, ast.FunctionDef)):
        for at, statement in enumerate(body):
            if isinstance(statement, _DROPPABLE) and not _is_text(statement):
                yield "statement dropped", _put(body, at, ast.Pass())


def _loops(node: ast.For | ast.comprehension) -> Iterator[tuple[str, Change]]:
    """Loops that leave out an item, comprehensions that forget or turn a condition."""
    items = ast.Call(ast.Name("list", ast.Load()), [node.iter], [])
    first = ast.Slice(lower=ast.Constant(1))
    last = ast.Slice(upper=ast.UnaryOp(ast.USub(), ast.Constant(1)))
    yield "first item left out", _set(node, "iter", ast.Subscript(items, first, ast.Load()))
    yield "last item left out", _set(node, "iter", ast.Subscript(items, last, ast.Load()))
    if isinstance(node, ast.comprehension):
        for at, condition in enumerate(node.ifs):
            yield "condition negated", _put(node.ifs, at, ast.UnaryOp(ast.Not(), condition))
            yield "condition dropped", _put(node.ifs, at, ast.Constant(value=True))
    else:
        yield from _drops(node)


_DROPPABLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Continue)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _swap_operands(node: ast.BinOp) -> Change:
    def swap() -> None:
        node.left, node.right = node.right, node.left

    return swap


def _name(operator: ast.AST) -> str:
    return type(operator).__name__


def _put(target: list[Any], at: int, value: object) -> Change:
    return lambda: target.__setitem__(at, value)


def _set(target: ast.AST, name: str, value: object) -> Change:
    return lambda: setattr(target, name, value)
