"""Pool, retries, builds, disks and containers."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from pathlib import Path

import pytest

from verigrad.core.errors import SetupError
from verigrad.sandbox import Job, Level, Limits, Phase, Status, pool, presets
from verigrad.sandbox.container import ContainerSandbox, run_arguments
from verigrad.sandbox.disk import overfull
from verigrad.sandbox.inside import emptying
from verigrad.sandbox.inside.importer import MemoryImporter
from verigrad.sandbox.levels import try_level
from verigrad.sandbox.local import LocalSandbox
from verigrad.sandbox.zygote import NeverBeganError, Zygote

SLEEP = Job(files={"main.py": b"import time\ntime.sleep(0.6)\nprint('done')"})
CPP = {
    "main.cpp": b'#include <cstdio>\nint twice(int);\nint main() { int n; scanf("%d", &n); printf("%d\\n", twice(n)); }',
    "twice.cpp": b"int twice(int n) { return 2 * n; }",
}


@pytest.fixture(scope="module")
def sandbox():
    with LocalSandbox(slots=2) as opened:
        yield opened


def zygotes_of(sandbox: LocalSandbox) -> list[int]:
    with sandbox._pool._lock:
        groups = [*sandbox._pool._idle.values(), sandbox._pool._borrowed.values()]
        return [zygote.process.pid for group in groups for zygote in group]


def test_a_killed_zygote_is_replaced_and_its_job_run_again() -> None:
    with LocalSandbox(slots=1) as sandbox:
        sandbox.warm("python")
        (victim,) = zygotes_of(sandbox)
        threading.Timer(0.2, os.kill, (victim, signal.SIGKILL)).start()
        assert sandbox.run(SLEEP).stdout == b"done\n"
        assert zygotes_of(sandbox) != [victim]


def test_a_job_whose_zygote_dies_twice_is_failed() -> None:
    with LocalSandbox(slots=1) as sandbox:
        sandbox.warm("python")
        stop = threading.Event()

        def hunt() -> None:
            while not stop.wait(0.15):
                for pid in zygotes_of(sandbox):
                    os.kill(pid, signal.SIGKILL)

        hunter = threading.Thread(target=hunt)
        hunter.start()
        result = sandbox.run(SLEEP)
        stop.set()
        hunter.join()
        assert result.status is Status.FAILED
        assert "the zygote died" in result.why
        assert sandbox.run(Job(files={"main.py": b"print(1)"})).stdout == b"1\n"


def test_a_zygote_that_dies_before_it_has_the_job_costs_no_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three that die while starting, then one that dies with the job, then one that lives."""
    start, troubles = pool.zygotes.start, ["starting"] * 3 + ["running"]

    def dying(kind: presets.Kind, level: Level) -> Zygote:
        trouble = troubles.pop(0) if troubles else ""
        if trouble == "starting":
            raise NeverBeganError("while starting")
        begun = start(kind, level)
        if trouble:
            threading.Timer(0.2, begun.process.kill).start()
        return begun

    monkeypatch.setattr(pool.zygotes, "start", dying)
    with LocalSandbox(slots=1) as sandbox:
        assert sandbox.run(SLEEP).stdout == b"done\n"
        assert troubles == []
        troubles += ["starting"] * 6
        sandbox._pool.close()
        sandbox._pool = pool.Pool(1, sandbox.level)
        assert sandbox.run(SLEEP).status is Status.FAILED
        assert troubles == ["starting"]


def test_an_idle_zygote_found_dead_costs_no_attempt() -> None:
    with LocalSandbox(slots=1) as sandbox:
        sandbox.warm("python")
        for pid in zygotes_of(sandbox):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)
        assert sandbox.run(Job(files={"main.py": b"print(1)"})).stdout == b"1\n"


@pytest.mark.parametrize("number", range(14, 24))
def test_a_zygote_starts_whatever_its_socket_is_called(number: int) -> None:
    """16 to 18 are where it puts its own descriptors: what it was given there must survive."""
    with LocalSandbox(slots=1) as sandbox:
        held = [os.open(os.devnull, os.O_RDONLY)]
        while held[-1] < number - 1:
            held.append(os.dup(held[0]))
        os.close(held.pop())  # the next pair of sockets begins here
        try:
            assert sandbox.run(Job(files={"main.py": b"print(1)"})).stdout == b"1\n"
        finally:
            for descriptor in held:
                os.close(descriptor)


def test_closing_ends_running_jobs_and_leaves_no_process() -> None:
    sandbox = LocalSandbox(slots=1)
    sandbox.warm("python")
    pids = zygotes_of(sandbox)
    threading.Timer(0.2, sandbox.close).start()
    start = time.monotonic()
    assert (
        sandbox.run(Job(files={"main.py": b"import time\ntime.sleep(30)"})).status is Status.FAILED
    )
    assert time.monotonic() - start < 3
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []


