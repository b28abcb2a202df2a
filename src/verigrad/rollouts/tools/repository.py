"""Tools on a repository: what a policy may do to the files of one rollout."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Self

from pydantic import Field

from verigrad.rollouts.tools.base import Arguments, Tool, ToolError
from verigrad.rollouts.tools.python import PythonArguments, PythonOptions, told
from verigrad.sandbox import Job, Limits, shared_sandbox
from verigrad.verifiers.repository.snapshot import is_inside

_SHOWN_LINES = 200
_SHOWN_HITS = 50
_MAX_FILE_CHARS = 1 << 20
_NOTES = "a file of the repository, such as src/app.py"


@dataclass(slots=True)
class Tree:
    """The files of one rollout; `is_protected` says which must be left alone, `tests` runs those
    that the policy may see and says what came of them (None where there are none).
    """

    files: dict[str, str]
    is_protected: Callable[[str], bool]
    tests: Callable[[dict[str, str]], str] | None = None

    def text(self, path: str) -> str:
        """A file's text; ToolError where there is none."""
        if path not in self.files:
            raise ToolError(f"there is no file {path[:200]!r}")
        return self.files[path]

    def write(self, path: str, text: str) -> None:
        """Make or replace a file; ToolError where that is not allowed."""
        if not is_inside(path):
            raise ToolError(f"{path[:200]!r} is no path inside the repository")
        if self.is_protected(path):
            raise ToolError(f"{path!r} is protected: leave it as it is")
        if len(text) > _MAX_FILE_CHARS:
            raise ToolError(f"a file may have {_MAX_FILE_CHARS} characters")
        parts = path.split("/")
        above = {"/".join(parts[:depth]) for depth in range(1, len(parts))}
        if above & set(self.files) or any(other.startswith(f"{path}/") for other in self.files):
            raise ToolError(f"{path!r} would be a file and a folder")
        self.files[path] = text


class TreeTool(Tool):
    """A tool on the tree of its rollout."""

    is_quick: ClassVar[bool] = True
    tree: Tree

    def on(self, tree: Tree) -> Self:
        """The tool of one rollout."""
        own = type(self)(self.options)
        own.tree = tree
        return own

    @abstractmethod
    def call(self, arguments: Any) -> str:
        """The answer to one call; ToolError where there is none."""


class ListArguments(Arguments):
    """Which files."""

    pattern: str = Field(default="*", description="such as *.py or src/*")


class ListFiles(TreeTool):
    """Paths by pattern."""

    name: ClassVar[str] = "list_files"
    description: ClassVar[str] = "Lists the repository's files and how many lines each has."
    arguments: ClassVar[type[Arguments]] = ListArguments

    def call(self, arguments: ListArguments) -> str:
        """A line for each file."""
        found = [path for path in sorted(self.tree.files) if fnmatchcase(path, arguments.pattern)]
        lines = [f"{path} ({self.tree.files[path].count(chr(10))} lines)" for path in found]
        return "\n".join(lines) or "(no file)"


class ReadArguments(Arguments):
    """A file, or some of its lines."""

    path: str = Field(description=_NOTES)
    first_line: int = Field(default=1, ge=1)
    last_line: int | None = Field(default=None, ge=1)


class ReadFile(TreeTool):
    """Lines of a file with their numbers."""

    name: ClassVar[str] = "read_file"
    description: ClassVar[str] = f"Shows a file with line numbers, {_SHOWN_LINES} lines at most."
    arguments: ClassVar[type[Arguments]] = ReadArguments

    def call(self, arguments: ReadArguments) -> str:
        """The lines asked for."""
        lines = self.tree.text(arguments.path).split("\n")
        first = arguments.first_line - 1
        last = min(arguments.last_line or len(lines), first + _SHOWN_LINES, len(lines))
        shown = [f"{n + 1}\t{lines[n]}" for n in range(first, last)]
        more = f"\n({len(lines) - last} more lines)" if last < len(lines) else ""
        return "\n".join(shown) + more if shown else f"(the file has {len(lines)} lines)"


class FindArguments(Arguments):
    """What to look for."""

    text: str = Field(min_length=1, description="plain text, not a pattern")
    pattern: str = Field(default="*", description="in which files, such as *.py")


