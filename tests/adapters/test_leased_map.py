"""Files used where they lie in memory: as long as nobody can cut them short, and with what reading them gives."""

from __future__ import annotations

import gc
import gzip
import hashlib
import io
import os
import random
import re
import threading
from contextlib import nullcontext
from pathlib import Path

import pytest

from assay.adapters import blob, leased_map, spool
from assay.errors import AssayError, DigestMismatch, InputError
from assay.formats import compression
from assay.model.digest import Algorithm, Digest

_NOISE = random.Random(3).randbytes(3 << 20)
_TEXT = b"".join(b"%d\n" % number for number in range(1_000_000))
_PACKED = gzip.compress(_NOISE + _TEXT, 1)


@pytest.fixture
def packed(tmp_path: Path) -> spool.OpenFile:
    """A file of some megabytes."""
    path = tmp_path / "packed.gz"
    path.write_bytes(_PACKED)
    return spool.open_file(str(path))


def _leases(path: Path) -> bool:
    """Whether the file system lends files."""
    with open(path, "rb") as file:
        return leased_map.find(file.fileno(), 0, path.stat().st_size, "x") is not None


def _private(data: bytes) -> spool.OpenFile:
    return spool.spooled([data], "a stream")


@pytest.mark.parametrize(("start", "size"), [(0, len(_NOISE)), (4096, 2 << 20), (5, 2 << 20), (4097, 1 << 20)])
def test_a_part_of_a_file_is_what_reading_it_gives(start: int, size: int) -> None:
    stream = _private(_NOISE).stream(start, size)
    view = stream.whole()
    assert view is not None
    for position in (1, 4096, 1 << 20, size):
        stream.reach(position)
        assert view[:position] == _NOISE[start : start + position]
    assert len(view) == size


@pytest.mark.parametrize(("start", "size"), [(0, (1 << 20) - 1), (1 << 20, 3 << 20), (-1, 2 << 20)])
def test_small_parts_and_those_that_end_beyond_the_file_are_read(start: int, size: int) -> None:
    assert _private(_NOISE).stream(start, size).whole() is None


def test_a_file_that_somebody_writes_to_is_read(packed: spool.OpenFile) -> None:
    with open(packed.name, "r+b"):
        stream = packed.stream()
        assert stream.whole() is None
        assert _all(compression.open_stream(stream)) == _NOISE + _TEXT


def test_who_wants_to_write_waits_and_the_reader_ends(packed: spool.OpenFile) -> None:
    if not _leases(Path(packed.name)):
        assert packed.stream().whole() is None
        return
    raw = packed.stream()
    stream = compression.open_stream(raw)
    buffer = memoryview(bytearray(1 << 20))
    assert stream.readinto(buffer)
    with pytest.raises(BlockingIOError):
        os.open(packed.name, os.O_WRONLY | os.O_NONBLOCK | os.O_TRUNC)
    with pytest.raises(InputError, match=r"packed\.gz is opened for writing while it is read"):
        stream.readinto(buffer)
    del raw, stream
    gc.collect()
    os.close(os.open(packed.name, os.O_WRONLY | os.O_NONBLOCK | os.O_TRUNC))


def test_what_the_disk_cannot_give_is_an_error() -> None:
    """The file is private, so that nothing keeps it from being cut short."""
    file = _private(_NOISE)
    stream = file.stream()
    assert stream.whole() is not None
    os.ftruncate(file.descriptor, 1 << 20)
    stream.reach(1 << 20)
    with pytest.raises(InputError, match="a stream cannot be read"):
        stream.reach(2 << 20)


def _all(stream: compression.ByteStream) -> bytes:
    buffer, parts = memoryview(bytearray(700_000)), []
    while count := stream.readinto(buffer):
        parts.append(bytes(buffer[:count]))
    return b"".join(parts)


def _outcome(raw: compression.ByteStream, *, careful: bool = False) -> bytes | str:
    try:
        return _all(compression.open_stream(raw, careful=careful))
    except AssayError as error:
        return f"{type(error).__name__}: {error.what}"