def test_a_forked_trainer_is_told_to_make_its_own(sandbox: LocalSandbox) -> None:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writer, sandbox.run(SLEEP).why.encode())
        os._exit(0)
    os.waitpid(pid, 0)
    assert b"make a new one" in os.read(reader, 1000)
    os.close(reader)
    os.close(writer)
    assert sandbox.run(Job(files={"main.py": b"print(1)"})).stdout == b"1\n"


@pytest.mark.skipif(
    not shutil.which("g++") or bool(try_level(Level.NAMESPACES)), reason="needs g++ and namespaces"
)
def test_cpp_is_compiled_once_and_run_many_times(
    sandbox: LocalSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = []
    compile_one = sandbox._compile
    monkeypatch.setattr(sandbox, "_compile", lambda job: compiled.append(1) or compile_one(job))
    for number in (3, 4, 5):
        job = Job(preset="cpp", entry="main.cpp", files=CPP, stdin=f"{number}\n".encode())
        assert sandbox.run(job).stdout == f"{2 * number}\n".encode()
    assert compiled == [1]
    broken = sandbox.run(
        Job(preset="cpp", entry="a.cpp", files={"a.cpp": b"int main() { return x; }"})
    )
    assert (broken.phase, broken.status, broken.exit_code) == (Phase.COMPILE, Status.EXITED, 1)
    assert b"was not declared" in broken.stderr
    assert not broken.exited_cleanly


@pytest.mark.skipif(
    not shutil.which("g++") or bool(try_level(Level.NAMESPACES)), reason="needs g++ and namespaces"
)
@pytest.mark.parametrize(
    "source",
    [
        b"volatile char huge[1ull << 40]; int main() { huge[5] = 1; return huge[6]; }",
        b'#include <unistd.h>\nint main() { write(2, "sandbox: x", 10); return 125; }',
    ],
    ids=["too-large", "forged-words"],
)
def test_a_program_that_cannot_run_is_its_own_fault(sandbox: LocalSandbox, source: bytes) -> None:
    result = sandbox.run(Job(preset="cpp", entry="a.cpp", files={"a.cpp": source}))
    assert result.status is not Status.FAILED, result
    assert not result.exited_cleanly


@pytest.mark.skipif(bool(try_level(Level.NAMESPACES)), reason="needs namespaces")
@pytest.mark.parametrize("program", [b"\x7fELF garbage", b"#!/no/such/loader\n", b"no program"])
def test_a_program_that_cannot_be_executed_is_its_own_fault(
    sandbox: LocalSandbox, program: bytes
) -> None:
    """A source can make its compiler produce one (a section that names a loader)."""
    job = Job(preset="cpp", entry=presets.PROGRAM, files={presets.PROGRAM: program})
    (result,) = sandbox._attempt([presets.run_step(job)])
    assert (result.status, result.exit_code) == (Status.EXITED, 125)


@pytest.mark.parametrize(
    ("preset", "entry", "source", "program"),
    [
        ("shell", "a.sh", b'read n; for i in 1 2; do echo "$((n * i)) $1"; done | sort -r', "bash"),
        (
            "javascript",
            "a.js",
            b"const n = +require('fs').readFileSync(0); console.log(`${2 * n} ${process.argv[2]}\\n${n} ${process.argv[2]}`)",
            "node",
        ),
        (
            "perl",
            "a.pl",
            b'$n = <STDIN>; print 2 * $n, " $ARGV[0]\\n", 1 * $n, " $ARGV[0]\\n"',
            "perl",
        ),
    ],
)
def test_other_languages(
    sandbox: LocalSandbox, preset: str, entry: str, source: bytes, program: str
) -> None:
    if not shutil.which(program) or sandbox.level is not Level.NAMESPACES:
        pytest.skip(f"needs {program} and level namespaces")
    result = sandbox.run(
        Job(preset=preset, entry=entry, files={entry: source}, stdin=b"21\n", argv=("x",))
    )
    assert result.stdout == b"42 x\n21 x\n", result


@pytest.mark.parametrize("preset", ["python-numpy", "python-sympy"])
def test_preloaded_packages_work_and_others_are_out_of_reach(
    sandbox: LocalSandbox, preset: str
) -> None:
    pytest.importorskip(preset.partition("-")[2])
    source = b"import numpy.fft, numpy as np\nprint(int(np.arange(5).sum()), np.random.rand() < 1)\ntry:\n    import torch\nexcept ImportError:\n    print('no torch')"
    assert (
        sandbox.run(Job(preset=preset, files={"main.py": source})).stdout == b"10 True\nno torch\n"
    )


def test_memory_of_several_processes_is_added_up(sandbox: LocalSandbox) -> None:
    if sandbox.level is not Level.NAMESPACES:
        pytest.skip("elsewhere a job has one process")
    source = b"import os, time\nfor _ in range(3): os.fork()\nx = bytearray(40 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1\ntime.sleep(5)"
    result = sandbox.run(Job(files={"main.py": source}, limits=Limits(memory_mb=100, processes=8)))
    assert result.status is Status.MEMORY
    assert result.wall_s < 3


def test_emptying_a_hostile_tree(tmp_path: Path) -> None:
    here = os.getcwd()  # noqa: PTH109
    os.chdir(tmp_path)
    for _ in range(1500):  # deeper than PATH_MAX and than Python recurses
        Path("deep" * 5).mkdir()
        os.chdir("deep" * 5)
    os.chdir(here)
    (tmp_path / "no rights").mkdir(mode=0)
    (tmp_path / "link").symlink_to("/")
    os.mkfifo(tmp_path / "fifo")
    outside = tmp_path.parent / "outside.txt"
    outside.write_text("stays")
    os.link(outside, tmp_path / "hard")
    top = os.open(tmp_path, os.O_RDONLY)
    emptying.empty(top)
    os.close(top)
    assert list(tmp_path.iterdir()) == []
    assert outside.read_text() == "stays"


def test_disk_use_is_bounded_by_bytes_and_files(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a").write_bytes(b"x" * 100_000)
    (tmp_path / "up").symlink_to("/usr")
    assert not overfull(str(tmp_path), max_bytes=1 << 20, max_files=10)
    assert overfull(str(tmp_path), max_bytes=50_000, max_files=10)
    assert overfull(str(tmp_path), max_bytes=1 << 20, max_files=2)


def test_memory_importer_finds_modules_packages_and_folders() -> None:
    importer = MemoryImporter(
        {"a.py": b"x = 1", "p/__init__.py": b"", "p/q.py": b"", "f/g.py": b""}
    )
    found = {name: importer.find_spec(name) for name in ("a", "p", "p.q", "f", "f.g", "json")}
    packages = {
        name: spec and spec.submodule_search_locations is not None for name, spec in found.items()
    }
    assert packages == {"a": False, "p": True, "p.q": False, "f": True, "f.g": False, "json": None}


ENGINE = """#!/bin/sh
case "$1" in
run) while [ "$1" != an/image ]; do
       case "$1" in --volume=*) volume=${1#--volume=}; export FAKE_JOB=${volume%%:*} ;; esac
       shift
     done
     shift; inner=$(echo "$3" | sed "s#/tmp#$FAKE_TMP#g; s#/job/#$FAKE_JOB/#")
     shift 3; exec /bin/sh -c "$inner" "$@" ;;
*) exit 0 ;;
esac
"""


def test_containers_through_an_engine_that_only_pretends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line, the streams and the deadline; the walls are the engine's own business."""
    engine = tmp_path / "engine"
    engine.write_text(ENGINE)
    engine.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setenv("FAKE_TMP", str(work))
    with ContainerSandbox("an/image", slots=1, engine=str(engine)) as containers:
        job = Job(
            preset="shell",
            entry="a.sh",
            files={"a.sh": b'read n; echo "$n $1"; exit 3'},
            stdin=b"hi\n",
            argv=("x",),
        )
        result = containers.run(job)
        assert (result.status, result.exit_code, result.stdout) == (Status.EXITED, 3, b"hi x\n")
        assert result.level is Level.CONTAINER
        slow = Job(
            preset="shell", entry="a.sh", files={"a.sh": b"sleep 30"}, limits=Limits(wall_s=0.3)
        )
        assert containers.run(slow).status is Status.TIMEOUT
        flood = Job(
            preset="shell",
            entry="a.sh",
            files={"a.sh": b"head -c 9000 /dev/zero"},
            limits=Limits(output_bytes=100),
        )
        assert containers.run(flood).status is Status.OUTPUT_LIMIT
        assert (
            "message"
            in containers.run(
                Job(preset="shell", entry="a.sh", files={"a.sh": b""}, message=b"x")
            ).why
        )


def test_container_arguments_close_what_can_be_closed() -> None:
    line = run_arguments(
        "n", "an/image", Job(files={"main.py": b""}, limits=Limits(memory_mb=64)), Path("/x")
    )
    for wall in (
        "--network=none",
        "--read-only",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--memory=64m",
        "--volume=/x:/job:ro",
    ):
        assert wall in line


def test_no_engine_is_a_setup_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verigrad.sandbox.container.find_engine", lambda: ("", "none here"))
    with pytest.raises(SetupError, match="no container engine"):
        ContainerSandbox("an/image")
