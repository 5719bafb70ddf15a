"""Transparency logs, put together: the engine over a store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assay.engines.log.sequencer import Log
from assay.ports import Signer


def open_log(folder: Path, origin: str, signers: Sequence[Signer]) -> Log:
    """The log in a folder, which is made where it is none yet; see `assay.engines.log.sequencer.Log`."""
    from assay.adapters.log_store.sqlite_store import SqliteStore

    return Log(SqliteStore(folder), origin, signers)
