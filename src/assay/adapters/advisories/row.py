"""A claim as the narrow row it is in a shard: two sort keys, flags, a state, and texts that no comparison needs."""

from __future__ import annotations

from assay.model.advisory import Affected, FixState
from assay.model.advisory_store import Claim
from assay.model.version import Interval

LOW_INCLUDED, HIGH_INCLUDED, LISTED, WITHDRAWN, INFORMATIONAL, BINARY, QUIET = 1, 2, 4, 8, 16, 32, 64
"""Flags; QUIET: the claim makes no finding by itself (not affected, withdrawn, informational)."""

STATES = tuple(FixState)
STATE_NUMBERS = {state: number for number, state in enumerate(STATES)}

_PART, _ITEM = "\x1f", "\x1e"

Row = tuple[bytes, bytes | None, int, int, int, str]
"""low, high, flags, state, advisory, text."""


def make(
    interval: Interval, keys: tuple[bytes, bytes | None], affected: Affected, flags: int, advisory: int, *, listed: bool
) -> Row:
    """The row of one interval of an `Affected`."""
    if interval.low_included:
        flags |= LOW_INCLUDED
    if interval.high_included:
        flags |= HIGH_INCLUDED
    if affected.binary:
        flags |= BINARY
    if listed:
        flags |= LISTED
    if affected.state is FixState.NOT_AFFECTED:
        flags |= QUIET
    fixed = affected.fixed
    if interval.high and not interval.high_included:
        fixed = ()  # the bound is the fix of this range; the others are those of other ranges
    text = _PART.join(
        (
            interval.low,
            "" if listed else interval.high,
            _ITEM.join(fixed),
            affected.note,
            affected.module,
            affected.channel,
            _ITEM.join(affected.arch),
            affected.repository,
            affected.platform,
            _ITEM.join(affected.symbols),
        )
    ).rstrip(_PART)
    return keys[0], keys[1], flags, STATE_NUMBERS[affected.state], advisory, text


def read(feed: str, question: int, inside: int, flags: int, state: int, advisory: int, text: str) -> Claim:
    """The claim of a row, about a question whose version is `inside` its range."""
    parts = text.split(_PART)
    low, high, fixed, note, module, channel, arch, repository, platform, symbols = parts + _EMPTY[len(parts) :]
    mended = _items(fixed)
    if high and not mended and not flags & HIGH_INCLUDED and state in _MENDED:
        mended = (high,)
    listed = flags & LISTED != 0
    return Claim(
        question=question,
        feed=feed,
        advisory=advisory,
        interval=Interval(low, flags & LOW_INCLUDED != 0, low if listed else high, flags & HIGH_INCLUDED != 0),
        state=STATES[state],
        inside=inside != 0,
        listed=listed,
        withdrawn=flags & WITHDRAWN != 0,
        informational=flags & INFORMATIONAL != 0,
        binary=flags & BINARY != 0,
        fixed=mended,
        module=module,
        channel=channel,
        arch=_items(arch),
        repository=repository,
        platform=platform,
        note=note,
        symbols=_items(symbols),
    )


_MENDED = (STATE_NUMBERS[FixState.FIXED], STATE_NUMBERS[FixState.UNKNOWN])
_EMPTY = [""] * 10


def _items(text: str) -> tuple[str, ...]:
    return tuple(text.split(_ITEM)) if text else ()
