"""Serving a sandbox to other machines: `python -m verigrad.sandbox.http_server --port 8711`.

POST /run takes a `wire` message of one or two jobs. Every request needs the token (environment
variable VERIGRAD_SANDBOX_TOKEN), has a bounded body, and is refused with 503 when too many wait.
"""

from __future__ import annotations

import argparse
import hmac
import os
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from verigrad.core.errors import UsageError
from verigrad.sandbox import wire
from verigrad.sandbox.job import Result, Sandbox

TOKEN_VARIABLE = "VERIGRAD_SANDBOX_TOKEN"  # noqa: S105 (its name, not its value)
_MIN_TOKEN = 16
_IDLE_S = 120.0  # a connection that says nothing for so long is closed


class SandboxServer(ThreadingHTTPServer):
    """Serves `sandbox` at `address`; `max_waiting` requests are held at a time."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], sandbox: Sandbox, *, token: str, max_waiting: int = 256
    ) -> None:
        if len(token) < _MIN_TOKEN:
            raise UsageError(
                f"the token has under {_MIN_TOKEN} characters",
                remedy=f"export {TOKEN_VARIABLE}=$(openssl rand -hex 32)",
            )
        super().__init__(address, _Handler)
        self.sandbox = sandbox
        self.token = token.encode()
        self.room = threading.BoundedSemaphore(max_waiting)

    @property
    def url(self) -> str:
        """Where clients find it."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"


class _Handler(BaseHTTPRequestHandler):
    server: SandboxServer  # pyright: ignore[reportIncompatibleVariableOverride] (ours only)
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_S

    def do_GET(self) -> None:
        """Whether anyone is here."""
        self._answer(HTTPStatus.OK, b"verigrad sandbox\n")

    def do_POST(self) -> None:
        """Run what was sent."""
        if self.path != "/run":
            self._refuse(HTTPStatus.NOT_FOUND, "there is /run only")
        elif not self._is_known():
            self._refuse(HTTPStatus.UNAUTHORIZED, "the token is wrong or missing")
        elif (size := self._size()) is None:
            self._refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too large or of no known size"
            )
        elif not self.server.room.acquire(blocking=False):
            self.rfile.read(size)
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"full\n")
        else:
            try:
                self._run(size)
            finally:
                self.server.room.release()

    def _is_known(self) -> bool:
        given = self.headers.get("Authorization", "").encode("utf-8", "replace")
        return hmac.compare_digest(given, b"Bearer " + self.server.token)

    def _size(self) -> int | None:
        text = self.headers.get("Content-Length", "")
        size = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1
        return size if 0 <= size <= wire.MAX_BYTES else None

    def _run(self, size: int) -> None:
        body = self.rfile.read(size)
        try:
            jobs = wire.decode_jobs(body)
            if len(jobs) not in (1, 2):
                raise ValueError(f"{len(jobs)} jobs; one, or two for a pair")
        except ValueError as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))
            return
        results: list[Result] = (
            [self.server.sandbox.run(jobs[0])]
            if len(jobs) == 1
            else list(self.server.sandbox.run_pair(jobs[0], jobs[1]))
        )
        self._answer(HTTPStatus.OK, wire.encode_results(results))

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        """Answer and hang up: what else this connection holds was not read."""
        self.close_connection = True
        self._answer(status, why.encode())

    def _answer(self, status: HTTPStatus, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base's name)
        """Nothing: a request line a job would fill the disk."""


def main() -> None:
    """Serve this machine's sandbox until interrupted."""
    from verigrad.sandbox.local import LocalSandbox

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8711)
    parser.add_argument("--slots", type=int, default=None)
    options = parser.parse_args()
    token = os.environ.pop(TOKEN_VARIABLE, "")
    with (
        LocalSandbox(slots=options.slots) as sandbox,
        SandboxServer((options.host, options.port), sandbox, token=token) as server,
    ):
        print(f"level {sandbox.level}, {sandbox.slots} slots, {server.url}", flush=True)  # noqa: T201
        server.serve_forever()


if __name__ == "__main__":
    main()
