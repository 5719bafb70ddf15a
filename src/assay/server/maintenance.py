"""What an instance does by itself while it serves: it signs metadata anew, rotates what is due, and takes that over.

The issuing certificates change to the spare ones when a fifth of their time is left; log shards by size or age, where
that was asked for. What cannot be done by itself, because the root keys are off line, is complained of.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from assay.adapters.sigstore_instance import tuf_repository
from assay.app import sigstore, sigstore_rotation
from assay.app.sigstore import Instance
from assay.errors import AssayError
from assay.formats import certificate
from assay.server.log_shards import Shards

_LOOK, _DUE, _RESIGN = 2.0, 30.0, 3600.0
"""Seconds between two looks: at what others rotated, at what is due, at whether TUF metadata must be signed anew."""
_LEFT = 5
_ROOT_NOTICE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a log shard is full: after so many entries, or so many days; 0 for never. Its own first entry counts."""

    shard_entries: int = 0
    shard_days: float = 0.0

    def due(self, instance: Instance, now: datetime) -> list[str]:
        """What must be rotated now, of `assay.app.sigstore_rotation.WHAT`."""
        material, found = instance.material, []
        for what, held in (("ca", material.authorities), ("tsa", material.timestampers)):
            if what in material.spare and _ends_soon(held[-1].chain[0], now):
                found.append(what)
        size, start = instance.log.head.size, material.logs[-1].start
        full = bool(self.shard_entries) and size >= self.shard_entries
        old = bool(self.shard_days) and size > 1 and now - start >= timedelta(days=self.shard_days)
        return [*found, "log"] if full or old else found


def _ends_soon(data: bytes, now: datetime, parts: int = _LEFT) -> bool:
    """Whether less than a part of a certificate's time is left."""
    read = certificate.read(data)
    return (read.not_after - now) * parts < read.not_after - read.not_before


def complaints(instance: Instance, now: datetime) -> dict[str, str]:
    """What only the root keys can mend."""
    material, found = instance.material, {}
    for what, held in (("ca", material.authorities), ("tsa", material.timestampers)):
        if what not in material.spare and _ends_soon(held[-1].chain[0], now, 4):
            until = certificate.read(held[-1].chain[0]).not_after
            found[what] = f"its certificate ends at {until:%Y-%m-%d}: assay sigstore rotate {what} --root-keys DIR"
    expires = tuf_repository.root_expires(instance.repository)
    if expires - now < _ROOT_NOTICE:
        found["root"] = f"the TUF root expires at {expires:%Y-%m-%d}: assay sigstore rotate tuf-root --root-keys DIR"
    return found


class Maintenance:
    """Looks after one instance; `told` is what went wrong, `files` where the files of clients are kept up to date."""

    def __init__(self, instance: Instance, logs: Shards, cts: Shards, schedule: Schedule, files: Path | None) -> None:
        self._instance, self._logs, self._cts = instance, logs, cts
        self._schedule, self._files = schedule, files
        self.told: dict[str, str] = {}

    async def run(self) -> None:
        """Until it is cancelled."""
        waited = 0.0
        while True:
            await self._try("rotation", self.look)
            if waited % _DUE < _LOOK:
                await self._try("rotation", self.rotate_due)
            if waited % _RESIGN < _LOOK:
                await self._try("TUF", self._publish)
            await asyncio.sleep(_LOOK)
            waited += _LOOK

    async def _try(self, what: str, work: Callable[[], object]) -> None:
        try:
            found = work()
            if asyncio.iscoroutine(found):
                await found
        except (AssayError, OSError) as error:
            self.told[what] = f"it failed, and is tried again: {error}"
        else:
            self.told.pop(what, None)

    async def look(self) -> None:
        """Take over what was rotated; a log that could not be turned to is tried again each time."""
        if await asyncio.to_thread(sigstore.refresh, self._instance):
            await self._publish()
        for shards, logs in ((self._logs, self._instance.logs), (self._cts, self._instance.cts)):
            for log in logs:
                await shards.turn(log)

    async def rotate_due(self) -> None:
        """Rotate what is due."""
        now = sigstore.now()
        instance = self._instance
        for what in self._schedule.due(instance, now):
            wanted = sigstore_rotation.Rotation(instance.folder, instance.password, now)
            await asyncio.to_thread(sigstore_rotation.rotate, what, wanted)
        await self.look()
        found = await asyncio.to_thread(complaints, instance, now)
        for name in ("ca", "tsa", "root"):
            self.told.pop(name, None)
        self.told |= found

    async def _publish(self) -> None:
        await asyncio.to_thread(self._instance.publish, sigstore.now())
        if self._files is not None:
            await asyncio.to_thread(sigstore.write_client_files, self._instance, self._files)
