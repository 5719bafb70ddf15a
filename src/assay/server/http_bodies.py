"""Requests and answers of the log's APIs in plain ASGI: bodies with a limit, JSON that is written already."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import Receive, Scope, Send

from assay.errors import LimitExceeded, Malformed

JSON = b"application/json"


async def read(receive: Receive, limit: int) -> bytes:
    """The body of a request; raises `LimitExceeded` as soon as it is larger, `Malformed` where the client went away."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Malformed("the client went away")
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise LimitExceeded("http: request body too large")
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def answer(
    send: Send, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]] = (), kind: bytes = JSON
) -> None:
    """An answer in one piece."""
    found = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": found})
    await send({"type": "http.response.body", "body": body})


def header(scope: Scope, name: bytes) -> bytes:
    """A header of the request, by its lower-case name; empty where it is missing."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return b""
