"""What can be run: languages, the zygote each runs in, and how each is compiled and started."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from verigrad.sandbox.job import Job

PROGRAM = ".program"  # where a compiler leaves its result, and what is then run
MAX_PROGRAM_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of zygote: jobs of equal kind share zygotes."""

    name: str
    preload: tuple[str, ...] = ()
    may_execute: bool = False


@dataclass(frozen=True, slots=True)
class Preset:
    """How one language is run.

    runtime: the program needed on this machine ("" for the interpreter we run on).
    options: the runtime's own arguments; `{memory_mb}` is filled in.
    sources: suffixes of the files to hand to a compiler; empty for an interpreter.
    address_extra_mb: address space a runtime reserves without using it.
    own_threads: threads a runtime starts for itself, on top of the job's own.
    """

    kind: Kind
    runtime: str = ""
    options: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    address_extra_mb: int = 0
    own_threads: int = 0

    @property
    def compiles(self) -> bool:
        """Whether a compile step comes first."""
        return bool(self.sources)


_PROGRAMS = Kind("programs", may_execute=True)

PRESETS: dict[str, Preset] = {
    "python": Preset(Kind("python")),
    "python-numpy": Preset(Kind("python-numpy", ("numpy",))),
    "python-sympy": Preset(Kind("python-sympy", ("numpy", "sympy"))),
    "python-sqlite": Preset(Kind("python-sqlite", ("sqlite3",))),
    "python-duckdb": Preset(Kind("python-duckdb", ("duckdb",))),
    "shell": Preset(_PROGRAMS, "bash"),
    "perl": Preset(_PROGRAMS, "perl"),
    "ruby": Preset(_PROGRAMS, "ruby"),
    "javascript": Preset(
        _PROGRAMS,
        "node",
        ("--max-old-space-size={memory_mb}",),
        address_extra_mb=4096,
        own_threads=16,
    ),
    "c": Preset(_PROGRAMS, "gcc", ("-O2", "-std=c17", "-pipe"), (".c",)),
    "cpp": Preset(_PROGRAMS, "g++", ("-O2", "-std=c++20", "-pipe"), (".cpp", ".cc", ".cxx")),
}


@cache
def find_runtime(name: str) -> str | None:
    """The absolute path of a program on this machine, or None."""
    found = shutil.which(name)
    return str(Path(found).absolute()) if found else None


@cache
def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def missing(preset: str) -> str:
    """Why `preset` cannot run on this machine; empty if it can."""
    if preset not in PRESETS:
        return f"no preset is called {preset!r}; there are: {', '.join(PRESETS)}"
    row = PRESETS[preset]
    if row.runtime and find_runtime(row.runtime) is None:
        return f"preset {preset!r} needs the program {row.runtime!r}, which is not on the PATH"
    for module in row.kind.preload:
        if not _is_installed(module):
            return f"preset {preset!r} needs the Python package {module!r}, which is not installed"
    return ""


def available() -> dict[str, str]:
    """Every preset and why it cannot run here ("" if it can), for `doctor`."""
    return {name: missing(name) for name in PRESETS}


@dataclass(frozen=True, slots=True)
class Step:
    """What a child does for a job: run a Python entry, or execute a program with arguments."""

    job: Job
    entry: str
    argv: list[str]


def run_step(job: Job) -> Step:
    """Run a Python program, hand a script to its interpreter, or start what was compiled."""
    preset = PRESETS[job.preset]
    if not preset.kind.may_execute:
        return Step(job, job.entry, list(job.argv))
    if preset.compiles:
        return Step(job, PROGRAM, [f"./{PROGRAM}", *job.argv])
    runtime = find_runtime(preset.runtime) or preset.runtime
    options = [option.format(memory_mb=job.limits.memory_mb) for option in preset.options]
    return Step(job, runtime, [runtime, *options, job.entry, *job.argv])


def compile_step(job: Job) -> Step:
    """Compile the job's sources and write the program to the message descriptor."""
    preset = PRESETS[job.preset]
    compiler = find_runtime(preset.runtime) or preset.runtime
    others = [p for p in sorted(job.files) if p.endswith(preset.sources) and p != job.entry]
    script = f'"$@" -o {PROGRAM} && cat {PROGRAM} >&4'
    line = [compiler, *preset.options, *(f"./{path}" for path in (job.entry, *others))]
    limits = replace(job.compile_limits, output_bytes=MAX_PROGRAM_BYTES)
    work = replace(job, stdin=b"", message=b"", limits=limits)
    return Step(work, "/bin/sh", ["/bin/sh", "-c", script, "sh", *line])


def package_folders(kind: Kind) -> list[str]:
    """Folders of the preloaded packages and of the libraries they bring along."""
    folders = []
    for module in _with_needs(kind.preload):
        spec = importlib.util.find_spec(module)
        if spec is None or not spec.submodule_search_locations:
            continue
        folder = Path(next(iter(spec.submodule_search_locations)))
        libraries = folder.with_name(f"{module}.libs")
        folders += [str(path) for path in (folder, libraries) if path.is_dir()]
    return folders


def _with_needs(preload: tuple[str, ...]) -> tuple[str, ...]:
    return (*preload, "mpmath") if "sympy" in preload else preload


def roots(kind: Kind) -> list[str]:
    """What jobs of this kind may read besides the system's own directories."""
    interpreter = [sys.base_prefix, sys.base_exec_prefix]
    return sorted({*interpreter, *package_folders(kind), *_runtime_folders(kind)})


def _runtime_folders(kind: Kind) -> list[str]:
    """Installations of runtimes outside /usr: the folder above their `bin`, links followed."""
    if not kind.may_execute:
        return []
    found = [find_runtime(row.runtime) for row in PRESETS.values() if row.runtime]
    real = [part for path in found if path for part in (Path(path), Path(path).resolve())]
    outside = [path for path in real if not path.is_relative_to("/usr") and path.parts[1] != "bin"]
    return [str(path.parents[1]) for path in outside if len(path.parents) > 2]
