"""Prepare trusted test source: count its asserts, name what it needs, put it out of order.

Pure AST work on the problem's own text, cached; a candidate's text never comes here.
"""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from verigrad.verifiers.code.outcome import BadTests
from verigrad.verifiers.code.packing import compiled
from verigrad.verifiers.code.parsing import parsed

HELD, ANY_ORDER = "_verigrad_held", "_verigrad_any_order"
_KNOWN = frozenset({*dir(builtins), HELD, ANY_ORDER, "__name__", "__file__"})


@dataclass(frozen=True, slots=True)
class Prepared:
    """Test source ready to be sent.

    text: the rewritten source, which ends with calls of its `check` and `test_*` functions.
    needs: names it uses and does not define (the candidate's own left out).
    test_cases: its unittest classes.
    """

    text: str
    needs: tuple[str, ...]
    test_cases: tuple[str, ...]


@lru_cache(maxsize=2048)
def prepare(source: str, *, prelude: str, own: tuple[str, ...]) -> Prepared:
    """Rewrite `prelude` and `source` into one module; BadTests where they cannot judge.

    `own` are the candidate's names, the entry point first: definitions of them are dropped.

    >>> "held" in prepare("assert f(1) == 2", prelude="", own=("f",)).text
    True
    """
    head, *rest = own[0].split(".")
    names = {head, *own[1:]}
    statements = [*_body(prelude, "prelude"), *_body(source, "assertions")]
    statements = [s for s in statements if not _defined_by(s) & names and not _is_main_guard(s)]
    statements.sort(key=lambda s: not _is_future(s))
    classes = [s for s in statements if isinstance(s, ast.ClassDef)]
    test_cases = tuple(s.name for s in classes if _is_test_case(s))
    if not test_cases and not any(_counts(node) for s in statements for node in ast.walk(s)):
        raise BadTests("the test source holds no assert that depends on anything")
    target = ".".join([f"{head}()", *rest]) if rest else head
    try:
        text = _rewritten([*statements, *_calls(statements, target)], target)
        needs = _unresolved(text) - names
        compiled(text, filename="tests.py")
    except (SyntaxError, ValueError, RecursionError) as error:
        raise BadTests(f"the test source does not compile: {error}") from None
    return Prepared(text, tuple(sorted(needs)), test_cases)


