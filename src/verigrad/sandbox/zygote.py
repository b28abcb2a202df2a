"""One zygote as seen from outside: started, given jobs, killed, cleaned up after."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verigrad.core.errors import SetupError
from verigrad.sandbox import cgroups, presets
from verigrad.sandbox.cgroups import Cgroup
from verigrad.sandbox.inside import emptying, namespaces
from verigrad.sandbox.inside.messages import KILL, Reply, unpack_reply
from verigrad.sandbox.inside.settings import Settings
from verigrad.sandbox.job import Level
from verigrad.sandbox.presets import Kind

_START_S = 60.0  # sympy on a busy machine takes several seconds
_END_S = 2.0
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from inside.main import main; main(int(sys.argv[2]))"
)
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "LD_BIND_NOW": "1",  # else every job looks up the C library's functions again
    "PYTHONHASHSEED": "0",  # sets iterate alike in every run: verdicts must be repeatable
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "SYMPY_GROUND_TYPES": "python",  # else sympy loads flint: slower to fork, and one more wall
}
_FLAGS = ("-s", "-S", "-P", "-B", "-X", "utf8")
_FIRST_DISK_BYTES, _FIRST_DISK_FILES = 16 << 20, 1024  # the default limits' own


class StartError(SetupError):
    """A zygote could not be built; `step` and `number` (errno) say where it stopped."""

    def __init__(self, what: str, *, step: str = "", number: int | None = None) -> None:
        super().__init__(what, where=step)
        self.step = step
        self.number = number


class ZygoteDiedError(Exception):
    """The zygote ended or cannot be spoken to; its job may be given to another."""


class NeverBeganError(ZygoteDiedError):
    """The zygote ended before it had a job, which so cannot be to blame."""


@dataclass(slots=True)
class Zygote:
    """A running zygote. `address_space` is what every Python job of it starts with, in bytes."""

    kind: Kind
    level: Level
    control: socket.socket
    process: subprocess.Popen[bytes]
    box: str
    cgroup: Cgroup | None = None
    address_space: int = 0
    jobs: int = 0

    def fileno(self) -> int:
        """The control socket, for poll."""
        return self.control.fileno()

    def is_alive(self) -> bool:
        """Whether an idle zygote can still be spoken to."""
        try:
            return bool(self.control.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK))
        except BlockingIOError:
            return True
        except OSError:
            return False

    def submit(self, request: bytes, descriptors: list[int]) -> None:
        """Start a job; the zygote gets its own copies of the descriptors."""
        self.jobs += 1
        try:
            socket.send_fds(self.control, [request], descriptors)
        except OSError as error:
            raise NeverBeganError(str(error)) from error

    def ask_to_kill(self, job: int) -> None:
        """Have the job killed; its reply still comes (or `receive` finds the zygote gone)."""
        with contextlib.suppress(OSError):
            self.control.send(KILL.pack(job))

    def receive(self) -> Reply:
        """The reply that poll announced."""
        try:
            message = self.control.recv(4096)
        except OSError as error:
            raise ZygoteDiedError(str(error)) from error
        if not message:
            raise ZygoteDiedError("the zygote ended")
        return unpack_reply(message)

    def kill(self) -> None:
        """End it and all its jobs at once: they die with process 0."""
        self.process.kill()
        self.close()

    def close(self) -> None:
        """End it and remove what it had."""
        self.control.close()
        try:
            self.process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.box:
            _remove(self.box)
        if self.cgroup:
            self.cgroup.remove()

    def abandon(self) -> None:
        """Let go of the socket in a process that inherited it by fork."""
        self.control.close()


def start(kind: Kind, level: Level) -> Zygote:
    """A zygote ready for jobs.

    Raises StartError when the machine does not allow it, NeverBeganError when it ends meanwhile.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    box = _make_box() if level in (Level.LANDLOCK, Level.PROCESS) else ""
    with theirs:
        process = _spawn(theirs)
    zygote = Zygote(kind, level, ours, process, box, cgroups.confine(process.pid))
    try:
        zygote.address_space = _handshake(zygote)
    except BaseException:
        zygote.kill()
        raise
    return zygote


def _spawn(theirs: socket.socket) -> subprocess.Popen[bytes]:
    here = str(Path(__file__).parent)
    line = [sys.executable, *_FLAGS, "-c", _BOOT, here, str(theirs.fileno())]
    return subprocess.Popen(
        line,
        env=_ENVIRONMENT,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(theirs.fileno(),),
        start_new_session=True,
    )


def _handshake(zygote: Zygote) -> int:
    """Tell it what to be and wait until it is; its address space in bytes."""
    zygote.control.settimeout(_START_S)
    try:
        zygote.control.send(json.dumps(_settings(zygote)._asdict()).encode())
        message = zygote.control.recv(4096)
    except TimeoutError as error:
        raise StartError(f"the {zygote.kind.name} zygote took over {_START_S} s") from error
    except OSError as error:
        raise NeverBeganError(f"while starting: {error}") from error
    if not message:
        raise NeverBeganError("while starting")
    zygote.control.settimeout(None)
    answer: dict[str, Any] = json.loads(message)
    if "error" in answer:
        number, step = answer.get("errno"), answer.get("step", "starting")
        name = f" ({errno.errorcode.get(number, str(number))})" if number else ""
        raise StartError(f"{step}: {answer['error']}{name}", step=step, number=number)
    return answer["address_space"]


def _settings(zygote: Zygote) -> Settings:
    folders = presets.package_folders(zygote.kind)
    return Settings(
        level=zygote.level.value,
        preload=list(zygote.kind.preload),
        package_paths=sorted({str(Path(folder).parent) for folder in folders}),
        roots=presets.roots(zygote.kind),
        box=zygote.box,
        may_execute=zygote.kind.may_execute,
        disk_bytes=_FIRST_DISK_BYTES,
        disk_files=_FIRST_DISK_FILES,
    )


def _make_box() -> str:
    """A private directory for jobs; the unused user's if we are root."""
    path = tempfile.mkdtemp(prefix="verigrad-box-")
    if os.geteuid() == 0:
        os.chown(path, namespaces.UNUSED_ID, namespaces.UNUSED_ID)
    return path


def _remove(path: str) -> None:
    """Delete a box with whatever an adversary left in it."""
    try:
        directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        shutil.rmtree(path, ignore_errors=True)
        return
    with contextlib.suppress(OSError):
        emptying.empty(directory)
        Path(path).rmdir()
    os.close(directory)