class FindText(TreeTool):
    """Lines that hold a text."""

    name: ClassVar[str] = "find_text"
    description: ClassVar[str] = "Finds the lines of the repository that hold a text."
    arguments: ClassVar[type[Arguments]] = FindArguments

    def call(self, arguments: FindArguments) -> str:
        """path:line: text for each."""
        hits = [
            f"{path}:{number}: {line.strip()[:200]}"
            for path in sorted(self.tree.files)
            if fnmatchcase(path, arguments.pattern)
            for number, line in enumerate(self.tree.files[path].split("\n"), start=1)
            if arguments.text in line
        ]
        more = f"\n({len(hits) - _SHOWN_HITS} more)" if len(hits) > _SHOWN_HITS else ""
        return "\n".join(hits[:_SHOWN_HITS]) + more if hits else "(nowhere)"


class ReplaceArguments(Arguments):
    """An edit by the text itself."""

    path: str = Field(description=_NOTES)
    old: str = Field(min_length=1, description="text that stands in the file exactly once")
    new: str = Field(description="what is to stand there")


class ReplaceText(TreeTool):
    """One place of a file."""

    name: ClassVar[str] = "replace_text"
    description: ClassVar[str] = "Replaces a text that stands in a file exactly once."
    arguments: ClassVar[type[Arguments]] = ReplaceArguments

    def call(self, arguments: ReplaceArguments) -> str:
        """That it was done."""
        text = self.tree.text(arguments.path)
        count = text.count(arguments.old)
        if count != 1:
            raise ToolError(f"the text stands in {arguments.path!r} {count} times, not once")
        self.tree.write(arguments.path, text.replace(arguments.old, arguments.new))
        return "done"


class WriteArguments(Arguments):
    """A whole file."""

    path: str = Field(description=_NOTES)
    text: str


class WriteFile(TreeTool):
    """A file as a whole."""

    name: ClassVar[str] = "write_file"
    description: ClassVar[str] = "Makes a file, or replaces all of it."
    arguments: ClassVar[type[Arguments]] = WriteArguments

    def call(self, arguments: WriteArguments) -> str:
        """That it was done."""
        self.tree.write(arguments.path, arguments.text)
        return "done"


class DeleteArguments(Arguments):
    """A file to delete."""

    path: str = Field(description=_NOTES)


class DeleteFile(TreeTool):
    """A file less."""

    name: ClassVar[str] = "delete_file"
    description: ClassVar[str] = "Deletes a file."
    arguments: ClassVar[type[Arguments]] = DeleteArguments

    def call(self, arguments: DeleteArguments) -> str:
        """That it was done."""
        self.tree.text(arguments.path)
        if self.tree.is_protected(arguments.path):
            raise ToolError(f"{arguments.path!r} is protected: leave it as it is")
        del self.tree.files[arguments.path]
        return "done"


class RunPython(TreeTool):
    """A program beside the files, in the sandbox."""

    name: ClassVar[str] = "run_python"
    description: ClassVar[str] = (
        "Runs a Python program in the repository's folder and returns what it prints. "
        "What it writes to files is lost."
    )
    arguments: ClassVar[type[Arguments]] = PythonArguments
    options_type = PythonOptions
    is_quick: ClassVar[bool] = False

    def call(self, arguments: PythonArguments) -> str:
        """What it printed."""
        options: PythonOptions = self.options
        if len(arguments.code) > options.max_code_chars:
            raise ToolError(f"the program is over {options.max_code_chars} characters long")
        name = next(f"run_{n}.py" for n in range(10**6) if f"run_{n}.py" not in self.tree.files)
        texts = {**self.tree.files, name: arguments.code}
        try:
            job = Job(
                preset=options.preset,
                entry=name,
                files={path: t.encode("utf-8", "surrogatepass") for path, t in texts.items()},
                limits=Limits(
                    wall_s=options.time_limit_s,
                    cpu_s=options.time_limit_s,
                    memory_mb=options.memory_mb,
                    disk_mb=64,
                    disk_files=8192,
                ),
                minimum=options.minimum_level,
            )
        except ValueError as error:
            raise ToolError(str(error)) from None
        return told(shared_sandbox().run(job))


class NoArguments(Arguments):
    """Nothing."""


class RunTests(TreeTool):
    """The tests that the policy may see."""

    name: ClassVar[str] = "run_tests"
    description: ClassVar[str] = "Runs the visible tests on the files as they are now."
    arguments: ClassVar[type[Arguments]] = NoArguments
    is_quick: ClassVar[bool] = False

    def call(self, arguments: NoArguments) -> str:  # noqa: ARG002 (it has none)
        """What came of them."""
        if self.tree.tests is None:
            raise ToolError("this problem has no visible tests")
        return re.sub(r"\s+\n", "\n", self.tree.tests(dict(self.tree.files)))


TREE_TOOLS: tuple[type[TreeTool], ...] = (
    ListFiles, ReadFile, FindText, ReplaceText, WriteFile, DeleteFile, RunPython, RunTests,
)  # fmt: skip
