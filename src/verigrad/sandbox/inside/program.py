"""The job itself: read it, lay out its files, and run it as Python or as another program."""

from __future__ import annotations

import os
import sys
import threading
import types
from _thread import _count as num_threads
from atexit import _run_exitfuncs as run_exit_functions
from gc import enable as enable_collection

from . import importer
from .settings import Settings

_MODE = {True: 0o755, False: 0o644}


def write_files(files: dict[str, bytes]) -> None:
    """Lay out a job's files in its working directory."""
    for name, content in files.items():
        directory = name.rpartition("/")[0]
        if directory:
            os.makedirs(directory, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        descriptor = os.open(name, flags, _MODE[content.startswith((b"\x7fELF", b"#!"))])
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)


def set_stage(settings: Settings) -> None:
    """Before any job: what every Python program finds around it, made once for all.

    Every job gets its own copy by the fork, untouched: nothing runs in between.
    """
    sys.modules["__main__"] = types.ModuleType("__main__")
    if settings.has_files:
        sys.path.insert(0, os.environ["HOME"])


def run(entry: str, argv: list[str], files: dict[str, bytes], *, in_memory: bool) -> int:
    """Run the entry as `__main__`; its exit code. `finish` comes after it."""
    enable_collection()
    names = sys.modules["__main__"].__dict__
    names["__file__"] = entry
    sys.argv = [entry, *argv]
    if in_memory:
        importer.install(files)
    try:
        exec(compile(files[entry], entry, "exec", dont_inherit=True), names)  # noqa: S102 (the job)
    except BaseException as error:  # noqa: BLE001 (as the interpreter does at top level)
        return _report(error)
    return 0


def finish() -> int:
    """What the interpreter does at its end: other threads, exit functions, streams."""
    try:
        if num_threads():
            threading._shutdown()  # pyright: ignore[reportAttributeAccessIssue] (as Py_Main does)
        run_exit_functions()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:  # noqa: BLE001 (as the interpreter does at top level)
        return _report(error)
    return 0


def _report(error: BaseException) -> int:
    if isinstance(error, SystemExit):
        return _exit_code(error.code)
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    sys.excepthook(type(error), error.with_traceback(trace), trace)
    return 1


def _exit_code(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)  # noqa: T201 (what sys.exit("text") does)
    return 1


TRIFLE = b"""
import json, math, sys
from collections import Counter, defaultdict
class Point:
    def __init__(self, x, y=0):
        self.x, self.y = x, y
    def length(self):
        return math.sqrt(self.x ** 2 + self.y ** 2)
def total(numbers):
    return sum(n * n for n in numbers if n % 2 == 0)
counts = defaultdict(int)
for word in "a b a".split():
    counts[word] += 1
line = sys.stdin.readline()
text = f"{Point(3, 4).length():.3f} {total([1, 2, 3])} {sorted(counts.items())} {line!r}"
print(text, len(text), json.loads(json.dumps({"a": [1, 2.5, None]})))
try:
    int("x")
except ValueError as error:
    print(error)
sys.stdout.flush()
"""
