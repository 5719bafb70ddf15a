"""What became of the sources in an update."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from assay.errors import AssayError
from assay.model.advisory_store import Shard


class Happened(StrEnum):
    """What became of a source."""

    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    LEFT = "left for the next call"


class Outcome(NamedTuple):
    """A source after the update; `error` where it failed."""

    source: str
    happened: Happened
    shard: Shard | None = None
    skipped: Sequence[tuple[str, str]] = ()
    error: AssayError | None = None


class Result(NamedTuple):
    """All sources, in the order in which they were asked, and how many bytes came."""

    outcomes: Sequence[Outcome]
    fetched: int = 0

    def of(self, happened: Happened) -> list[Outcome]:
        """Those of which this became."""
        return [outcome for outcome in self.outcomes if outcome.happened is happened]
