"""Sets of versions as intervals: what lies in them, and what does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from assay.model.version import Interval

Key = Callable[[str], bytes]


def contains(interval: Interval, version: bytes, key: Key) -> bool:
    """Whether the version with this sort key lies in the interval."""
    if interval.low:
        low = key(interval.low)
        if version < low or (version == low and not interval.low_included):
            return False
    if interval.high:
        high = key(interval.high)
        return version < high or (version == high and interval.high_included)
    return True


def complement(intervals: Iterable[Interval], key: Key) -> tuple[Interval, ...]:
    """All versions that lie in none of the intervals."""
    ordered = sorted(
        (item for item in intervals if _possible(item, key)),
        key=lambda item: (key(item.low) if item.low else b"", not item.low_included),
    )
    result: list[Interval] = []
    low, included = "", True  # the first version that nothing covers yet
    for item in ordered:
        if item.low and _gap(low, included, item, key):
            result.append(Interval(low, included, item.low, not item.low_included))
        if not item.high:
            return tuple(result)
        if not low or (key(low), not included) < (key(item.high), item.high_included):
            low, included = item.high, not item.high_included
    return (*result, Interval(low, included))


def _possible(item: Interval, key: Key) -> bool:
    if not item.low or not item.high:
        return True
    low, high = key(item.low), key(item.high)
    return low < high or (low == high and item.low_included and item.high_included)


def _gap(low: str, included: bool, item: Interval, key: Key) -> bool:
    """Whether something lies between `low` and the beginning of `item`."""
    if not low:
        return True
    here, there = key(low), key(item.low)
    return here < there or (here == there and included and not item.low_included)
