"""Which levels this machine gives, found by trying; what to do about the others."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache

from verigrad.core.errors import SetupError
from verigrad.sandbox import presets, zygote
from verigrad.sandbox.job import Job, Level, Limits, Result, Status
from verigrad.sandbox.running import Running
from verigrad.sandbox.supervise import discard, supervise
from verigrad.sandbox.zygote import StartError, ZygoteDiedError

LADDER = (Level.NAMESPACES, Level.LANDLOCK, Level.SECCOMP, Level.PROCESS)

_REMEDIES = {
    Level.NAMESPACES: (
        "allow unprivileged user namespaces (Ubuntu 24.04: `sysctl "
        "kernel.apparmor_restrict_unprivileged_userns=0`; elsewhere `user.max_user_namespaces` "
        "above 0), or run as root; in a container: `--security-opt seccomp=unconfined`, or a "
        "profile that allows unshare, mount, pivot_root and setns; Linux 5.12 or later"
    ),
    Level.LANDLOCK: "boot Linux 6.2 or later with `landlock` among the LSMs (`lsm=landlock,...`)",
    Level.SECCOMP: "use Linux on x86_64 or aarch64 with CONFIG_SECCOMP_FILTER",
    Level.PROCESS: "use Linux with Python's `os.pidfd_open`",
    Level.CONTAINER: "install docker or podman and let this user speak to its engine",
}
_SELF_TEST = b"""
import sys
answers = []
def blocked(name, attempt):
    try:
        attempt()
    except (OSError, ImportError):
        return
    answers.append(name)
def connect():
    import socket
    socket.socket(socket.AF_INET, socket.SOCK_STREAM)
def read():
    open(sys.argv[1]).read()
def trace():
    import ctypes
    if ctypes.CDLL(None, use_errno=True).ptrace(0, 0, 0, 0) < 0:
        raise OSError
blocked("network", connect)
blocked("files", read)
blocked("ptrace", trace)
print("open:" + ",".join(answers))
"""


@dataclass(frozen=True, slots=True)
class LevelReport:
    """One line of `doctor`: whether a level works here, else why not and what to do."""

    level: Level
    available: bool
    why_not: str = ""
    remedy: str = ""


def probe() -> list[LevelReport]:
    """Try every level, strongest first, the container last."""
    from verigrad.sandbox.container import find_engine

    found = [_report(level, try_level(level)) for level in LADDER]
    _, why = find_engine()
    return [*found, _report(Level.CONTAINER, why)]


def _report(level: Level, why_not: str) -> LevelReport:
    return LevelReport(level, not why_not, why_not, _REMEDIES[level] if why_not else "")


@cache
def try_level(level: Level) -> str:
    """Why `level` does not work here; empty if a job behind its walls found them closed."""
    try:
        started = zygote.start(presets.PRESETS["python"].kind, level)
    except StartError as error:
        return error.what
    except ZygoteDiedError as error:
        return f"the zygote died {error}"
    try:
        return _self_test(started)
    finally:
        started.kill()


def _self_test(started: zygote.Zygote) -> str:
    """Have a job try what the level forbids."""
    with tempfile.NamedTemporaryFile(prefix="verigrad-canary-") as canary:
        canary.write(b"canary")
        canary.flush()
        job = Job(
            files={"main.py": _SELF_TEST},
            argv=(canary.name,),
            limits=Limits(wall_s=20, processes=1),
        )
        run = Running(presets.run_step(job), started)
        try:
            supervise([run])
        except ZygoteDiedError as error:
            discard([run])
            return f"the self-test's zygote died: {error}"
        return _read_answer(started.level, run.result())


def _read_answer(level: Level, result: Result) -> str:
    last = result.stdout.decode("utf-8", "replace").strip()
    if result.status is not Status.EXITED or not last.startswith("open:"):
        words = result.stderr.decode("utf-8", "replace").strip()
        return f"the self-test ended as {result.status.value}: {result.why} {words}"[:500]
    if level.is_wall and last != "open:":
        return f"the walls have holes: {last}"
    return ""


def choose(level: Level | None, *, minimum: Level, allow_unsafe: bool) -> Level:
    """The level to run at. Raises SetupError when none meets the demands."""
    if Level.PROCESS in (level, minimum) and not allow_unsafe:
        raise SetupError(
            "level `process` holds nobody who wants out",
            cause="it sets resource limits only: files, network and other processes stay open",
            remedy="say allow_unsafe = true; every result will carry the level",
        )
    if level is not None:
        why = try_level(level)
        if why:
            raise SetupError(
                f"level {level} does not work here", cause=why, remedy=_REMEDIES[level]
            )
        return level
    tried = {}
    for candidate in LADDER:
        if candidate.satisfies(minimum) and (candidate.is_wall or allow_unsafe):
            tried[candidate] = try_level(candidate)
            if not tried[candidate]:
                return candidate
    raise SetupError(
        f"no isolation level of at least {minimum} works on this machine",
        cause="; ".join(f"{name}: {why}" for name, why in tried.items()),
        remedy=_REMEDIES[next(iter(tried), Level.NAMESPACES)],
    )
