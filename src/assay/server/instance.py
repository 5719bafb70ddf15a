"""A whole instance of Sigstore as one part of the server, below one URL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from assay.app.sigstore import Instance
from assay.server import ct as ct_log
from assay.server import first_entry, fulcio, rekor_v1, rekor_v2, tiles, tsa, tuf_files
from assay.server.development_issuer import DevelopmentIssuer
from assay.server.identity_limits import EntryLimit
from assay.server.limits import Buckets
from assay.server.log_shards import Shards
from assay.server.maintenance import Maintenance, Schedule
from assay.server.parts import Part, compose
from assay.server.spent_tokens import SpentTokens
from assay.server.witnessing import Witnesses, Witnessing


@dataclass(frozen=True, slots=True)
class Serving:
    """How an instance is served: when it rotates what, who witnesses its log, where its clients' files are written.

    `identity_rate` is how many certificates and log entries a second somebody may have, 0 without end. With
    `single_use` an identity token is good for one key.
    """

    schedule: Schedule = field(default_factory=Schedule)
    witnesses: Witnesses = field(default_factory=Witnesses)
    files: Path | None = None
    greeting: str = ""
    identity_rate: float = 0.0
    single_use: bool = False


def part(instance: Instance, serving: Serving | None = None) -> Part:
    """All services; the TUF repository answers whatever no other route does."""
    serving = serving or Serving()
    shards, ct = Shards(instance.logs), Shards(instance.cts)
    shards.first = first_entry.of
    care = Maintenance(instance, shards, ct, serving.schedule, serving.files)
    limit = Buckets(serving.identity_rate) if serving.identity_rate else None
    guards = fulcio.Guards(limit, SpentTokens() if serving.single_use else None)
    if serving.identity_rate:
        shards.limit = EntryLimit(Buckets(serving.identity_rate), instance)
    rounds = Witnessing(shards, serving.witnesses)
    found: list[BaseRoute] = [
        *fulcio.routes(instance, ct, guards),
        *tsa.routes(instance),
        *ct_log.routes(instance),
        *rekor_v1.routes(shards),
        *rekor_v2.routes(shards),
        *tiles.shard_routes(shards),
    ]
    for prefix in ("", "/api/v2"):
        found += tiles.found_routes(tiles.by_host(shards), prefix)
    if instance.development:
        found += DevelopmentIssuer(instance).routes()

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        await shards.begin()
        tasks = [asyncio.create_task(care.run()), asyncio.create_task(rounds.run())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await shards.commits.close()
            await ct.commits.close()
            for log in (*instance.logs, *instance.cts):
                await asyncio.to_thread(log.close)

    told = {"log": _Warnings(shards), "certificate log": _Warnings(ct), "instance": care.told, "witness": rounds.told}
    return Part(
        "sigstore",
        found,
        told,
        running,
        tuf_files.routes(instance.repository, instance.newest),
        greeting=serving.greeting,
    )


def application(instance: Instance) -> Starlette:
    """An instance alone."""
    return compose([part(instance)])


class _Warnings(Mapping[str, str]):
    """Those of the shard that takes entries now."""

    def __init__(self, shards: Shards) -> None:
        self._shards = shards

    def _now(self) -> dict[str, str]:
        return dict(self._shards.active.log.warnings)

    def __getitem__(self, name: str) -> str:
        return self._now()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())
