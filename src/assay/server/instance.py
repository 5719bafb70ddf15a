"""A whole instance of Sigstore as one ASGI application below one URL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from assay.app import sigstore
from assay.app.sigstore import Instance
from assay.errors import AssayError
from assay.server import ct as ct_log
from assay.server import fulcio, health, rekor_v1, rekor_v2, tiles, tsa, tuf_files
from assay.server.development_issuer import DevelopmentIssuer
from assay.server.group_commit import GroupCommit
from assay.server.log_shards import Shards

_RESIGN = 3600.0
"""Seconds between two looks at whether the TUF timestamp must be signed anew."""


def application(instance: Instance) -> Starlette:
    """All services; the TUF repository answers whatever no other route does."""
    shards, ct = Shards([instance.log]), GroupCommit(instance.ct)
    unsigned: dict[str, str] = {}
    found: list[BaseRoute] = [
        *fulcio.routes(instance, ct),
        *tsa.routes(instance),
        *ct_log.routes(instance),
        *rekor_v1.routes(shards),
        *rekor_v2.routes(shards),
        *health.routes({"log": instance.log.warnings, "certificate log": instance.ct.warnings, "TUF": unsigned}),
    ]
    for prefix in ("", "/api/v2"):
        found += tiles.routes(lambda: shards.active.log, prefix)
    if instance.development:
        found += DevelopmentIssuer(instance).routes()
    found += tuf_files.routes(instance.repository)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(_resign(instance, unsigned))
        try:
            yield
        finally:
            task.cancel()
            await shards.commits.close()
            await ct.close()

    return Starlette(routes=found, lifespan=lifespan)


async def _resign(instance: Instance, unsigned: dict[str, str]) -> None:
    """Keep the TUF metadata fresh; where that fails it is told, and tried again."""
    while True:
        await asyncio.sleep(_RESIGN)
        try:
            await asyncio.to_thread(instance.publish, sigstore.now())
        except (AssayError, OSError) as error:
            unsigned["publish"] = f"the metadata could not be signed anew: {error}"
        else:
            unsigned.clear()