@pytest.mark.parametrize(
    "data",
    [
        _PACKED,
        gzip.compress(_NOISE, 0),
        gzip.compress(_NOISE) + gzip.compress(b"") + gzip.compress(_TEXT),
        _PACKED + bytes(3000),
        _PACKED + b"garbage",
        _PACKED[:-4] + bytes(4),
        _PACKED[:-8] + bytes(4) + _PACKED[-4:],
        _PACKED[:-1],
        _PACKED[: len(_PACKED) // 2],
        _PACKED[: 2 << 20] + bytes(100) + _PACKED[(2 << 20) + 100 :],
        _NOISE,
    ],
    ids=["plain", "stored", "members", "padded", "garbage", "size", "checksum", "short", "half", "changed", "none"],
)
def test_inflating_out_of_memory_gives_the_same(data: bytes) -> None:
    assert _outcome(_private(data).stream()) == _outcome(io.BytesIO(data))
    assert _outcome(_private(data).stream(), careful=True) == _outcome(io.BytesIO(data), careful=True)


def test_a_bomb_is_a_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "FREE", 64 << 20)
    bomb = b"".join(gzip.compress(bytes(64 << 20)) for _ in range(17))
    assert "LimitExceeded: gzip grew to over 200 times" in str(_outcome(_private(bomb).stream()))


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("reads", [0, 1, 1000])
def test_all_of_a_blob_is_hashed_however_far_it_is_used(packed: spool.OpenFile, alone: bool, reads: int) -> None:
    digest = Digest(Algorithm.SHA256, hashlib.sha256(_PACKED).hexdigest())
    other = Digest(Algorithm.SHA256, hashlib.sha256(b"x").hexdigest())
    before = threading.active_count()
    for expected in (digest, other):
        progress = _Progress()
        opener = blob.verified(lambda: nullcontext(packed.stream()), expected, len(_PACKED), progress, alone=alone)
        refused = pytest.raises(DigestMismatch) if expected is other else nullcontext()
        with refused, opener() as raw:
            stream = compression.open_stream(raw)
            for _ in range(reads):
                stream.readinto(memoryview(bytearray(65536)))
        assert progress.total == len(_PACKED)
    assert threading.active_count() == before


class _Progress:
    total = 0

    def advance(self, amount: int) -> None:
        self.total += amount


def test_who_wants_to_write_is_seen_up_to_the_end(packed: spool.OpenFile) -> None:
    """The last of several members promises little, so that what is reckoned runs ahead of what is inflated."""
    if not _leases(Path(packed.name)):
        assert packed.stream().whole() is None
        return
    data = gzip.compress(_NOISE + _TEXT * 3, 1) + gzip.compress(b"")
    Path(packed.name).write_bytes(data)
    file = spool.open_file(packed.name)
    digest = Digest(Algorithm.SHA256, hashlib.sha256(data).hexdigest())
    buffer, total = memoryview(bytearray(1 << 20)), 0
    with (
        pytest.raises(InputError, match="is opened for writing while it is read"),
        blob.verified(lambda: nullcontext(file.stream()), digest, len(data))() as raw,
    ):
        stream = compression.open_stream(raw)
        while total <= len(data):
            total += stream.readinto(buffer)
        with pytest.raises(BlockingIOError):
            os.open(packed.name, os.O_WRONLY | os.O_NONBLOCK)
        stream.readinto(buffer)


_STORED = gzip.compress(random.Random(5).randbytes(48 << 20), 0)
_MEMBERS = gzip.compress(random.Random(5).randbytes(24 << 20).hex().encode(), 1) + gzip.compress(b"")
"""The last one promises nothing, as that of eStargz does."""


@pytest.mark.parametrize("data", [_STORED, _MEMBERS], ids=["stored", "members"])
def test_little_stays_mapped(data: bytes) -> None:
    file = _private(data)
    stream = compression.open_stream(file.stream())
    buffer, most = memoryview(bytearray(1 << 20)), 0
    inode = os.fstat(file.descriptor).st_ino
    while stream.readinto(buffer):
        most = max(most, _resident(inode))
    assert 0 < most <= 8 << 20


def _resident(inode: int) -> int:
    """Bytes of a mapped file that count as memory of this process."""
    text = Path("/proc/self/smaps").read_text()
    found = re.findall(rf"^\S+ \S+ \S+ \S+ {inode} .*\n(?:\w+: .*\n)*?Rss: +(\d+) kB", text, re.MULTILINE)
    return sum(int(kilobytes) << 10 for kilobytes in found)
