"""Reads of a log as C2SP tlog-tiles says: the checkpoint, hash tiles, bundles of entries.

A tile of one width never changes, so it may be kept for ever; the checkpoint may not be kept at all. No request gets to
the file system: a path is read as numbers, and tiles beyond the shown tree are not there.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from assay.engines.log.sequencer import Log
from assay.errors import AssayError, ExternalError, Malformed, Refused
from assay.formats import tlog_tile
from assay.server import http_bodies
from assay.server.log_shards import Shards

FOR_EVER = (b"cache-control", b"public, max-age=31536000, immutable")
NEVER = (b"cache-control", b"no-cache, no-store, max-age=0")
_TEXT = b"text/plain; charset=utf-8"


Find = Callable[[Scope], Log | None]
"""Which log a request is about."""


def routes(log: Callable[[], Log], prefix: str = "") -> list[BaseRoute]:
    """The routes of the log that `log` gives, below a prefix (``/api/v2``)."""
    return found_routes(lambda _: log(), prefix)


def found_routes(find: Find, prefix: str = "") -> list[BaseRoute]:
    """The same, where each request says which log it is about."""
    return [
        Route(f"{prefix}/checkpoint", Checkpoint(find)),
        Route(f"{prefix}/tile/{{path:path}}", Tiles(find)),
    ]


class Checkpoint:
    """``GET /checkpoint``: the newest one, with the cosignatures that witnesses gave."""

    def __init__(self, find: Find) -> None:
        self._find = find

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if await _wrong_method(scope, send):
            return
        log = self._find(scope)
        if log is None:
            await http_bodies.answer(send, 404, b"there is no such log\n", (NEVER,), _TEXT)
            return
        try:
            if log.remote:
                await asyncio.to_thread(log.catch_up)
        except AssayError as error:
            await http_bodies.answer(send, 503, f"{error.what}\n".encode(), (NEVER,), _TEXT)
            return
        await http_bodies.answer(send, 200, log.published, (NEVER,), _TEXT)


class Tiles:
    """``GET /tile/…``."""

    def __init__(self, find: Find) -> None:
        self._find = find

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if await _wrong_method(scope, send):
            return
        headers = [FOR_EVER]
        try:
            wanted = tlog_tile.parse(f"tile/{scope['path_params']['path']}")
            log = self._find(scope)
            if log is None:
                raise Refused("there is no such log")
            data = await asyncio.to_thread(log.tile, wanted)
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


def shard_routes(shards: Shards) -> list[BaseRoute]:
    """The routes of all shards, each below ``/shards/ORIGIN``."""

    def find(scope: Scope) -> Log | None:
        shard = shards.by_host(scope["path_params"]["origin"])
        return shard.log if shard is not None else None

    return found_routes(find, "/shards/{origin}")


def by_host(shards: Shards) -> Find:
    """A shard whose origin is the host that was asked for, else the one that takes entries."""

    def find(scope: Scope) -> Log:
        host = http_bodies.header(scope, b"host").decode("latin-1").partition(":")[0].lower()
        shard = shards.by_host(host) if len(shards.all) > 1 else None
        named = shard is not None and shard is not shards.all[0]
        return shard.log if shard is not None and named else shards.active.log

    return find
