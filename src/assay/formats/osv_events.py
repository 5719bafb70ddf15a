"""The events of an OSV range as intervals (OSV schema, "affected[].ranges[].events" and "Evaluation").

::

    [{"introduced": "0"}, {"fixed": "1.2.5"}, {"introduced": "2.0.0"}, {"last_affected": "2.1.3"}]

The order of the list says nothing; nearly all lists are in the order of the versions, and those that evidently are not
are brought into it. Commits have no order: each branch of a repository may have a fix of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay.formats import generic_version
from assay.formats.json import Json
from assay.model.version import Interval

MAX_EVENTS = 100_000
_ENDS = ("fixed", "last_affected", "limit")

Event = tuple[str, str]
"""What happens, and in which version."""


def intervals(items: Sequence[Json], *, branches: bool = False) -> list[tuple[Interval, bool]]:
    """An interval for each ``introduced``, up to the event that ends it, and whether that one is a fix.

    What is ``introduced`` again before an end adds nothing. With `branches` (commits) every event that ends makes an
    interval of its own, up to the next ``introduced``.
    """
    events = list(_events(items))
    if not branches and not _is_ordered(events):
        events.sort(key=_place)
    result: list[tuple[Interval, bool]] = []
    low: str | None = None
    ended = False
    for what, version in events:
        if what == "introduced":
            if low is not None and not ended:
                if not branches:
                    continue  # affected since the one before
                result.append((Interval(low), False))
            low, ended = version, False
        elif low is not None and (branches or not ended):
            result.append((Interval(low, True, version, what == "last_affected"), what == "fixed"))
            ended = True
    if low is not None and not ended:
        result.append((Interval(low), False))
    return result


def _events(items: Sequence[Json]) -> Iterator[Event]:
    for item in items[:MAX_EVENTS]:
        if isinstance(item, dict):
            for what, version in item.items():
                if isinstance(version, str) and (what == "introduced" or (what in _ENDS and version != "*")):
                    yield what, version


def _is_ordered(events: Sequence[Event]) -> bool:
    """Whether each ``introduced`` stands before what ends it, as in all lists that somebody has sorted."""
    is_open = False
    for what, _ in events:
        if what == "introduced":
            if is_open:
                return False
            is_open = True
        elif not is_open and what != "limit":
            return False
        else:
            is_open = False
    return True


def _place(event: Event) -> tuple[bool, bytes, bool]:
    """Where an event belongs; an end comes before a beginning in the same version, ``last_affected`` after it."""
    what, version = event
    is_late = what == "last_affected" or what == "introduced"
    return version != "0", generic_version.key(version), is_late
