"""A log asks its witnesses: each new tree in a round, and who is slow or away is not waited for.

Entries are answered as before. What is shown at ``/checkpoint`` bears the signatures that came; where a quorum is
wanted, it is the newest checkpoint that has it: a round behind or, while too few witnesses answer, more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from assay.adapters.witness import WitnessClient
from assay.engines.log.sequencer import Log
from assay.errors import AssayError
from assay.model.transparency import Head
from assay.server.log_shards import Shards

ROUND, PATIENCE = 1.0, 3.0
"""Seconds between two rounds, and for which a round waits for those who answer."""


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Who is asked, and how many must sign what is shown."""

    clients: Sequence[WitnessClient] = ()
    quorum: int = 0


class Witnessing:
    """Rounds over the log that takes entries; `told` is who does not sign, and why."""

    def __init__(self, shards: Shards, witnesses: Witnesses, pause: float = ROUND, patience: float = PATIENCE) -> None:
        self._shards, self._witnesses = shards, witnesses
        self._pause, self._patience = pause, patience
        self._asked: dict[str, asyncio.Task[str]] = {}
        self._last: tuple[str, int] = ("", -1)
        self.told: dict[str, str] = {}

    async def run(self) -> None:
        """Until it is cancelled."""
        if not self._witnesses.clients:
            return
        try:
            while True:
                log = self._shards.active.log
                log.require_witnesses(self._witnesses.quorum > 0)
                if (log.origin, log.head.size) != self._last or self.told:
                    await self.round(log)
                await asyncio.sleep(self._pause)
        finally:
            for task in self._asked.values():
                task.cancel()

    async def round(self, log: Log) -> None:
        """Ask all who are not busy with an elder tree, and show what came."""
        head = log.head
        tasks = {}
        for client in self._witnesses.clients:
            busy = self._asked.get(client.name)
            if busy is None or busy.done():
                task = asyncio.create_task(asyncio.to_thread(client.cosign, head.checkpoint, log.consistency))
                tasks[task] = client.name
                self._asked[client.name] = task
        if tasks:
            await asyncio.wait(tasks, timeout=self._patience)
        lines = {name: line for task, name in tasks.items() if (line := self._answer(task, name))}
        self._tell(lines, {client.name for client in self._witnesses.clients} - set(tasks.values()))
        if len(lines) >= self._witnesses.quorum:
            self._last = (log.origin, head.size)
            self._show(log, head, lines)

    def _answer(self, task: asyncio.Task[str], name: str) -> str:
        """The line that came; empty where none did."""
        if not task.done():
            self.told[name] = "it does not answer"
            return ""
        error = task.exception()
        if error is None:
            return task.result()
        if not isinstance(error, AssayError):
            raise error
        self.told[name] = error.what
        return ""

    def _tell(self, lines: dict[str, str], busy: set[str]) -> None:
        for name in lines:
            self.told.pop(name, None)
        for name in busy:
            self.told[name] = "it does not answer"
        if len(lines) < self._witnesses.quorum:
            self.told["quorum"] = f"{len(lines)} witnesses signed, {self._witnesses.quorum} are wanted"
        else:
            self.told.pop("quorum", None)

    def _show(self, log: Log, head: Head, lines: dict[str, str]) -> None:
        text = "".join(lines[client.name] for client in self._witnesses.clients if client.name in lines)
        log.cosigned(head.size, text.encode(), head.checkpoint)
