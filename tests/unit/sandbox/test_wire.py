"""Jobs and results over the wire, and a server that trusts nobody."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verigrad.core.errors import SetupError, UsageError
from verigrad.sandbox import Job, Level, Limits, Phase, Result, Status, wire
from verigrad.sandbox.http_server import SandboxServer
from verigrad.sandbox.remote import RemoteSandbox
from verigrad.sandbox.scripted import Scripted

TOKEN = "0123456789abcdef"
names = st.text("abcé._-", min_size=1, max_size=8).filter(lambda name: name.strip("."))


@given(
    st.dictionaries(names, st.binary(max_size=50), max_size=3),
    st.binary(max_size=50),
    st.lists(st.text(max_size=5).filter(lambda text: "\0" not in text), max_size=3),
)
def test_jobs_arrive_as_they_were(files: dict[str, bytes], stdin: bytes, argv: list[str]) -> None:
    files = {"main.py": b"x", **files}
    job = Job(
        files=files,
        stdin=stdin,
        argv=tuple(argv),
        limits=Limits(wall_s=0.5),
        minimum=Level.LANDLOCK,
    )
    assert wire.decode_jobs(wire.encode_jobs([job, job])) == [job, job]


def test_results_arrive_as_they_were() -> None:
    results = [
        Result(Status.EXITED, 3, b"out", b"\xff", b"m", wall_s=0.5, level=Level.SECCOMP),
        Result(Status.TIMEOUT, None, stdout_cut=True, phase=Phase.COMPILE, why="late"),
    ]
    assert wire.decode_results(wire.encode_results(results)) == results


@given(st.binary(max_size=200))
def test_noise_is_a_value_error(noise: bytes) -> None:
    with pytest.raises(ValueError):
        wire.decode_jobs(noise)


@given(st.integers(0, 400), st.integers(0, 255))
def test_one_changed_byte_is_refused_or_harmless(at: int, value: int) -> None:
    data = bytearray(wire.encode_jobs([Job(files={"main.py": b"print(1)"})]))
    data[at % len(data)] = value
    try:
        jobs = wire.decode_jobs(bytes(data))
    except ValueError:
        return
    assert all(isinstance(job, Job) for job in jobs)


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    fake = Scripted(lambda job: Result(Status.EXITED, 0, job.stdin, level=Level.SECCOMP))
    with SandboxServer(("127.0.0.1", 0), fake, token=TOKEN, max_waiting=1) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def post(server: SandboxServer, body: bytes, **headers: str) -> int:
    connection = http.client.HTTPConnection(*server.server_address[:2], timeout=5)
    connection.putrequest("POST", "/run")
    for name, text in {"Content_Length": str(len(body)), **headers}.items():
        connection.putheader(name.replace("_", "-"), text)
    connection.endheaders(body)
    status = connection.getresponse().status
    connection.close()
    return status


def test_token_size_and_shape_are_demanded(server: SandboxServer) -> None:
    good = {"Authorization": f"Bearer {TOKEN}"}
    body = wire.encode_jobs([Job(files={"main.py": b""})])
    assert post(server, body, **good) == 200
    assert post(server, body) == 401
    assert post(server, body, Authorization="Bearer 0123456789abcdeX") == 401
    assert post(server, b"noise", **good) == 400
    assert post(server, b"", **good, Content_Length=str(wire.MAX_BYTES + 1)) == 413
    assert post(server, wire.encode_jobs([]), **good) == 400


def test_a_full_server_makes_clients_wait(server: SandboxServer) -> None:
    server.room.acquire()
    threading.Timer(0.2, server.room.release).start()
    with RemoteSandbox(server.url, token=TOKEN) as client:
        assert client.run(Job(files={"main.py": b""}, stdin=b"hi")).stdout == b"hi"


def test_client_refuses_low_levels_wrong_tokens_and_dead_servers(server: SandboxServer) -> None:
    job = Job(files={"main.py": b""})
    with RemoteSandbox(server.url, token=TOKEN, minimum=Level.NAMESPACES) as client:
        assert "ran at level seccomp" in client.run(job).why
    with RemoteSandbox(server.url, token="another-token-entirely") as client:
        assert "401" in client.run(job).why
    with RemoteSandbox("http://127.0.0.1:9", token=TOKEN) as client:
        assert client.run(job).status is Status.FAILED
    with pytest.raises(SetupError, match="not the address"):
        RemoteSandbox("ftp://x", token=TOKEN)


def test_a_short_token_is_refused() -> None:
    with pytest.raises(UsageError, match="under 16 characters"):
        SandboxServer(("127.0.0.1", 0), Scripted([]), token="short")
