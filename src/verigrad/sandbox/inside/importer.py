"""Importing a job's own modules from memory, where no path can be named (level seccomp)."""

from __future__ import annotations

import sys
import types
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from importlib.abc import Loader


class MemoryImporter:
    """A finder and loader over `files`: relative path -> source bytes."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def _path(self, fullname: str) -> str | None:
        base = fullname.replace(".", "/")
        return next((p for p in (f"{base}/__init__.py", f"{base}.py") if p in self.files), None)

    def find_spec(
        self,
        fullname: str,
        path: object = None,  # noqa: ARG002 (the protocol of sys.meta_path)
        target: object = None,  # noqa: ARG002
        /,
    ) -> ModuleSpec | None:
        """Where `fullname` would come from, or None."""
        found = self._path(fullname)
        if found is None:
            folder = fullname.replace(".", "/") + "/"
            is_folder = any(name.startswith(folder) for name in self.files)
            return ModuleSpec(fullname, None, is_package=True) if is_folder else None
        loader = cast("Loader", self)  # by protocol: importlib.abc would stay in every job's memory
        spec = ModuleSpec(fullname, loader, origin=found, is_package=found.endswith("/__init__.py"))
        spec.has_location = False
        return spec

    def create_module(self, spec: ModuleSpec) -> types.ModuleType | None:  # noqa: ARG002
        """The default module object."""
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the module's source."""
        exec(self._code(module.__name__), module.__dict__)  # noqa: S102 (the job's own module)

    def _code(self, fullname: str) -> types.CodeType:
        found = self._path(fullname)
        if found is None:
            raise ImportError(fullname)
        return compile(self.files[found], found, "exec", dont_inherit=True)


def install(files: dict[str, bytes]) -> None:
    """Let imports find `files` before anything else."""
    sys.meta_path.insert(0, MemoryImporter(files))
