"""Names that tests use and do not define: find them in source the candidate did not write."""

from __future__ import annotations

import ast
import re
import textwrap
from functools import lru_cache

from verigrad.core.types import Problem
from verigrad.verifiers.code.parsing import parsed

_FENCE = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)```", re.S | re.I)
_MAX_CHARS = 1 << 17
_KEPT = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.ClassDef, ast.FunctionDef)


def trusted_helpers(problem: Problem, needs: tuple[str, ...], *, own: tuple[str, ...]) -> str:
    """Source that defines all of `needs`, from the prompt's code or the worked solution; else "".

    Definitions of `own`, the names the candidate is asked for, are left out.
    """
    sources = [problem.question, problem.solution or ""]
    for source in sources:
        for text in (source, "\n".join(_FENCE.findall(source[:_MAX_CHARS]))):
            kept = _definitions(text[:_MAX_CHARS], own)
            if set(needs) <= kept[1]:
                return kept[0]
    return ""


@lru_cache(maxsize=512)
def _definitions(text: str, own: tuple[str, ...]) -> tuple[str, frozenset[str]]:
    """Imports, assignments and definitions at the top of `text`, and the names they bind."""
    try:
        body = parsed(textwrap.dedent(text)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "", frozenset()
    kept = [s for s in body if isinstance(s, _KEPT) and getattr(s, "name", "") not in own]
    names = frozenset(name for s in kept for name in _bound(s))
    return "\n".join(ast.unparse(s) for s in kept), names


def _bound(statement: ast.stmt) -> list[str]:
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [(a.asname or a.name).split(".")[0] for a in statement.names]
    if isinstance(statement, (ast.ClassDef, ast.FunctionDef)):
        return [statement.name]
    found = [n for n in ast.walk(statement) if isinstance(n, ast.Name)]
    return [n.id for n in found if isinstance(n.ctx, ast.Store)]