def _calls(statements: list[ast.stmt], target: str) -> list[ast.stmt]:
    """Calls of the functions that the source defines to be called, and does not call itself."""
    loose = [s for s in statements if not isinstance(s, _DEFINITIONS)]
    called = {node.id for s in loose for node in ast.walk(s) if isinstance(node, ast.Name)}
    functions = [s for s in statements if isinstance(s, ast.FunctionDef) and s.name not in called]
    lines = [f"check({target})" for f in functions if f.name == "check"]
    lines += [f"{f.name}()" for f in functions if _is_test_function(f)]
    return parsed("\n".join(lines)).body


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _body(source: str, what: str) -> list[ast.stmt]:
    try:
        return parsed(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BadTests(f"{what}: {error}") from None


def _defined_by(statement: ast.stmt) -> set[str]:
    return {statement.name} if isinstance(statement, _DEFINITIONS) else set()


def _is_main_guard(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _is_test_case(statement: ast.ClassDef) -> bool:
    return any(ast.unparse(base).split(".")[-1] == "TestCase" for base in statement.bases)


def _is_test_function(function: ast.FunctionDef) -> bool:
    arguments = function.args
    return function.name.startswith("test") and not [*arguments.args, *arguments.posonlyargs]


def _counts(node: ast.AST) -> bool:
    """An assert on something, not on a constant."""
    return isinstance(node, ast.Assert) and any(
        isinstance(part, ast.Name) for part in ast.walk(node.test)
    )


def _rewritten(statements: list[ast.stmt], target: str) -> str:
    body = _Rewriter().block(statements)
    module = ast.Module(body=body, type_ignores=[])
    if "candidate" in _unresolved(ast.unparse(ast.fix_missing_locations(module))):
        module.body.insert(sum(map(_is_future, body)), parsed(f"candidate = {target}").body[0])
    return ast.unparse(ast.fix_missing_locations(module))


class _Rewriter(ast.NodeTransformer):
    """Every assert that counts goes through `held`; runs of independent ones in any order."""

    def __init__(self) -> None:
        self.class_depth = 0

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.class_depth += 1
        result = self.generic_visit(node)
        self.class_depth -= 1
        return result

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                setattr(node, name, self.block(block))
        for handler in getattr(node, "handlers", []):
            self.generic_visit(handler)
        for case in getattr(node, "cases", []):
            self.generic_visit(case)
        return node

    def block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        """A block with its asserts rewritten."""
        result: list[ast.stmt] = []
        for run in _runs(statements, lambda s: not self.class_depth and _independent(s)):
            if len(run) > 1:
                result.append(_any_order([s for s in run if isinstance(s, ast.Assert)]))
            elif _counts(run[0]):
                result.append(_held(run[0]))
            else:
                result.append(self.visit(run[0]))
        return result


def _runs(
    statements: list[ast.stmt], joins: Callable[[ast.stmt], bool]
) -> Iterator[list[ast.stmt]]:
    """Neighbours that join come together, others alone."""
    run: list[ast.stmt] = []
    for statement in statements:
        if joins(statement):
            run.append(statement)
            continue
        if run:
            yield run
        run = []
        yield [statement]
    if run:
        yield run


_STEPS = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)


def _independent(statement: ast.stmt) -> bool:
    """An assert whose truth should not depend on what ran before it.

    Method calls on names (`stack.pop()`) may, calls of functions and methods of values do not.
    """
    if not isinstance(statement, ast.Assert) or not _counts(statement):
        return False
    for node in ast.walk(statement):
        if isinstance(node, _STEPS) or (isinstance(node, ast.Name) and node.id == "next"):
            return False
        is_method = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if is_method and isinstance(node.func.value, ast.Name):  # pyright: ignore
            module = node.func.value.id  # pyright: ignore
            if module not in _PURE_MODULES:
                return False
    return True


_PURE_MODULES = frozenset({"math", "cmath", "np", "numpy", "operator", "re", "json", "datetime"})


def _held(statement: ast.stmt) -> ast.stmt:
    assert isinstance(statement, ast.Assert)
    test = ast.Call(ast.Name(HELD, ast.Load()), [statement.test], [])
    return ast.If(test=test, body=[ast.Pass()], orelse=[_failure(statement.msg)])


def _failure(message: ast.expr | None) -> ast.stmt:
    arguments = [message] if message is not None else []
    return ast.Raise(ast.Call(ast.Name("AssertionError", ast.Load()), arguments, []), None)


def _any_order(asserts: list[ast.Assert]) -> ast.stmt:
    pairs: list[ast.expr] = [
        ast.Tuple([_function(a.test), _function(a.msg or ast.Constant(""))], ast.Load())
        for a in asserts
    ]
    return ast.Expr(ast.Call(ast.Name(ANY_ORDER, ast.Load()), pairs, []))


def _function(body: ast.expr) -> ast.expr:
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return ast.Lambda(nothing, body)


def _unresolved(text: str) -> set[str]:
    """Global names that are used and never defined; none where a star import may define them."""
    table = symtable.symtable(text, "tests.py", "exec")
    if any(isinstance(n, ast.alias) and n.name == "*" for n in ast.walk(parsed(text))):
        return set()
    defined = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    used: set[str] = set()
    tables = [table]
    while tables:
        scope = tables.pop()
        tables.extend(scope.get_children())
        for symbol in scope.get_symbols():
            if scope is table or symbol.is_global():
                used.add(symbol.get_name()) if symbol.is_referenced() else None
                declared = symbol.is_declared_global() and symbol.is_assigned()
                defined.update([symbol.get_name()] if declared else [])
    return used - defined - _KNOWN
