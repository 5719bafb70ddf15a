"""A log with all its APIs, served by uvicorn on a free port of loopback."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from assay.adapters.log_store.sqlite_store import SqliteStore
from assay.app.transparency import open_log
from assay.server import health, rekor_v1, rekor_v2, tiles
from assay.server.log_shards import Shards
from simulators.log_keys import MemorySigner, ed25519, p256


@dataclass(frozen=True)
class RunningLog:
    """`url` without a slash at the end; `ecdsa` signs for v1, `ed` for v2."""

    url: str
    origin: str
    shards: Shards
    ecdsa: MemorySigner
    ed: MemorySigner


@contextmanager
def running_log(folder: Path) -> Iterator[RunningLog]:
    """Start it, and stop it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        origin = f"127.0.0.1:{listening.getsockname()[1]}"
        ecdsa, ed = p256(), ed25519()
        shards = Shards([open_log(folder, origin, (ecdsa, ed))])
        routes = [*rekor_v1.routes(shards), *rekor_v2.routes(shards)]
        routes += health.routes({"log": shards.active.log.warnings})
        for prefix in ("", "/api/v2"):
            routes += tiles.routes(lambda: shards.active.log, prefix)
        config = uvicorn.Config(Starlette(routes=routes), log_level="warning", lifespan="off", access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
        thread.start()
        try:
            yield RunningLog(f"http://{origin}", origin, shards, ecdsa, ed)
        finally:
            server.should_exit = True
            thread.join(60)
            for shard in shards.all:
                if isinstance(shard.log.store, SqliteStore):
                    shard.log.store.close()
