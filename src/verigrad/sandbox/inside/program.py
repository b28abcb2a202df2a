"""The job itself: read it, lay out its files, and run it as Python or as another program."""

from __future__ import annotations

import _thread
import atexit
import marshal
import os
import random
import sys
import threading
import types
from collections.abc import Callable
from typing import NamedTuple

from . import importer

_MODE = {True: 0o755, False: 0o644}


class Work(NamedTuple):
    """One program: what to run and the files around it.

    entry: a key of `files` (Python), or the path of the program to execute.
    """

    entry: str
    argv: list[str]
    files: dict[str, bytes]


def read(descriptor: int) -> Work:
    """The payload: marshalled (entry, argv, files), from the trusted outside."""
    data = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    return Work(*marshal.loads(data))  # noqa: S302


def write_files(work: Work) -> None:
    """Lay out the files in the working directory; a Python entry runs from memory instead."""
    for name, content in work.files.items():
        if name == work.entry and len(work.files) == 1 and name.endswith(".py"):
            continue
        directory = name.rpartition("/")[0]
        if directory:
            os.makedirs(directory, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        descriptor = os.open(name, flags, _MODE[content.startswith((b"\x7fELF", b"#!"))])
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)


def execute(work: Work) -> None:
    """Replace this process by another program. Never returns normally."""
    os.execv(work.entry, work.argv)  # noqa: S606 (no shell is wanted)


def run_python(work: Work, *, in_memory: bool) -> int:
    """Run the entry as `__main__`, then end as the interpreter would; its exit code."""
    main = types.ModuleType("__main__")
    main.__dict__["__file__"] = work.entry
    sys.modules["__main__"] = main
    sys.argv = [work.entry, *work.argv]
    if in_memory:
        importer.install(work.files)
    else:
        sys.path.insert(0, os.getcwd())
    code = _guarded(lambda: _execute_source(work, main))
    return _guarded(_finish) or code


def _execute_source(work: Work, main: types.ModuleType) -> None:
    source = work.files[work.entry]
    exec(compile(source, work.entry, "exec", dont_inherit=True), main.__dict__)  # noqa: S102 (the job)


def _guarded(step: Callable[[], object]) -> int:
    """Run a step; 0, or the exit code that its exception stands for, after reporting it."""
    try:
        step()
    except SystemExit as leaving:
        return _exit_code(leaving.code)
    except BaseException as error:  # noqa: BLE001 (as the interpreter does at top level)
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        return 1
    return 0


def _exit_code(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)  # noqa: T201 (what sys.exit("text") does)
    return 1


def _finish() -> None:
    """What the interpreter does at its end: other threads, exit functions, streams."""
    if _thread._count():
        threading._shutdown()  # pyright: ignore[reportAttributeAccessIssue] (as Py_Main does)
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()


def rehearse(work: Work) -> None:
    """Compile and run a trifle, fail once, and put the shared random state at its start."""
    main = types.ModuleType("__main__")
    _execute_source(work, main)
    hook, sys.excepthook = sys.excepthook, lambda *_: None
    _guarded(lambda: 1 / 0)
    sys.excepthook = hook
    random.seed(0)
