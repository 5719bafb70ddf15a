"""What came from a place, and how the times of sources are compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from assay.adapters.advisories.update_state import Place
from assay.model.feed import Document
from assay.model.sbom import Skipped

KEPT = timedelta(days=2)
"""What a broken run has fetched is taken as it is for so long."""
_LATE = timedelta(days=1)


class Settings(NamedTuple):
    """`alone`: the source has no other place; `pause`: seconds between requests at the NVD."""

    now: datetime
    alone: bool = True
    pause: float = 6.0


class Change:
    """What came from a place; `place` is to be remembered once `documents` were read and their shard is live.

    `whole`: the documents are all that the place has; else they only replace what they name. `alone` is the name of
    a document that is the place itself.
    """

    def __init__(
        self,
        place: Place,
        documents: Callable[[Change], Iterator[Document | Skipped]],
        *,
        whole: bool,
        alone: str = "",
    ) -> None:
        self.place = place
        self.whole = whole
        self.alone = alone
        self._documents = documents

    def documents(self) -> Iterator[Document | Skipped]:
        """The documents."""
        return self._documents(self)


def past(moment: str, now: datetime) -> str:
    """A time up to which a source was read: yesterday for one of the future, else nothing would be newer for years.

    Yesterday, since a record may come out a while after the time that it says.
    """
    return moment if instant(moment) <= now else (now.astimezone(UTC) - _LATE).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(text: str) -> datetime:
    """A time of any offset; the earliest there is for what is none."""
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
