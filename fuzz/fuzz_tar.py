"""The tar walk, in chunks whose sizes the first bytes pick: however the bytes come, the members are the same.

Paths that are asked about one by one are those that are asked about together.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable

from assay.errors import Malformed
from assay.formats import tar


def _archive(form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as file:
        for name, kind, target in (
            ("a/" * 60 + "b", tarfile.REGTYPE, ""),
            ("länk", tarfile.SYMTYPE, "t" * 99),
            ("hard", tarfile.LNKTYPE, "a"),
            ("folder", tarfile.DIRTYPE, ""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            info.size = 600 if kind == tarfile.REGTYPE else 0
            file.addfile(info, io.BytesIO(b"\x7fELF" * 150))
    return buffer.getvalue()[: 14 * 512]


SEEDS: list[bytes] = [
    bytes((7, 200)) + _archive(form) for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT)
]


class _Chunked:
    def __init__(self, data: bytes, size: int) -> None:
        self._stream = io.BytesIO(data)
        self._size = size

    def readinto(self, buffer: memoryview, /) -> int:
        return self._stream.readinto(buffer[: self._size])


def run(data: bytes) -> None:
    if len(data) < 2:
        return
    size = data[0] * 8 + data[1] % 8 + 1
    whole, inside = _members(data[2:], 1 << 20, _sieve), _members(data[2:], size)
    assert whole == inside, (whole, inside)


def _wants(path: str) -> int:
    return len(path) % 3


def _sieve(text: bytes) -> list[int]:
    paths = [path[2:] for path in text.split(b"\0")[:-1]]
    return [n for n, path in enumerate(paths) if tar.is_odd(path) or _wants(path.decode("utf-8", "surrogateescape"))]


def _members(
    data: bytes, size: int, sieve: Callable[[bytes], list[int]] | None = None
) -> list[tuple[str, bytes, bytes]] | str:
    walker = tar.Walker(_Chunked(data, size), _wants, frozenset((b"\x7fELF",)), sieve=sieve)
    try:
        found = [(member.path, member.kind, walker.window.take(min(member.size, 99))) for member in walker]
    except Malformed as error:
        return error.what
    assert all(path == tar.normalise(path) for path, _, _ in found)
    return found
