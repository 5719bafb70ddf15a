"""Transparency logs, put together: the engine over a store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assay.engines.log.sequencer import Log
from assay.ports import Signer

if TYPE_CHECKING:
    from assay.adapters.sigstore_instance.shared_folder import Storage
    from assay.engines.log.replica import ReplicatedLog


def _nowhere(_: bytes) -> None:
    """Nobody keeps what is shown."""


def open_shared_log(
    storage: Storage, name: str, origin: str, signers: Sequence[Signer], shown: Callable[[bytes], None] = _nowhere
) -> ReplicatedLog:
    """One of the replicas of the log `name`; it takes turns when it is started."""
    from assay.adapters.log_store.replicated_store import ReplicatedStore
    from assay.adapters.log_store.turns import PostgresTurns
    from assay.adapters.object_store import ObjectStore
    from assay.engines.log.replica import ReplicatedLog

    store = ReplicatedStore(storage.database, ObjectStore(storage.objects), name)
    turns = PostgresTurns(store)
    return ReplicatedLog(store, origin, signers, turns, turns, shown=shown)


def open_log(folder: Path, origin: str, signers: Sequence[Signer], shown: Callable[[bytes], None] = _nowhere) -> Log:
    """The log in a folder, which is made where it is none yet; see `assay.engines.log.sequencer.Log`."""
    from assay.adapters.log_store.sqlite_store import SqliteStore

    return Log(SqliteStore(folder), origin, signers, shown=shown)
