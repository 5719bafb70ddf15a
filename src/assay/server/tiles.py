"""Reads of a log as C2SP tlog-tiles says: the checkpoint, hash tiles, bundles of entries.

A tile of one width never changes, so it may be kept for ever; the checkpoint may not be kept at all. No request gets to
the file system: a path is read as numbers, and tiles beyond the shown tree are not there.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Sequence

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from assay.engines.log.sequencer import Log
from assay.errors import AssayError, ExternalError, Malformed, Refused
from assay.formats import tlog_tile
from assay.server import http_bodies

FOR_EVER = (b"cache-control", b"public, max-age=31536000, immutable")
NEVER = (b"cache-control", b"no-cache, no-store, max-age=0")
_TEXT = b"text/plain; charset=utf-8"


def routes(log: Callable[[], Log], prefix: str = "") -> list[BaseRoute]:
    """The routes of the log that `log` gives, below a prefix (``/api/v2``, ``/shards/2025``)."""
    return [
        Route(f"{prefix}/checkpoint", Checkpoint(log)),
        Route(f"{prefix}/tile/{{path:path}}", Tiles(log)),
    ]


class Checkpoint:
    """``GET /checkpoint``: the newest one, with the cosignatures that witnesses gave."""

    def __init__(self, log: Callable[[], Log]) -> None:
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if await _wrong_method(scope, send):
            return
        await http_bodies.answer(send, 200, self._log().published, (NEVER,), _TEXT)


class Tiles:
    """``GET /tile/…``."""

    def __init__(self, log: Callable[[], Log]) -> None:
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if await _wrong_method(scope, send):
            return
        headers = [FOR_EVER]
        try:
            wanted = tlog_tile.parse(f"tile/{scope['path_params']['path']}")
            data = await asyncio.to_thread(self._log().tile, wanted)
        except (Malformed, Refused) as error:
            await http_bodies.answer(send, 404, f"{error.what}\n".encode(), (NEVER,), _TEXT)
            return
        except AssayError as error:
            status = 503 if isinstance(error, ExternalError) else 500
            await http_bodies.answer(send, status, f"{error.what}\n".encode(), (NEVER,), _TEXT)
            return
        if wanted.level == tlog_tile.ENTRIES:
            headers.append((b"vary", b"accept-encoding"))
            if b"gzip" in http_bodies.header(scope, b"accept-encoding"):
                data = await asyncio.to_thread(gzip.compress, data, 1, mtime=0)
                headers.append((b"content-encoding", b"gzip"))
        await http_bodies.answer(send, 200, data, headers, b"application/octet-stream")


async def _wrong_method(scope: Scope, send: Send) -> bool:
    if scope["method"] in ("GET", "HEAD"):
        return False
    await http_bodies.answer(send, 405, b"Method Not Allowed\n", ((b"allow", b"GET, HEAD"),), _TEXT)
    return True


def shard_routes(logs: Sequence[Log]) -> list[BaseRoute]:
    """The routes of shards that take no entries any more, each below ``/shards/ORIGIN``."""
    found: list[BaseRoute] = []
    for log in logs:
        found += routes(lambda log=log: log, f"/shards/{log.origin}")  # type: ignore[misc]
    return found
