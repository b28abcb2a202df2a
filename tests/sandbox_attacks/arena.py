"""Where attacks are run: baits around the sandbox, and a look at all of them after each attack.

Standard library and verigrad.sandbox only, so that an unprivileged user's plain interpreter can
run it (`python -m sandbox_attacks.arena LEVEL`).
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sandbox_attacks import on_budgets, on_files, on_kernel, on_processes, on_programs
from sandbox_attacks.attack import Attack
from verigrad.sandbox import Job, Level, Status
from verigrad.sandbox.local import LocalSandbox

ATTACKS: list[Attack] = [
    *on_files.ATTACKS,
    *on_processes.ATTACKS,
    *on_kernel.ATTACKS,
    *on_budgets.ATTACKS,
    *on_programs.ATTACKS,
]
COMPILE = Job(files={"main.py": b""}).compile_limits
LATE_S = 0.5  # how long past its deadline an answer may come
SECRET = "SECRET-of-the-trainer-52817"
UNUSED_ID = 65533


class Arena:
    """A sandbox at one level among baits."""

    def __init__(self, level: Level, folder: Path) -> None:
        self.level = level
        self.sandbox = LocalSandbox(slots=1, level=level)
        self.canary = folder / "canary.txt"
        self.canary.write_text("canary")
        self.canary.chmod(0o666)
        folder.chmod(0o777)
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.tcp.settimeout(0.05)
        self.abstract = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.abstract.bind(f"\0verigrad-bait-{os.getpid()}-{id(self)}")
        self.abstract.listen()
        self.bait = _start_bait()
        self.leak = os.open(self.canary, os.O_RDWR)
        os.set_inheritable(self.leak, True)
        os.environ["TRAINER_SECRET"] = SECRET
        self.before = _look(self.canary)
        self.hits: list[str] = []
        self.stopping = threading.Event()
        self.listeners = [
            threading.Thread(target=self._listen, args=(s,), daemon=True)
            for s in (self.tcp, self.abstract)
        ]
        for listener in self.listeners:
            listener.start()

    def _listen(self, server: socket.socket) -> None:
        server.settimeout(0.1)
        while not self.stopping.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = server.accept()
                self.hits.append(str(server.getsockname()))
                connection.close()

    def close(self) -> None:
        self.stopping.set()
        for listener in self.listeners:
            listener.join()
        self.sandbox.close()
        self.bait.kill()
        self.bait.wait()
        os.close(self.leak)
        self.tcp.close()
        self.abstract.close()

    def run(self, attack: Attack) -> list[str]:
        """What is wrong after this attack; nothing, if the walls held."""
        zygote = self._zygote(attack.preset)
        facts = {
            "canary": str(self.canary),
            "port": self.tcp.getsockname()[1],
            "abstract": self.abstract.getsockname()[1:].decode(),
            "pid": self.bait.pid,
            "zygote": zygote,
            "parent": os.getpid(),
            "level": self.level.value,
            "secret": SECRET,
            "box": "/box/tmp",
        }
        job = Job(
            preset=attack.preset,
            entry=attack.entry,
            files={attack.entry: attack.program},
            stdin=attack.stdin,
            message=json.dumps(facts).encode(),
            limits=attack.limits,
            compile_limits=replace(COMPILE, wall_s=attack.limits.wall_s + 2),
        )
        start = time.monotonic()
        result = self.sandbox.run(job)
        took = time.monotonic() - start
        wrong = [
            f"{line!r}"
            for line in (result.stdout + result.message + result.stderr).splitlines()
            if line.startswith(b"BREACH")
        ]
        if result.status not in attack.ends:
            wrong.append(
                f"ended as {result.status} {result.exit_code} {result.why} {result.stderr[-300:]!r}"
            )
        if result.level is not self.level:
            wrong.append(f"ran at {result.level}")
        allowed_s = (
            attack.limits.wall_s
            + LATE_S
            + (job.compile_limits.wall_s if attack.entry.endswith(".c") else 0)
        )
        if took > allowed_s:
            wrong.append(f"took {took:.2f} s of {attack.limits.wall_s}")
        return wrong + self._aftermath(attack)

    def _zygote(self, preset: str) -> int:
        self.sandbox.warm(preset)
        return next(z.process.pid for group in self.sandbox._pool._idle.values() for z in group)

    def _aftermath(self, attack: Attack) -> list[str]:
        wrong = []
        if _look(self.canary) != self.before:
            wrong.append("the canary changed")
        if self.hits:
            wrong.append(f"connections: {self.hits}")
            self.hits.clear()
        if self.bait.poll() is not None:
            wrong.append("the bait process died")
            self.bait = _start_bait()
        if left := self._survivors():
            wrong.append(f"processes left: {left}")
        for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run", "/home"):
            if Path(folder, "verigrad-left-behind").exists():
                wrong.append(f"a file in {folder}")
        after = self.sandbox.run(
            Job(files={"main.py": b"import os\nprint(6 * 7)\nos.write(4, b'm')"})
        )
        if (after.status, after.stdout, after.message) != (Status.EXITED, b"42\n", b"m"):
            wrong.append(f"the next job got {after}")
        return wrong

    def _survivors(self) -> list[str]:
        """Processes below our zygotes' zygotes, or of the unused user outside them."""
        for _ in range(20):
            left = list(_strangers(os.getpid()))
            if not left:
                return []
            time.sleep(0.01)
        return left


def _strangers(root: int) -> Iterator[str]:
    """Jobs still alive: two generations below process 0 of each zygote, and unused-user orphans."""
    parents: dict[int, int] = {}
    owners: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                owner = entry.stat().st_uid  # first: of a process that is gone, nothing is noted
                if fields[0] != "Z":
                    parents[int(entry.name)], owners[int(entry.name)] = int(fields[1]), owner
    for pid, parent in parents.items():
        line, above = [pid], parent
        while above in parents and above != root and len(line) < 10:
            line.append(above)
            above = parents[above]
        if above == root and len(line) > 2:
            yield f"{pid} below the zygote"
        if owners[pid] == UNUSED_ID and parents[pid] <= 1:
            yield f"{pid} orphan of user {UNUSED_ID}"


def _start_bait() -> subprocess.Popen[bytes]:
    """A process of the user that jobs are outside: ours, or the unused one."""
    user = UNUSED_ID if os.geteuid() == 0 else None
    return subprocess.Popen(["/bin/sleep", "600"], user=user)


def _look(path: Path) -> tuple[object, ...]:
    facts = path.stat()
    names = sorted(p.name for p in path.parent.iterdir())
    return (
        path.read_bytes(),
        facts.st_mode,
        facts.st_uid,
        facts.st_mtime_ns,
        facts.st_ino,
        facts.st_nlink,
        names,
    )


@contextlib.contextmanager
def arena(level: Level) -> Iterator[Arena]:
    with tempfile.TemporaryDirectory(prefix="verigrad-arena-") as folder:
        opened = Arena(level, Path(folder))
        try:
            yield opened
        finally:
            opened.close()


def main(level: str) -> int:
    """Run all attacks at one level; one JSON line per failure, then a summary line."""
    failures = 0
    with arena(Level(level)) as place:
        chosen = [attack for attack in ATTACKS if level in attack.levels]
        for attack in chosen:
            wrong = place.run(attack)
            failures += bool(wrong)
            if wrong:
                print(json.dumps({"attack": attack.name, "wrong": wrong}), flush=True)
    print(
        json.dumps(
            {"level": level, "user": os.getuid(), "attacks": len(chosen), "failures": failures}
        )
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
