"""The short keys by which leaves and terms are found: 64 bits of a digest, as a signed number."""

from __future__ import annotations

import hashlib


def of_hash(leaf_hash: bytes) -> int:
    """Of a leaf; whoever finds it compares the whole hash."""
    return int.from_bytes(leaf_hash[:8], "big", signed=True)


def of_term(term: str) -> int:
    """Of a term."""
    return int.from_bytes(hashlib.sha256(term.encode()).digest()[:8], "big", signed=True)
