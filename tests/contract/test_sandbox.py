"""One contract for every sandbox: local at each level, remote over HTTP, scripted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from verigrad.sandbox import Job, Level, Limits, Result, Sandbox, Status
from verigrad.sandbox.http_server import SandboxServer
from verigrad.sandbox.levels import try_level
from verigrad.sandbox.local import LocalSandbox
from verigrad.sandbox.remote import RemoteSandbox
from verigrad.sandbox.scripted import Scripted

TOKEN = "a-token-of-the-tests"


def python(source: str, **rest) -> Job:
    return Job(files={"main.py": source.encode()}, **rest)


def _local(level: Level) -> Callable[[], Iterator[Sandbox]]:
    def opened() -> Iterator[Sandbox]:
        if why := try_level(level):
            pytest.skip(why)
        with LocalSandbox(slots=2, level=level, allow_unsafe=True) as sandbox:
            yield sandbox

    return opened


def _remote() -> Iterator[Sandbox]:
    with (
        LocalSandbox(slots=2) as local,
        SandboxServer(("127.0.0.1", 0), local, token=TOKEN) as server,
    ):
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        with RemoteSandbox(server.url, token=TOKEN) as client:
            yield client
        server.shutdown()
        thread.join()


KINDS: dict[str, Callable[[], Iterator[Sandbox]]] = {
    **{level.value: _local(level) for level in Level if level is not Level.CONTAINER},
    "remote": _remote,
}


@pytest.fixture(scope="module", params=KINDS)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    yield from KINDS[request.param]()


def test_stdin_goes_in_and_stdout_comes_out(sandbox: Sandbox) -> None:
    result = sandbox.run(python("print(sum(map(int, input().split())))", stdin=b"2 3 5\n"))
    assert (result.status, result.exit_code, result.stdout) == (Status.EXITED, 0, b"10\n")
    assert result.exited_cleanly
    assert result.level is not None


def test_message_descriptors_are_apart_from_the_standard_ones(sandbox: Sandbox) -> None:
    source = "import os\nprint('noise')\nos.write(4, os.read(3, 100)[::-1])"
    result = sandbox.run(python(source, message=b"abc"))
    assert (result.message, result.stdout) == (b"cba", b"noise\n")


def test_large_input_arrives_whole(sandbox: Sandbox) -> None:
    size = 3_000_000  # far beyond what a pipe holds
    result = sandbox.run(
        python("import sys\nprint(len(sys.stdin.buffer.read()))", stdin=b"x" * size)
    )
    assert result.stdout == b"3000000\n"


def test_exit_code_and_traceback(sandbox: Sandbox) -> None:
    assert sandbox.run(python("raise SystemExit(7)")).exit_code == 7
    result = sandbox.run(python("def f():\n    1 / 0\nf()"))
    assert result.exit_code == 1
    assert result.stderr == (
        b"Traceback (most recent call last):\n"
        b'  File "main.py", line 3, in <module>\n'
        b'  File "main.py", line 2, in f\n'
        b"ZeroDivisionError: division by zero\n"
    )


def test_argv_modules_and_exit_functions(sandbox: Sandbox) -> None:
    main = "import sys, atexit, tools.twice as t\natexit.register(print, 'last')\nprint(t.twice(sys.argv[1]))"
    files = {"main.py": main.encode(), "tools/twice.py": b"def twice(x): return x * 2\n"}
    result = sandbox.run(Job(files=files, argv=("ab",)))
    assert result.stdout == b"abab\nlast\n"


@pytest.mark.parametrize(
    ("source", "limits", "status"),
    [
        ("while True: pass", Limits(wall_s=0.3), Status.TIMEOUT),
        ("import time\ntime.sleep(9)", Limits(wall_s=0.3), Status.TIMEOUT),
        ("x = bytearray(10 ** 10)", Limits(), Status.MEMORY),
        ("while True: print('x' * 99)", Limits(output_bytes=1000), Status.OUTPUT_LIMIT),
        ("import ctypes\nctypes.string_at(0)", Limits(), Status.SIGNALLED),
    ],
)
def test_budgets_have_a_status_each(
    sandbox: Sandbox, source: str, limits: Limits, status: Status
) -> None:
    start = time.monotonic()
    result = sandbox.run(python(source, limits=limits))
    assert result.status is status, result
    assert time.monotonic() - start < limits.wall_s + 0.5
    assert len(result.stdout) <= limits.output_bytes
    assert not result.exited_cleanly


def test_pair_talks_and_the_second_dies_with_the_first(sandbox: Sandbox) -> None:
    first = python("import os\nos.write(6, b'ping')\nos.write(4, os.read(5, 99))")
    second = python("import os, time\nos.write(6, os.read(5, 99) + b' pong')\ntime.sleep(30)")
    start = time.monotonic()
    asked, served = sandbox.run_pair(first, second)
    assert asked.message == b"ping pong"
    assert asked.exited_cleanly
    assert served.status is Status.SIGNALLED
    assert time.monotonic() - start < 5


def test_pair_sees_end_of_file_when_the_partner_dies(sandbox: Sandbox) -> None:
    first = python("import os\nos.write(4, repr(os.read(5, 9)).encode())")
    asked, served = sandbox.run_pair(first, python("raise SystemExit(3)"))
    assert asked.message == b"b''"
    assert served.exit_code == 3


def test_jobs_do_not_meet(sandbox: Sandbox) -> None:
    sandbox.run(python("import builtins, math\nbuiltins.len = math.sqrt = lambda *_: 7"))
    assert sandbox.run(python("import math\nprint(len([]), math.sqrt(4))")).stdout == b"0 2.0\n"


def test_runs_repeat(sandbox: Sandbox) -> None:
    """Hash seeds and random states are fixed: a verdict can be reached again."""
    job = python("import random\nprint(hash('a'), random.random(), list({'x', 'y', 'z'}))")
    assert sandbox.run(job).stdout == sandbox.run(job).stdout


def test_many_callers_are_served(sandbox: Sandbox) -> None:
    answers: dict[int, Result] = {}

    def ask(number: int) -> None:
        answers[number] = sandbox.run(
            python("print(int(input()) ** 2)", stdin=str(number).encode())
        )

    callers = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert {n: r.stdout for n, r in answers.items()} == {
        n: f"{n * n}\n".encode() for n in range(12)
    }


def test_unknown_preset_and_too_high_a_minimum_are_failed(sandbox: Sandbox) -> None:
    unknown = sandbox.run(Job(preset="cobol", files={"main.py": b""}))
    assert unknown.status is Status.FAILED
    assert "no preset is called 'cobol'" in unknown.why
    demanding = sandbox.run(python("print(1)", minimum=Level.CONTAINER))
    assert demanding.status is Status.FAILED
    assert "demands level container" in demanding.why


def test_closed_sandbox_fails_jobs() -> None:
    with LocalSandbox(slots=1) as local:
        pass
    assert local.run(python("print(1)")).status is Status.FAILED
    assert Scripted([]).run(python("")).status is Status.FAILED


def test_scripted_answers_in_order() -> None:
    fake = Scripted(
        [Result(Status.EXITED, 0, b"4\n"), lambda job: Result(Status.EXITED, len(job.stdin))]
    )
    assert fake.run(python("")).stdout == b"4\n"
    assert fake.run(python("", stdin=b"abc")).exit_code == 3
    assert [job.stdin for job in fake.jobs] == [b"", b"abc"]
