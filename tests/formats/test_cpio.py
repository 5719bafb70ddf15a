"""cpio as tar: what Python's tarfile reads of it."""

from __future__ import annotations

import contextlib
import io
import stat
import tarfile
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import AssayError, LimitExceeded, Malformed
from assay.formats import cpio

FILE, FOLDER, LINK, DEVICE = stat.S_IFREG | 0o755, stat.S_IFDIR | 0o755, stat.S_IFLNK | 0o777, stat.S_IFCHR | 0o600
LONG = "a/" + "long" * 60


def entry(
    name: str, mode: int, data: bytes = b"", *, inode: int = 0, links: int = 1, magic: bytes = b"070701"
) -> bytes:
    numbers = (inode, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head = magic + b"".join(b"%08x" % number for number in numbers) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


END = entry("TRAILER!!!", 0)
SAMPLE = (
    entry("./usr", FOLDER, links=2)
    + entry("./usr/one", FILE, inode=7, links=3)
    + entry("./usr/two", FILE, inode=7, links=3)
    + entry("./usr/link", LINK, b"one")
    + entry("./dev/null", DEVICE)
    + entry("./" + LONG, FILE, b"12345")
    + entry("./usr/three", FILE, b"x" * 5000, inode=7, links=3)
    + entry("./usr/to-long", LINK, LONG.encode())
    + entry("./usr/empty", FILE)
    + END
)


class Slow:
    """Gives a few bytes at a time, as a decompressor may."""

    def __init__(self, data: bytes, step: int) -> None:
        self._file, self._step = io.BytesIO(data), step

    def readinto(self, buffer: memoryview, /) -> int:
        return self._file.readinto(buffer[: self._step])


def read(data: bytes, step: int = 1 << 20) -> bytes:
    stream, parts, buffer = cpio.AsTar(Slow(data, step)), [], memoryview(bytearray(700))
    while count := stream.readinto(buffer):
        parts.append(bytes(buffer[:count]))
    return b"".join(parts)


@pytest.mark.parametrize("step", [1, 3, 1 << 20])
def test_everything_that_can_be_in_a_payload(step: int) -> None:
    with tarfile.open(fileobj=io.BytesIO(read(SAMPLE, step))) as archive:
        members = {item.name: item for item in archive}
        shown = {name: (item.type, item.linkname, item.size) for name, item in members.items()}
        assert shown == {
            "usr": (tarfile.DIRTYPE, "", 0),
            "usr/link": (tarfile.SYMTYPE, "one", 0),
            LONG: (tarfile.REGTYPE, "", 5),
            "usr/three": (tarfile.REGTYPE, "", 5000),
            "usr/one": (tarfile.LNKTYPE, "./usr/three", 0),
            "usr/two": (tarfile.LNKTYPE, "./usr/three", 0),
            "usr/to-long": (tarfile.SYMTYPE, LONG, 0),
            "usr/empty": (tarfile.REGTYPE, "", 0),
        }
        content = archive.extractfile(LONG)
        assert content is not None
        assert content.read() == b"12345"
        assert members["usr/three"].mode == 0o755


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (SAMPLE[:-60], "cut off"),
        (SAMPLE[:600], "cut off"),
        (b"x" * 200, "not a cpio archive"),
        (entry("a", FILE, magic=b"07070X"), "over 4 GiB"),
        (b"070701" + b"zz" * 60, "damaged"),
        (entry("a", LINK, b"x" * 70_000), "too long"),
    ],
)
def test_what_is_no_archive_or_ends_before_its_end_is_told(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        read(data)


@given(st.integers(min_value=0), st.binary(min_size=1, max_size=20))
def test_damaged_archives_raise_nothing_foreign(position: int, noise: bytes) -> None:
    data = bytearray(SAMPLE)
    at = position % len(data)
    data[at : at + len(noise)] = noise
    with contextlib.suppress(AssayError):
        read(bytes(data))


def test_links_without_any_content_are_empty_files() -> None:
    data = entry("./a", FILE, inode=3, links=2) + entry("./b", FILE, inode=3, links=2) + END
    with tarfile.open(fileobj=io.BytesIO(read(data))) as archive:
        assert [(item.name, item.type, item.size) for item in archive] == [
            ("a", tarfile.REGTYPE, 0),
            ("b", tarfile.REGTYPE, 0),
        ]


def test_the_names_that_wait_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpio, "_MAX_NAMES", 1000)
    two = b"".join(entry(name * 300, FILE, inode=3, links=3) for name in "ab") + entry(
        "c", FILE, b"x", inode=3, links=3
    )
    assert read(two + two + END)
    with pytest.raises(LimitExceeded, match="too long names"):
        read(b"".join(entry(name * 300, FILE, inode=3, links=9) for name in "abcd") + END)


def test_links_to_a_long_name_are_not_all_made_at_once() -> None:
    """Each has that name in it."""
    links = b"".join(entry(f"{number}", FILE, inode=3, links=999) for number in range(500))
    stream = cpio.AsTar(io.BytesIO(links + entry("a" * 60_000, FILE, b"x", inode=3, links=999) + END))
    buffer, total = memoryview(bytearray(1 << 16)), 0
    tracemalloc.start()
    try:
        while count := stream.readinto(buffer):
            total += count
        assert total > 500 * 60_000
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
