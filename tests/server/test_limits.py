"""Slow and greedy clients: ended, refused, and told so."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assay.server import http_bodies
from assay.server.limits import BodyTimeout, RateLimit


async def reads(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that wants the body."""
    await http_bodies.answer(send, 200, await http_bodies.read(receive, 100))


async def ask(app: ASGIApp, address: str = "192.0.2.1", *, slow: bool = False) -> Message:
    """The start of the answer to a request in two parts, of which the second never comes from a `slow` client."""
    sent: list[Message] = []
    parts: list[Message] = [
        {"type": "http.request", "body": b"a", "more_body": True},
        {"type": "http.request", "body": b"b"},
    ]

    async def receive() -> Message:
        if slow and len(parts) == 1:
            await asyncio.sleep(60)
        return parts.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "client": (address, 1)}
    await app(scope, receive, send)
    return sent[0]


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    app = BodyTimeout(reads, 0.05)
    assert asyncio.run(ask(app))["status"] == 200
    assert asyncio.run(ask(app, slow=True))["status"] == 408


def test_an_address_that_asks_without_pause_is_refused_and_others_are_not() -> None:
    now = [100.0]
    app = RateLimit(reads, 2, lambda: now[0])
    answers = [asyncio.run(ask(app)) for _ in range(11)]
    assert [answer["status"] for answer in answers] == [200] * 10 + [429]
    assert (b"retry-after", b"1") in answers[-1]["headers"]
    assert asyncio.run(ask(app, "192.0.2.2"))["status"] == 200
    now[0] += 0.5
    assert [asyncio.run(ask(app))["status"] for _ in range(2)] == [200, 429]
