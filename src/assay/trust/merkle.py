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
