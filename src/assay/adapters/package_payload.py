"""What a package file would install, as tar streams: where the payload lies within the file.

::

    .deb, .ipk   an ar archive; data.tar.*
    .rpm         lead, two headers, then a compressed cpio archive
    .apk         version 2 is a tar as it is; of version 3 its data blocks (`assay.ecosystems.apk.payload`)
    .gem         a tar; data.tar.gz, and what is beside it (metadata.gz)
    .conda       a zip; pkg-*.tar.zst with the files, info-*.tar.zst with what is said of them

Wheels, eggs, ``.nupkg``, ``.crate``, npm's and pacman's packages are zips and tars themselves. Everything is read in
place, where it lies in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from assay.adapters.spool import OpenFile
from assay.adapters.tar_index import TarIndex, is_tar
from assay.ecosystems.apk import adb as apk
from assay.ecosystems.apk import payload as apk_payload
from assay.errors import LimitExceeded, Malformed
from assay.formats import compression, cpio, zip
from assay.formats.compression import ByteStream


class Payload(NamedTuple):
    """`open` opens a tar inside; carefully, where a damaged one shall give all that precedes the fault.

    `nested` says whether archives in it are to be walked: those that are payloads themselves are not, again.
    """

    open: Callable[[bool], ByteStream]
    nested: bool = True


_AR = b"!<arch>\n"
_RPM = b"\xed\xab\xee\xdb"
_RPM_HEADER = b"\x8e\xad\xe8\x01"
_RPM_LEAD = 96
_LZMA = b"\x5d\0\0"
"""How the payload of packages begins that were made before there was xz."""
_MAX_MEMBERS = 1_000
_MAX_HEADER = 1 << 30
_CONDA = (b"pkg-", b"info-")


def payloads(file: OpenFile, name: str, head: bytes, told: Callable[[ByteStream], ByteStream]) -> list[Payload]:
    """The payloads of a file that begins with `head`; none for what is no package, or is a plain archive.

    `told` goes around each stream of the file, to hear what was read. Raises `Malformed` for a broken package.
    """
    if head.startswith(_AR) and head[8:].startswith((b"debian", b"control.tar", b"data.tar")):
        return [_compressed(file, *_data_of_deb(file), told)]
    if head.startswith(_RPM):
        start = _payload_of_rpm(file)
        if file.read(start, len(_LZMA)) == _LZMA:
            raise Malformed("the files of an RPM package are compressed with lzma, which is not read")
        return [Payload(lambda careful: cpio.AsTar(_opened(file, start, file.size - start, told, careful)))]
    if head.startswith(apk.MAGIC) and name.endswith(".apk"):
        return [Payload(lambda careful: apk_payload.Payload(told(file.stream())))]
    if name.endswith(".gem") and is_tar(head):
        place = TarIndex(file).place("data.tar.gz")
        outer = Payload(lambda careful: _opened(file, 0, file.size, told, careful), nested=False)
        return [outer, _compressed(file, place.offset, place.size, told)]
    if name.endswith(".conda") and head.startswith(b"PK"):
        return [_compressed(file, start, size, told) for start, size in _tars_of_conda(file)]
    return []


def _compressed(file: OpenFile, start: int, size: int, told: Callable[[ByteStream], ByteStream]) -> Payload:
    return Payload(lambda careful: _opened(file, start, size, told, careful))


def _opened(
    file: OpenFile, start: int, size: int, told: Callable[[ByteStream], ByteStream], careful: bool
) -> ByteStream:
    return compression.open_stream(told(file.stream(start, size)), careful=careful)


def _data_of_deb(file: OpenFile) -> tuple[int, int]:
    """Where ``data.tar`` lies (ar(5), deb(5))."""
    at = len(_AR)
    for _ in range(_MAX_MEMBERS):
        header = file.read(at, 60)
        size = header[48:58].strip()
        if len(header) < 60:
            raise Malformed("a Debian archive without data.tar")
        if header[58:] != b"`\n" or not size.isdigit():
            raise Malformed("a damaged header in an ar archive")
        if header.startswith(b"data.tar"):
            return at + 60, int(size)
        at += 60 + int(size) + int(size) % 2
    raise LimitExceeded(f"an ar archive with more than {_MAX_MEMBERS} members")


def _payload_of_rpm(file: OpenFile) -> int:
    """Where the payload begins: behind the lead, the signature (padded to 8 bytes) and the header (LSB 5.0, 22.2)."""
    at = _RPM_LEAD
    for padded in (8, 1):
        head = file.read(at, 16)
        if head[:4] != _RPM_HEADER or len(head) < 16:
            raise Malformed("an RPM package without its headers")
        entries, length = int.from_bytes(head[8:12], "big"), int.from_bytes(head[12:16], "big")
        size = 16 + 16 * entries + length
        if size > _MAX_HEADER:
            raise LimitExceeded(f"an RPM header of {size} bytes")
        at += size + -size % padded
    return at


def _tars_of_conda(file: OpenFile) -> Iterator[tuple[int, int]]:
    """Where the tars lie; they are stored as they are, for they are compressed already (CEP 26, ".conda")."""
    archive, _ = zip.open_damaged(file.content())
    for member in archive.members(lambda name: name.startswith(_CONDA) and name.endswith(b".tar.zst")):
        head = file.read(member.offset, 30)
        if member.method != 0 or member.encrypted or head[:4] != b"PK\3\4":
            raise Malformed(f"{member.name} is not stored as it is")
        start = member.offset + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        yield start, member.size
