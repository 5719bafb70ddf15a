"""The TUF repository over HTTP: metadata at the root, targets below ``/targets``; no other file can be asked for."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from assay.errors import AssayError
from assay.server import http_bodies

_NAME = re.compile(
    r"(?:timestamp|[0-9]{1,9}\.(?:root|snapshot|targets))\.json\Z"
    r"|targets/[0-9a-f]{64}\.(?:trusted_root\.json|signing_config\.v0\.2\.json)\Z",
    re.ASCII,
)


Newest = Callable[[str], bytes | None]
"""Gives a file that others may have changed; None where there are no others. Raises `AssayError`."""


def routes(folder: Path, newest: Newest = lambda _: None) -> list[BaseRoute]:
    """The routes; they match everything, so they come last."""
    return [Route("/{path:path}", TufFile(folder, newest))]


class TufFile:
    """``GET /timestamp.json`` and the rest."""

    def __init__(self, folder: Path, newest: Newest) -> None:
        self._folder, self._newest = folder, newest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        name = scope["path_params"]["path"]
        data = None
        if scope["method"] in ("GET", "HEAD") and _NAME.match(name):
            try:
                data = await asyncio.to_thread(self._read, name)
            except AssayError:
                await http_bodies.answer(send, 503, b'{"code": 14, "message": "Unavailable", "details": []}')
                return
        if data is None:
            await http_bodies.answer(send, 404, b'{"code": 5, "message": "Not Found", "details": []}')
            return
        fresh = b"no-cache" if name == "timestamp.json" else b"public, max-age=31536000, immutable"
        await http_bodies.answer(send, 200, data, ((b"cache-control", fresh),))

    def _read(self, name: str) -> bytes | None:
        """What never changes from the folder, where it is there; the timestamp as it is everywhere."""
        data = self._newest(name) if name == "timestamp.json" else None
        if data is not None:
            return data
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            return self._newest(name)
