"""Python in the sandbox: a program in, what it printed out."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

from pydantic import Field

from verigrad.core.errors import SetupError
from verigrad.rollouts.tools.base import Arguments, Tool, ToolError, ToolOptions
from verigrad.sandbox import Job, Level, Limits, Result, Status, shared_sandbox


class PythonArguments(Arguments):
    """One program."""

    code: str = Field(description="a whole program; print what you want to see")


class PythonOptions(ToolOptions):
    """Budgets of one call, and the isolation below which nothing is run."""

    preset: Literal["python", "python-numpy", "python-sympy"] = "python"
    time_limit_s: float = Field(default=5.0, gt=0, le=60)
    memory_mb: int = Field(default=512, ge=64)
    max_code_chars: int = Field(default=20_000, ge=1)
    minimum_level: Level = Level.SECCOMP


class Python(Tool):
    """Every call is a process of its own: nothing is kept from one to the next."""

    name: ClassVar[str] = "python"
    description: ClassVar[str] = (
        "Runs a Python program and returns what it prints. Every call starts afresh."
    )
    arguments: ClassVar[type[Arguments]] = PythonArguments
    options_type: ClassVar[type[ToolOptions]] = PythonOptions

    def call(self, arguments: PythonArguments) -> str:
        """Standard output; with the end of standard error where the program failed."""
        options: PythonOptions = self.options
        if len(arguments.code) > options.max_code_chars:
            raise ToolError(f"the program is over {options.max_code_chars} characters long")
        try:
            job = Job(
                preset=options.preset,
                files={"main.py": arguments.code.encode("utf-8", "surrogatepass")},
                limits=Limits(
                    wall_s=options.time_limit_s,
                    cpu_s=math.ceil(options.time_limit_s),
                    memory_mb=options.memory_mb,
                ),
                minimum=options.minimum_level,
            )
        except ValueError as error:
            raise ToolError(str(error)) from None
        return told(shared_sandbox().run(job))


def told(result: Result) -> str:
    """What the program said; ToolError where it did not end well, SetupError where it never ran."""
    if result.status is Status.FAILED:
        raise SetupError(
            "the sandbox could not run a tool's program",
            where=result.why,
            remedy="`verigrad doctor` says which isolation levels work here",
        )
    printed = result.stdout.decode("utf-8", "replace")
    if result.exited_cleanly:
        return printed if printed.strip() else "(nothing was printed)"
    said = result.stderr.decode("utf-8", "replace").strip().splitlines()[-4:]
    why = f"ended by {result.status.value}" if result.status.hit_budget else "the program failed"
    raise ToolError("\n".join(filter(None, [printed.rstrip(), why, *said])))
