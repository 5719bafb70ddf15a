"""Compressed streams: every kind, several members, cut off, corrupt, and bombs."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import LimitExceeded, Malformed
from assay.formats import compression
from assay.formats.compression import kind, open_stream

Compress = Callable[[bytes], bytes]
KINDS: dict[str, Compress] = {
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
    "xz": lzma.compress,
    "bzip2": bz2.compress,
}
DATA = random.Random(1).randbytes(300_000) + b"text " * 20_000


class Chunked:
    def __init__(self, data: bytes, size: int = 1 << 20) -> None:
        self._stream = io.BytesIO(data)
        self._size = size

    def readinto(self, buffer: memoryview, /) -> int:
        return self._stream.readinto(buffer[: self._size])


def read(data: bytes, *, careful: bool = False, piece: int = 70_000, chunk: int = 1 << 20) -> tuple[bytes, str]:
    """What comes out, and the fault that ended it."""
    stream = open_stream(Chunked(data, chunk), careful=careful)
    buffer, parts = memoryview(bytearray(piece)), []
    try:
        while count := stream.readinto(buffer):
            parts.append(bytes(buffer[:count]))
    except Malformed as error:
        return b"".join(parts), error.what
    return b"".join(parts), ""


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("careful", [False, True])
@pytest.mark.parametrize(("piece", "chunk"), [(1000, 999), (1 << 20, 1 << 20)])
def test_every_kind_is_told_and_read(name: str, careful: bool, piece: int, chunk: int) -> None:
    packed = KINDS[name](DATA)
    assert kind(packed) == name
    assert read(packed, careful=careful, piece=piece, chunk=chunk) == (DATA, "")


def test_what_is_not_compressed_passes() -> None:
    for data in (b"", b"x", DATA):
        assert kind(data[:8]) == ""
        assert read(data) == (data, "")


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("careful", [False, True])
def test_several_members_are_one_stream(name: str, careful: bool) -> None:
    packed = KINDS[name](DATA[:1000]) + KINDS[name](b"") + KINDS[name](DATA[1000:])
    assert read(packed, careful=careful, chunk=777) == (DATA, "")


def test_zstd_skippable_frames_are_skipped() -> None:
    skippable = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"abcde"
    assert read(skippable + zstandard.compress(DATA)) == (DATA, "")


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("keep", [12, 0.3, 0.9, 0.9999])
@pytest.mark.parametrize("careful", [False, True])
def test_cut_off_streams_say_so(name: str, keep: float, careful: bool) -> None:
    packed = KINDS[name](DATA)
    data, fault = read(packed[: int(keep if keep > 1 else len(packed) * keep)], careful=careful)
    assert fault
    assert DATA.startswith(data)


def test_the_careful_way_gives_all_that_precedes_a_fault() -> None:
    packed = gzip.compress(DATA)
    data, fault = read(packed[: len(packed) // 2], careful=True)
    assert fault
    assert len(data) > len(packed) // 2 - 70_000


@pytest.mark.parametrize("name", KINDS)
def test_corrupt_streams_say_so(name: str) -> None:
    checked = zstandard.ZstdCompressor(write_checksum=True).compress
    packed = bytearray((checked if name == "zstd" else KINDS[name])(DATA))
    packed[len(packed) // 3 : len(packed) // 3 + 40] = bytes(40)
    assert read(bytes(packed))[1]


@pytest.mark.parametrize("name", KINDS)
def test_bombs_are_bounded_by_their_ratio(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "FREE", 1 << 20)
    packed = KINDS[name](bytes(64 << 20))
    stream = open_stream(Chunked(packed))
    buffer, total = memoryview(bytearray(1 << 16)), 0
    with pytest.raises(LimitExceeded, match="bomb"):
        while count := stream.readinto(buffer):
            total += count
    assert total <= max(1 << 20, compression.RATIO * len(packed)) + (1 << 16)


def test_streams_that_ask_for_much_memory_are_refused() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}]
    assert "corrupt" in read(lzma.compress(b"x" * 100, filters=filters))[1]


def test_faults_of_the_stream_below_are_not_disguised() -> None:
    class Broken(Chunked):
        def readinto(self, buffer: memoryview, /) -> int:
            if self._stream.tell() > 1000:
                raise OSError(5, "Input/output error")
            return super().readinto(buffer)

    for name, compress in KINDS.items():
        stream = open_stream(Broken(compress(DATA), 500))
        with pytest.raises(OSError, match="Input/output error"):
            while stream.readinto(memoryview(bytearray(1 << 16))):
                assert name


_HEADS = [compress(b"some text")[:10] for compress in KINDS.values()]


@settings(max_examples=150)
@given(st.sampled_from(_HEADS), st.binary(max_size=300), st.booleans())
def test_arbitrary_bytes_raise_malformed_or_nothing(head: bytes, data: bytes, careful: bool) -> None:
    read(head + data, careful=careful)


@settings(max_examples=100)
@given(st.sampled_from(sorted(KINDS)), st.integers(0, 60), st.binary(min_size=1, max_size=4), st.booleans())
def test_damaged_streams_raise_malformed_or_nothing(name: str, at: int, new: bytes, careful: bool) -> None:
    packed = bytearray(KINDS[name](b"some text, " * 5))
    packed[at : at + len(new)] = new
    read(bytes(packed), careful=careful)


@pytest.mark.parametrize("packed", [*KINDS.values(), bytes], ids=[*KINDS, "plain"])
def test_a_small_stream_is_unpacked_up_to_its_limit(packed: Compress) -> None:
    assert compression.unpacked(packed(DATA), len(DATA), "a sample") == DATA
    with pytest.raises(LimitExceeded, match=f"a sample of more than {len(DATA) - 1} bytes"):
        compression.unpacked(packed(DATA), len(DATA) - 1, "a sample")
