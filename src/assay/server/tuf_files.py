"""The TUF repository over HTTP: metadata at the root, targets below ``/targets``; no other file can be asked for."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from assay.server import http_bodies

_NAME = re.compile(
    r"(?:timestamp|[0-9]{1,9}\.(?:root|snapshot|targets))\.json\Z"
    r"|targets/[0-9a-f]{64}\.(?:trusted_root\.json|signing_config\.v0\.2\.json)\Z",
    re.ASCII,
)


def routes(folder: Path) -> list[BaseRoute]:
    """The routes; they match everything, so they come last."""
    return [Route("/{path:path}", TufFile(folder))]


class TufFile:
    """``GET /timestamp.json`` and the rest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        name = scope["path_params"]["path"]
        data = None
        if scope["method"] in ("GET", "HEAD") and _NAME.match(name):
            data = await asyncio.to_thread(_read, self._folder / name)
        if data is None:
            await http_bodies.answer(send, 404, b'{"code": 5, "message": "Not Found", "details": []}')
            return
        fresh = b"no-cache" if name == "timestamp.json" else b"public, max-age=31536000, immutable"
        await http_bodies.answer(send, 200, data, ((b"cache-control", fresh),))


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
