"""A server that misbehaves on purpose: faults put between a client and a sound application."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter


class Faulty:
    """Wraps an ASGI application. `plan(number)` names the fault of the number-th POST, or None.

    Faults: "429" (with Retry-After), "500", "hang" (past the client's timeout), "cut" (half a body,
    then the connection breaks), "garbage" (200 and no JSON), "empty" (200 without choices),
    "few" (one choice where several were asked for), "late" (the answer is computed, then lost).
    """

    def __init__(self, app, plan, *, hang_s=1.0, retry_after="0"):
        self.app, self.plan, self.hang_s, self.retry_after = app, plan, hang_s, retry_after
        self.lock = threading.Lock()
        self.number = 0
        self.faults = Counter()
        self.asked = Counter()  # bodies, by how often they came
        self.headers = []

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        with self.lock:
            fault = self.plan(self.number)
            self.number += 1
            self.asked[body] += 1
            self.headers.append(dict(scope["headers"]))
            if fault:
                self.faults[fault] += 1

        async def again():
            return {"type": "http.request", "body": body, "more_body": False}

        await self.act(fault, scope, again, send)

    async def act(self, fault, scope, receive, send):
        if fault is None:
            await self.app(scope, receive, send)
        elif fault in ("429", "500"):
            headers = [(b"retry-after", self.retry_after.encode())] if fault == "429" else []
            content = json.dumps({"error": {"message": "not now"}}).encode()
            await self.reply(send, int(fault), content, headers)
        elif fault == "hang":
            await asyncio.sleep(self.hang_s)
            await self.reply(send, 500, b"{}")
        elif fault == "cut":
            headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send(
                {"type": "http.response.body", "body": b'{"choices": [{"te', "more_body": True}
            )
            raise ConnectionResetError("cut on purpose")
        elif fault == "garbage":
            await self.reply(send, 200, b"<html>busy</html>")
        elif fault == "empty":
            await self.reply(send, 200, b'{"choices": []}')
        elif fault == "few":
            await self.altered(scope, receive, send, lambda a: {**a, "choices": a["choices"][:1]})
        elif fault == "late":
            await self.altered(scope, receive, send, None)

    async def altered(self, scope, receive, send, change):
        """The application's own answer, changed, or computed and then lost."""
        parts = []

        async def keep(message):
            parts.append(message)

        await self.app(scope, receive, keep)
        if change is None:
            await self.reply(send, 503, b"{}")
            return
        body = b"".join(part.get("body", b"") for part in parts)
        await self.reply(send, 200, json.dumps(change(json.loads(body))).encode())

    @staticmethod
    async def reply(send, status, content, headers=()):
        own = [(b"content-length", str(len(content)).encode()), *headers]
        await send({"type": "http.response.start", "status": status, "headers": own})
        await send({"type": "http.response.body", "body": content})
