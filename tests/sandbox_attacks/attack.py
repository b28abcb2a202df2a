"""One attack: an adversary's program, its budgets, and how it may end.

A program prints `BREACH` when something it must not be able to do succeeded. What it cannot tell
itself (processes left behind, canaries changed, connections made) the arena looks at afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

from verigrad.sandbox import Limits, Status

QUICK = Limits(wall_s=1.0, cpu_s=1.0, memory_mb=256)
SOON = Limits(wall_s=0.4, memory_mb=256)

ANY = frozenset(Status) - {Status.FAILED}

PRELUDE = '''
import ctypes, errno, json, os, sys
BAIT = json.loads(os.read(3, 65536))
LIBC = ctypes.CDLL(None, use_errno=True)
def breach(what):
    os.write(1, ("BREACH " + str(what) + "\\n").encode())
def refused(name, attempt):
    """Run what must fail with an OSError (or lack of a module)."""
    try:
        value = attempt()
    except (OSError, ImportError, ValueError) as error:
        print(name, "refused:", error)
    else:
        breach(f"{name}: {value!r}")
def call(number, *arguments):
    ctypes.set_errno(0)
    got = LIBC.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if got < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return got
'''


@dataclass(frozen=True)
class Attack:
    """`ends`: the statuses it may have. `bare` programs get no prelude (it may be what they break)."""

    name: str
    source: str
    limits: Limits = QUICK
    ends: frozenset[Status] = ANY
    bare: bool = False
    preset: str = "python"
    entry: str = "main.py"
    levels: tuple[str, ...] = ("namespaces", "landlock", "seccomp")
    stdin: bytes = b""

    @property
    def program(self) -> bytes:
        head = "" if self.bare or not self.preset.startswith("python") else PRELUDE
        return (head + self.source).encode()
