"""Many requests, one commit: entries that arrive while one is being written go into the next together."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from assay.engines.log.sequencer import Log
from assay.errors import ExternalError
from assay.model.transparency import NewLeaf, Placed

_Waiting = tuple[NewLeaf, "asyncio.Future[Placed]"]
LINGER = 0.02
"""Seconds that a batch waits for more, once something came; a lone writer waits no longer than that."""
MAX_BATCH = 1024
MAX_WAITING = 8192


class GroupCommit:
    """Puts leaves into a log, durably; made and used within one event loop."""

    def __init__(self, log: Log, linger: float = LINGER) -> None:
        self.log = log
        self._linger = linger
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "log")

    @property
    def busy(self) -> bool:
        """Whether something waits or is being written."""
        return self._task is not None

    async def add(self, leaf: NewLeaf) -> Placed:
        """Where the leaf is, once it is durable and in a signed checkpoint; raises what `Log.append` raises."""
        if len(self._waiting) >= MAX_WAITING:
            raise ExternalError(f"{MAX_WAITING} entries wait to be written already", "try again later")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Placed] = loop.create_future()
        self._waiting.append((leaf, future))
        if self._task is None:
            self._task = loop.create_task(self._run())
        return await future

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                if self._linger and len(self._waiting) < MAX_BATCH:
                    await asyncio.sleep(self._linger)
                batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
                await self._one(loop, batch)
        finally:
            self._task = None

    async def _one(self, loop: asyncio.AbstractEventLoop, batch: list[_Waiting]) -> None:
        try:
            places = await loop.run_in_executor(self._thread, self.log.append, [leaf for leaf, _ in batch])
        except BaseException as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), place in zip(batch, places, strict=True):
            if not future.done():
                future.set_result(place)

    async def drain(self) -> None:
        """Wait until nothing waits."""
        while self._task is not None:
            await self._task

    async def close(self) -> None:
        """Write what waits, and stop."""
        if self._task is not None:
            await self._task
        self._thread.shutdown()
