"""Blobs verified while they are read: alone with the hash in a thread of its own, beside others without."""

from __future__ import annotations

import hashlib
import io
import threading
from contextlib import nullcontext

import pytest

from assay.adapters import blob
from assay.errors import DigestMismatch
from assay.model.digest import Algorithm, Digest

_DATA = bytes(range(256)) * (5 << 12)


@pytest.mark.parametrize("alone", [True, False])
def test_what_the_reader_leaves_is_hashed_too(alone: bool) -> None:
    digest = Digest(Algorithm.SHA256, hashlib.sha256(_DATA).hexdigest())
    before = threading.active_count()
    opener = blob.verified(lambda: nullcontext(io.BytesIO(_DATA)), digest, len(_DATA), alone=alone)
    buffer = bytearray(100_000)
    with opener() as stream:
        assert stream.readinto(memoryview(buffer)) == len(buffer)
        assert (threading.active_count() > before) is alone
        buffer[:] = bytes(len(buffer))  # the reader's buffer is the reader's again
    assert threading.active_count() == before


@pytest.mark.parametrize("alone", [True, False])
def test_other_content_is_refused(alone: bool) -> None:
    digest = Digest(Algorithm.SHA256, hashlib.sha256(_DATA).hexdigest())
    changed = _DATA[:-1] + b"x"
    opener = blob.verified(lambda: nullcontext(io.BytesIO(changed)), digest, len(changed), alone=alone)
    with pytest.raises(DigestMismatch), opener() as stream:
        stream.readinto(memoryview(bytearray(10)))
