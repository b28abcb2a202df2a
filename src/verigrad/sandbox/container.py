"""Level `container`: each job in a fresh docker or podman container of a whole image.

For programs that need an image of their own. A container start costs hundreds of milliseconds, so
this stands beside the ladder, not on it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import IO, Self

from verigrad.core.errors import SetupError
from verigrad.sandbox.job import Job, Level, Result, Status, failed

_ANSWER_S = 10.0  # for questions to the engine itself
_START_S = 30.0  # for a container to be made, on top of the job's own time
_CHUNK = 1 << 16
_KILLED = (137, -9)  # SIGKILL: by `timeout` inside, or by the engine for memory
_COMMANDS = {
    "python": ("python3", "-I", "-B"),
    "shell": ("sh",),
    "javascript": ("node",),
    "perl": ("perl",),
    "ruby": ("ruby",),
}


@cache
def find_engine() -> tuple[str, str]:
    """The engine's program, or "" and why there is none that answers."""
    found = [path for path in map(shutil.which, ("docker", "podman")) if path]
    why = "neither docker nor podman is on the PATH"
    for engine in found:
        try:
            done = subprocess.run(
                [engine, "version", "--format", "{{.Server.Version}}"],
                capture_output=True,
                timeout=_ANSWER_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            why = f"{engine} does not answer: {error}"
            continue
        if done.returncode == 0:
            return engine, ""
        why = f"{engine} does not answer: {done.stderr[-200:].decode('utf-8', 'replace').strip()}"
    return "", why


class ContainerSandbox:
    """Runs jobs in containers of `image`; the interpreter must be in the image.

    Presets: python, shell, javascript, perl, ruby. Messages and pairs are not offered: an engine
    passes no descriptors besides 0, 1 and 2, and jobs that need them are `failed`.
    Raises SetupError when no engine answers.
    """

    def __init__(self, image: str, *, slots: int | None = None, engine: str | None = None) -> None:
        found, why = (engine, "") if engine else find_engine()
        if not found:
            raise SetupError("no container engine", cause=why, remedy="start docker or podman")
        self.image, self.engine = image, found
        self._turns = threading.Semaphore(slots or os.cpu_count() or 1)
        self._closed = False

    def run(self, job: Job) -> Result:
        """Run one job in a container of its own."""
        if why := self._refusal(job):
            return failed(why, level=Level.CONTAINER)
        with self._turns:
            try:
                return self._run(job)
            except OSError as error:
                return failed(f"the container engine could not be run: {error}")

    def run_pair(self, first: Job, second: Job) -> tuple[Result, Result]:  # noqa: ARG002
        """Not offered."""
        why = "level container cannot join two jobs"
        return failed(why, level=Level.CONTAINER), failed(why, level=Level.CONTAINER)

    def close(self) -> None:
        """Refuse later jobs."""
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _refusal(self, job: Job) -> str:
        if self._closed:
            return "the sandbox is closed"
        if job.preset not in _COMMANDS:
            return f"level container offers {', '.join(_COMMANDS)}, not {job.preset!r}"
        if job.message:
            return "level container passes no message descriptor"
        if not Level.CONTAINER.satisfies(job.minimum):
            return f"the job demands level {job.minimum}, this sandbox is a container"
        return ""

    def _run(self, job: Job) -> Result:
        name = f"verigrad-{uuid.uuid4().hex}"
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="verigrad-job-") as folder:
            lay_out(job, Path(folder))
            arguments = run_arguments(name, self.image, job, Path(folder))
            try:
                return self._supervised(name, job, arguments, start=start)
            finally:
                self._remove(name)

    def _supervised(self, name: str, job: Job, arguments: list[str], *, start: float) -> Result:
        """Feed it, cap what it says, stop it in time."""
        process = subprocess.Popen(
            [self.engine, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        limits = job.limits
        assert process.stdout is not None
        assert process.stderr is not None
        out = _Reader(process.stdout, limits.output_bytes, lambda: self._remove(name))
        err = _Reader(process.stderr, limits.stderr_bytes, lambda: None)
        feeder = threading.Thread(target=_feed, args=(process, job.stdin))
        feeder.start()
        try:
            code = process.wait(limits.wall_s + _START_S)
            timed_out = time.monotonic() - start > limits.wall_s + _START_S
        except subprocess.TimeoutExpired:
            code, timed_out = None, True
            self._remove(name)
            process.kill()
            process.wait()
        for thread in (feeder, out, err):
            thread.join(_ANSWER_S)
        return _result(
            code,
            timed_out=timed_out,
            out=out,
            err=err,
            wall_s=time.monotonic() - start,
            wall_limit_s=limits.wall_s,
        )

    def _remove(self, name: str) -> None:
        subprocess.run(
            [self.engine, "rm", "--force", name],
            capture_output=True,
            timeout=_ANSWER_S,
            check=False,
        )


def run_arguments(name: str, image: str, job: Job, folder: Path) -> list[str]:
    """The engine's arguments: nothing shared, nothing writable but a small /tmp."""
    limits = job.limits
    walls = [
        "--network=none",
        "--read-only",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--user=65533:65533",
        "--ipc=none",
        f"--pids-limit={limits.processes + 2}",
        f"--memory={limits.memory_mb}m",
        f"--memory-swap={limits.memory_mb}m",
        f"--tmpfs=/tmp:size={limits.disk_mb}m,nr_inodes={limits.disk_files + 2},mode=1777",
        f"--ulimit=nofile={limits.open_files}",
        f"--ulimit=cpu={int(limits.cpu_s) + 1}",
        "--ulimit=core=0",
        f"--volume={folder}:/job:ro",
        "--env=HOME=/tmp",
    ]
    inner = 'cp -R /job/. /tmp && cd /tmp && exec timeout -s KILL "$@"'
    line = [f"{limits.wall_s}", *_COMMANDS[job.preset], job.entry, *job.argv]
    program = ["/bin/sh", "-c", inner, "sh", *line]
    return ["run", "--rm", "--interactive", f"--name={name}", *walls, image, *program]


def lay_out(job: Job, folder: Path) -> None:
    """Write the job's files where the container sees them, read-only, as /job."""
    folder.chmod(0o755)
    for name, content in job.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class _Reader(threading.Thread):
    """Keeps up to `limit` bytes of a stream; calls `on_flood` once when there are more."""

    def __init__(self, stream: IO[bytes], limit: int, on_flood: Callable[[], None]) -> None:
        super().__init__()
        self.stream, self.limit, self.on_flood = stream, limit, on_flood
        self.content, self.is_cut = bytearray(), False
        self.start()

    def run(self) -> None:
        """Read to the end; what is beyond the limit is dropped."""
        while chunk := os.read(self.stream.fileno(), _CHUNK):
            room = self.limit - len(self.content)
            self.content += chunk[:room]
            if len(chunk) > room and not self.is_cut:
                self.is_cut = True
                self.on_flood()


def _feed(process: subprocess.Popen[bytes], content: bytes) -> None:
    """Write standard input; a program that ends early closes it, which is its right."""
    assert process.stdin is not None
    with contextlib.suppress(OSError), process.stdin as stream:
        stream.write(content)


def _result(
    code: int | None,
    *,
    timed_out: bool,
    out: _Reader,
    err: _Reader,
    wall_s: float,
    wall_limit_s: float,
) -> Result:
    status = Status.EXITED
    if out.is_cut:
        status = Status.OUTPUT_LIMIT
    elif timed_out:
        status = Status.TIMEOUT
    elif code in (125, 126, 127):  # the engine's own, or no such program in the image
        status = Status.FAILED
    elif code in _KILLED:
        status = Status.TIMEOUT if wall_s >= wall_limit_s else Status.MEMORY
    elif code is not None and code > 128:
        status, code = Status.SIGNALLED, 128 - code
    return Result(
        status,
        code,
        bytes(out.content),
        bytes(err.content),
        stdout_cut=out.is_cut,
        stderr_cut=err.is_cut,
        wall_s=wall_s,
        level=Level.CONTAINER,
        why=bytes(err.content[-300:]).decode("utf-8", "replace") if status is Status.FAILED else "",
    )
