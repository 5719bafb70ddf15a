"""What no client may do to a server: send a body slower than others can wait for, or ask without pause.

Time-outs are answered 408, too many requests 429 with ``Retry-After``; both in the shape of Fulcio's errors.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assay.errors import Refused
from assay.server import http_bodies

BODY_SECONDS = 30.0
"""In which a body must have come; a client's patience with Rekor v2 is 20 s."""
_REMEMBERED = 50_000
_BURST = 5.0
"""Seconds' worth of requests that may come at once."""


class BodyTimeout:
    """Ends requests whose body does not come."""

    def __init__(self, app: ASGIApp, seconds: float = BODY_SECONDS) -> None:
        self._app, self._seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        until = asyncio.get_running_loop().time() + self._seconds
        whole = started = False

        async def timed() -> Message:
            nonlocal whole
            if whole:
                return await receive()
            async with asyncio.timeout_at(until):
                message = await receive()
            whole = not message.get("more_body", False)
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, timed, noted)
        except TimeoutError:
            if whole or started:
                raise
            await _refuse(
                send, 408, 4, f"the body did not come within {self._seconds:.0f} s", ((b"connection", b"close"),)
            )


class TooMany(Refused):
    """More than somebody may ask for in this time; `seconds` later it may be asked again."""

    def __init__(self, who: str, seconds: int) -> None:
        super().__init__(f"too many requests {who}", f"try again in {seconds} s")
        self.seconds = seconds

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """``Retry-After``."""
        return ((b"retry-after", b"%d" % self.seconds),)


class Buckets:
    """At most `rate` requests a second of each name, with room for bursts of `_BURST` seconds; safe under threads."""

    def __init__(self, rate: float, steady: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._steady = rate, steady
        self._most = max(1.0, rate * _BURST)
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    @property
    def seconds(self) -> int:
        """After so many one more may be asked for."""
        return max(1, round(1 / self._rate))

    def take(self, name: str) -> bool:
        """Whether there was room for one more."""
        with self._lock:
            now = self._steady()
            left, at = self._left.pop(name, (self._most, now))
            left = min(self._most, left + (now - at) * self._rate)
            granted = left >= 1
            self._left[name] = (left - 1 if granted else left, now)
            while len(self._left) > _REMEMBERED:
                del self._left[next(iter(self._left))]
            return granted

    def require(self, name: str, who: str) -> None:
        """Raise `TooMany` where there was none."""
        if not self.take(name):
            raise TooMany(who, self.seconds)


class RateLimit:
    """At most `rate` requests a second of each address, with bursts."""

    def __init__(self, app: ASGIApp, rate: float, steady: Callable[[], float] = time.monotonic) -> None:
        self._app, self._buckets = app, Buckets(rate, steady)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] == "http" and scope.get("client") and not self._buckets.take(scope["client"][0]):
            error = TooMany("from this address", self._buckets.seconds)
            await _refuse(send, 429, 8, error.what, error.headers)
            return
        await self._app(scope, receive, send)


async def _refuse(send: Send, status: int, code: int, message: str, headers: tuple[tuple[bytes, bytes], ...]) -> None:
    body = json.dumps({"code": code, "message": message, "details": []})
    await http_bodies.answer(send, status, body.encode(), headers)
