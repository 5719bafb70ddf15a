"""Waiting for a descriptor: whatever its number, which `select()` only takes up to 1,023."""

from __future__ import annotations

import selectors

# A selector without a descriptor of its own, so that it works where no more can be opened; Windows has `select()`
# alone, without that bound.
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


def readable(descriptor: int, seconds: float) -> bool:
    """Whether there is something to read, or the other side has gone, within so many seconds."""
    with _Selector() as waiting:
        waiting.register(descriptor, selectors.EVENT_READ)
        return bool(waiting.select(seconds))
