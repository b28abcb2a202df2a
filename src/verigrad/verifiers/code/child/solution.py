"""Bring a candidate's source to life as the module `solution`, in a job of its own."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from typing import Any


class FileFinder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the other files of a multi-file solution from memory (`util.py` -> `util`)."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002
        """Where `fullname` is one of the files or packages."""
        stem = fullname.replace(".", "/")
        is_package = any(name.startswith(stem + "/") for name in self.files)
        if stem + ".py" not in self.files and not is_package:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=is_package)

    def get_source(self, fullname: str) -> str:
        """The text of a module; a package without `__init__.py` is empty."""
        stem = fullname.replace(".", "/")
        return self.files.get(stem + ".py", self.files.get(stem + "/__init__.py", ""))


def load_solution(source: str, files: dict[str, str], name: str = "solution") -> dict[str, Any]:
    """Execute `source` as module `name`; its namespace. Raises whatever the candidate raises."""
    if files:
        sys.meta_path.insert(0, FileFinder(files))
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
