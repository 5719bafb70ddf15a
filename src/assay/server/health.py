"""``GET /healthz``: that the server serves, and what it complains of: a store, a clock, metadata not signed anew."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from assay.server import http_bodies

Complaints = Mapping[str, str]
"""Complaints by what they are about; they come and go."""


def routes(sources: Mapping[str, Complaints]) -> list[BaseRoute]:
    """The route; `sources` are the parts that complain, by name."""
    return [Route("/healthz", _Health(sources))]


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
