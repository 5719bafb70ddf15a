"""What is asked of the advisory store, and what it answers: shards, questions, claims."""

from __future__ import annotations

from typing import NamedTuple

from assay.model.advisory import FixState
from assay.model.version import Interval


class Shard(NamedTuple):
    """One source in the store: a read-only file, named by its digest, and what it can say.

    `day` (``YYYY-MM-DD``) is the day of the data, `confirmed` when it was last known to be current (RFC 3339 or a day);
    `ecosystems` are the OSV names with their releases that it has records about, `covers` the ones (without releases)
    that it is a source for, where its silence means something; empty: all that it has records about. `orders` are the
    revisions of the version orders its keys were made with. `skipped` counts the records that could not be read.
    """

    feed: str
    digest: str
    size: int
    day: str
    confirmed: str
    records: int
    skipped: int = 0
    complete: bool = True
    states: tuple[FixState, ...] = ()
    ecosystems: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    facts: int = 0
    releases: int = 0
    authority: int = 50
    title: str = ""
    licence: str = ""
    origin: str = ""
    orders: tuple[tuple[str, int], ...] = ()
    schema: int = 1


class Refused(NamedTuple):
    """A shard that is there and cannot be used; `reason` says why and what to do, for people."""

    shard: Shard
    reason: str


class Question(NamedTuple):
    """Is `version` (and its sort key) of this package among the affected? `everything` asks for all that is known."""

    ecosystem: str
    name: str
    version: str
    key: bytes
    everything: bool = False


class Claim(NamedTuple):
    """What one record says about the versions in `interval` of a package that was asked for.

    `question` is the position of the `Question`, `advisory` the number of the record within the shard of `feed`. A
    `listed` version is enumerated by the record. The rest is as in `assay.model.advisory.Affected`.
    """

    question: int
    feed: str
    advisory: int
    interval: Interval
    state: FixState
    inside: bool = True
    listed: bool = False
    withdrawn: bool = False
    informational: bool = False
    binary: bool = False
    fixed: tuple[str, ...] = ()
    module: str = ""
    channel: str = ""
    arch: tuple[str, ...] = ()
    repository: str = ""
    platform: str = ""
    note: str = ""
    symbols: tuple[str, ...] = ()
