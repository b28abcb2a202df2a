"""Bring a candidate's source to life as the module `solution`, in a job of its own."""

from __future__ import annotations

import sys
import types
from typing import Any

_TEST_TOOLS = ("unittest", "doctest")


class Stash:
    """Modules that are loaded but not listed: a level without files preloads even test tools.

    A candidate cannot tell from `sys.modules` that it is being tested, yet its own import works.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        found = [name for name in sys.modules if name.split(".", 1)[0] in names]
        self.modules = {name: sys.modules.pop(name) for name in found}

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002
        """Give a stashed module back."""
        if fullname not in self.modules:
            return None
        from importlib.machinery import ModuleSpec

        return ModuleSpec(fullname, self, is_package=True)  # pyright: ignore

    def create_module(self, spec: Any) -> types.ModuleType:
        """The module as it was."""
        return self.modules[spec.name]

    def exec_module(self, module: Any) -> None:
        """It has been executed."""


def load_solution(source: str, name: str = "solution") -> dict[str, Any]:
    """Execute `source` as module `name`; its namespace. Raises whatever the candidate raises."""
    sys.meta_path.insert(0, Stash(_TEST_TOOLS))  # pyright: ignore
    module = types.ModuleType(name)
    sys.modules[name] = module
    code = compile(source, f"{name}.py", "exec", dont_inherit=True)
    exec(code, module.__dict__)  # noqa: S102 (this file runs inside the sandbox only)
    return module.__dict__


def find(space: dict[str, Any], path: str) -> Any:
    """`"f"` is that name; `"Solution.f"` the method of a fresh `Solution()`."""
    head, *rest = path.split(".")
    target = space[head]
    if rest and isinstance(target, type):
        target = target()
    for part in rest:
        target = getattr(target, part)
    return target
