"""Merkle trees of logs (RFC 6962, 2.1; RFC 9162, 2.1.3 for the verification of proofs)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from assay.errors import Refused


def leaf(data: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\0" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(index: int, size: int, hashed: bytes, proof: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to; raises `Refused` for a proof of the wrong length."""
    if not 0 <= index < size or size >= 1 << 63:
        raise Refused(f"the log entry is number {index} of a tree of {size}")
    at, last, found = index, size - 1, hashed
    for item in proof:
        if last == 0:
            raise Refused("the inclusion proof is too long")
        if at & 1 or at == last:
            found = node(item, found)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            found = node(found, item)
        at >>= 1
        last >>= 1
    if last:
        raise Refused("the inclusion proof is too short")
    return found


def check_consistency(first: int, second: int, old: bytes, new: bytes, proof: Sequence[bytes]) -> None:
    """Raise `Refused` unless the tree of `second` leaves grew out of that of `first` (RFC 9162, 2.1.4.2)."""
    if not 0 <= first <= second or second >= 1 << 63:
        raise Refused(f"a tree of {second} entries cannot have grown out of one of {first}")
    if first in (0, second):
        if proof or (first and old != new):
            raise Refused("two trees of the same size have different roots" if first else "the proof is too long")
        return
    items = [old, *proof] if first & (first - 1) == 0 else list(proof)
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    if not items:
        raise Refused("the consistency proof is too short")
    before = after = items[0]
    for item in items[1:]:
        if last == 0:
            raise Refused("the consistency proof is too long")
        if at & 1 or at == last:
            before, after = node(item, before), node(item, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node(after, item)
        at, last = at >> 1, last >> 1
    if last or before != old or after != new:
        raise Refused(f"the log's tree of {second} entries did not grow out of that of {first}: it was rewritten")
