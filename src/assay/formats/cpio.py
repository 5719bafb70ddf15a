"""cpio archives in the form newc (cpio(5), "New ASCII Format"), turned into tar while they are read.

::

    070701 INO MODE UID GID NLINK MTIME SIZE DEVMAJ DEVMIN RDEVMAJ RDEVMIN NAMESIZE CHECK    8 hex digits each
    name with its NUL, both padded to 4 bytes; content, padded to 4 bytes; the last name is TRAILER!!!

The payload of an rpm is such an archive. Of hard links only the last has the content; the others follow it as links, or
at the end as empty files. As a tar everything can be walked that way.
"""

from __future__ import annotations

import stat

from assay.errors import LimitExceeded, Malformed
from assay.formats.as_tar import AsTar as _AsTar
from assay.formats.as_tar import tar_header
from assay.formats.compression import ByteStream

_MAGIC = (b"070701", b"070702")
_STRIPPED = b"07070X"
_HEADER = 110
_MAX_NAME = 64 << 10
_MAX_LINKS = 100_000
_MAX_NAMES = 64 << 20
"""Bytes of the names that wait for their content."""
_TRAILER = b"TRAILER!!!"


class AsTar(_AsTar):
    """The archive as a stream of tar; reading raises `Malformed` for what is no cpio archive or ends before its end."""

    what = "cpio archive"

    def __init__(self, raw: ByteStream) -> None:
        super().__init__(raw)
        self._links: dict[tuple[bytes, bytes], tuple[int, list[bytes]]] = {}
        self._known = self._waiting = 0

    def _next(self) -> bytes:
        """The tar header of the next entry; what it needs of the content is read."""
        header = self._exactly(_HEADER)
        if header[:6] not in _MAGIC:
            what = (
                "a cpio archive without names, as rpm writes for files over 4 GiB," if header[:6] == _STRIPPED else ""
            )
            raise Malformed(f"{what} is not read" if what else "not a cpio archive (no header where one should be)")
        try:
            _, mode, _, _, links, _, size, *_, name_size, _ = (int(header[at : at + 8], 16) for at in range(6, 110, 8))
        except ValueError:
            raise Malformed("a damaged header in a cpio archive") from None
        if not 0 < name_size <= _MAX_NAME or size < 0:
            raise Malformed("a damaged header in a cpio archive")
        name = self._exactly(name_size + -(_HEADER + name_size) % 4)[: name_size - 1]
        if name == _TRAILER:
            empty = ((mode, one) for mode, names in self._links.values() for one in names)
            return self._end(tar_header(one, b"0", mode, 0) for mode, one in empty)
        if stat.S_ISLNK(mode):
            if size > _MAX_NAME:
                raise Malformed("a link in a cpio archive that is too long")
            target = self._exactly(size + -size % 4)[:size]
            return tar_header(name, b"2", mode, 0, target)
        if not stat.S_ISREG(mode):
            self._skip(size + -size % 4)
            return tar_header(name, b"5", mode, 0) if stat.S_ISDIR(mode) else b""
        return self._file(name, mode, size, (header[6:14], header[62:78]) if links > 1 else None)

    def _file(self, name: bytes, mode: int, size: int, inode: tuple[bytes, bytes] | None) -> bytes:
        """A regular file; one of several names waits for the one with the content."""
        if inode is not None and not size:
            self._known += 1
            self._waiting += len(name)
            if self._known > _MAX_LINKS or self._waiting > _MAX_NAMES:
                raise LimitExceeded(f"a cpio archive with more than {_MAX_LINKS} hard links, or with too long names")
            self._links.setdefault(inode, (mode, []))[1].append(name)
            return b""
        _, others = self._links.pop(inode, (0, [])) if inode is not None else (0, [])
        self._waiting -= sum(map(len, others))
        return self._begin(name, mode, size, -size % 4, (tar_header(other, b"1", mode, 0, name) for other in others))
