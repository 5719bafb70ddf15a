"""``GET /healthz``: that the server serves, and what it complains of: a store, a clock, metadata not signed anew.

``GET /readyz`` answers 503 until every part of the server can do its work.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from assay.server import http_bodies

Complaints = Mapping[str, str]
"""Complaints by what they are about; they come and go."""


def routes(sources: Mapping[str, Complaints], ready: Callable[[], bool] = lambda: True) -> list[BaseRoute]:
    """The routes; `sources` are the parts that complain, by name."""
    return [Route("/healthz", _Health(sources)), Route("/readyz", _Ready(ready))]


def complaints(sources: Mapping[str, Complaints]) -> Sequence[str]:
    """All of them now, as ``PART: TEXT``."""
    return [f"{name}: {text}" for name, found in sources.items() for text in dict(found).values()]


class _Health:
    def __init__(self, sources: Mapping[str, Complaints]) -> None:
        self._sources = sources

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = complaints(self._sources)
        body = json.dumps({"status": "SERVING", "warnings": found} if found else {"status": "SERVING"})
        await http_bodies.answer(send, 200, body.encode())


class _Ready:
    def __init__(self, ready: Callable[[], bool]) -> None:
        self._ready = ready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._ready()
        await http_bodies.answer(send, 200 if found else 503, b'{"ready": true}' if found else b'{"ready": false}')
