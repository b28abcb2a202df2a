"""A sandbox on another machine, spoken to over HTTP (see `http_server`)."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from typing import Self
from urllib.parse import urlsplit

from verigrad.core.errors import SetupError
from verigrad.sandbox import wire
from verigrad.sandbox.job import Job, Level, Result, failed

_ATTEMPTS = 2  # a job whose connection broke is sent once more: running it twice does no harm
_BUSY, _BUSY_WAIT_S = 503, 0.05
_SLACK_S = 30.0  # queueing and transfer, on top of the jobs' own budgets


class RemoteSandbox:
    """Sends jobs to `url`; a connection per thread is kept open.

    token: the server's secret. minimum: results from a lower level are turned into `failed`.
    Use https, or a network that is your own: the token and the jobs are sent as they are.
    """

    def __init__(self, url: str, *, token: str, minimum: Level = Level.SECCOMP) -> None:
        self._address = urlsplit(url)
        if self._address.scheme not in ("http", "https") or not self._address.hostname:
            raise SetupError(
                f"not the address of a sandbox: {url!r}", remedy="give http://host:port"
            )
        self._token = token
        self._minimum = minimum
        self._local = threading.local()
        self._closed = False

    def run(self, job: Job) -> Result:
        """Run one job there."""
        return self._send([job])[0]

    def run_pair(self, first: Job, second: Job) -> tuple[Result, Result]:
        """Run two joined jobs there; see `Sandbox.run_pair`."""
        left, right = self._send([first, second])
        return left, right

    def close(self) -> None:
        """Close this thread's connection and refuse later jobs."""
        self._closed = True
        self._hang_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, jobs: list[Job]) -> list[Result]:
        if self._closed:
            return [failed("the sandbox is closed") for _ in jobs]
        body = wire.encode_jobs(jobs)
        patience_s = sum(job.limits.wall_s + job.compile_limits.wall_s for job in jobs) + _SLACK_S
        why = ""
        for _ in range(_ATTEMPTS):
            try:
                return self._checked(self._post(body, patience_s), len(jobs))
            except (OSError, http.client.HTTPException, ValueError) as error:
                why = f"{type(error).__name__}: {error}"
                self._hang_up()
        return [failed(f"the remote sandbox gave no answer: {why}") for _ in jobs]

    def _checked(self, results: list[Result], count: int) -> list[Result]:
        if len(results) != count:
            raise ValueError(f"{len(results)} results for {count} jobs")
        return [self._high_enough(result) for result in results]

    def _high_enough(self, result: Result) -> Result:
        if result.level is None or result.level.satisfies(self._minimum):
            return result
        return failed(f"ran at level {result.level}, {self._minimum} is demanded")

    def _post(self, body: bytes, patience_s: float) -> list[Result]:
        """The server's answer; waits while it is full. Raises OSError, ValueError."""
        until = time.monotonic() + patience_s
        headers = {"Authorization": f"Bearer {self._token}"}
        while True:
            connection = self._connection(patience_s)
            connection.request("POST", "/run", body, headers)
            answer = connection.getresponse()
            content = answer.read(wire.MAX_BYTES + 1)
            if answer.status == _BUSY and time.monotonic() < until:
                time.sleep(_BUSY_WAIT_S)
                continue
            if answer.status != http.client.OK:
                text = content[:300].decode("utf-8", "replace")
                raise ValueError(f"HTTP {answer.status} {text}")
            return wire.decode_results(content)

    def _connection(self, timeout_s: float) -> http.client.HTTPConnection:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
            kind = kinds[self._address.scheme]
            connection = kind(self._address.hostname or "", self._address.port, timeout=timeout_s)
            self._local.connection = connection
        if connection.sock is not None:
            connection.sock.settimeout(timeout_s)
        return connection

    def _hang_up(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()
        self._local.connection = None
