"""Wheels, eggs and source distributions as files: their core metadata without unpacking them.

::

    sampleproject-4.0.0-py3-none-any.whl     zip with sampleproject-4.0.0.dist-info/METADATA, and perhaps
                                             sampleproject-4.0.0.dist-info/sboms/* (PEP 770)
    sampleproject-4.0.0.tar.gz               gzipped tar with sampleproject-4.0.0/PKG-INFO

Specifications: PyPA "Binary distribution format", "Source distribution format" (PEP 625), setuptools "Egg formats".
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from assay.ecosystems.pypi import embedded, metadata, package
from assay.errors import LimitExceeded, Malformed
from assay.formats import digest, zip
from assay.model.component import Occurrence
from assay.model.ecosystem import File, Found
from assay.model.sbom import Skipped

_MAX_METADATA = 4 << 20
_MAX_UNPACKED = 256 << 20
_MAX_SBOM = 64 << 20
_MAX_SBOMS = 100
_SBOMS = (b".json", b".xml", b".cdx", b".spdx")
_BLOCK = 512


def wheel(file: File) -> Found:
    """The distribution in a wheel or an egg (an egg *folder* is read by its EGG-INFO instead)."""
    if file.content[:2] != b"PK":
        raise Malformed("not a zip archive")
    archive, fault = zip.open_damaged(file.content)
    member = next(archive.members(_is_metadata), None)
    if member is None:
        raise Malformed(f"no METADATA in the archive: {fault}" if fault else "no METADATA in the archive")
    found = _found(file, archive.read(member, _MAX_METADATA))
    for document in itertools.islice(archive.members(_is_sbom), _MAX_SBOMS):
        found = _with(found, archive, document, file.path)
    return replace(found, skipped=(*found.skipped, Skipped(file.path, fault))) if fault else found


def sdist(file: File) -> Found:
    """The distribution in a source archive; nothing, if the archive is none of Python's."""
    stem = file.name.removesuffix(".tgz").removesuffix(".tar.gz")
    if not stem.rpartition("-")[2][:1].isdigit():
        return Found()
    head = next(_pkg_info(file.data, stem), None)
    return _found(file, head) if head is not None else Found()


def _is_metadata(name: bytes) -> bool:
    folder, _, last = name.rpartition(b"/")
    if last == b"METADATA":
        return folder.endswith(b".dist-info") and b"/" not in folder
    return name == b"EGG-INFO/PKG-INFO"


def _is_sbom(name: bytes) -> bool:
    folder, _, last = name.rpartition(b"/")
    return folder.count(b"/") == 1 and folder.endswith(b".dist-info/sboms") and last.endswith(_SBOMS)


def _with(found: Found, archive: zip.Archive, member: zip.Member, path: str) -> Found:
    """What an embedded SBOM lists comes with the distribution."""
    place = f"{path}!/{member.name}"
    try:
        inner = embedded.parse(File(place, archive.read(member, _MAX_SBOM)))
    except Malformed as error:
        return replace(found, skipped=(*found.skipped, Skipped(place, str(error))))
    _, direct = cast("tuple[str, Sequence[str]]", inner.facts.get("sbom", ("", ())))
    own = found.components[0].id
    return replace(
        found,
        components=found.components + tuple(replace(one, occurrences=(Occurrence(place),)) for one in inner.components),
        edges=(*found.edges, *inner.edges, *((own, target) for target in direct)),
        skipped=found.skipped + inner.skipped,
    )


def _found(file: File, head: bytes) -> Found:
    """An archive's needs are met by the archives beside it (a wheelhouse)."""
    known = metadata.headers(head)
    component = metadata.component(known)
    return Found(
        (replace(component, digests=(digest.sha256(file.content),)),),
        needs=metadata.needs(known, component.id),
        provides=package.provided((component,)),
        scope=f"pypi:archives:{file.folder}",
    )


def _pkg_info(data: bytes, stem: str) -> Iterator[bytes]:
    """The content of ``STEM/PKG-INFO``; a walk over tar headers (ustar, POSIX.1-1988) that unpacks in pieces."""
    stream = _Unpacked(data)
    wanted = f"{stem}/PKG-INFO".encode()
    while True:
        header = stream.read(_BLOCK)
        if len(header) < _BLOCK or not header.strip(b"\0"):
            return
        name = header[:100].rstrip(b"\0")
        try:
            size = int(header[124:136].strip(b" \0") or b"0", 8)
        except ValueError:
            raise Malformed("not a tar archive") from None
        padded = -(-size // _BLOCK) * _BLOCK
        if name.lower() == wanted.lower() and size <= _MAX_METADATA:
            yield stream.read(padded)[:size]
            return
        stream.skip(padded)


class _Unpacked:
    """A gzip stream, read forward without holding more than a window."""

    def __init__(self, data: bytes) -> None:
        self._raw = memoryview(data)
        self._engine = zlib.decompressobj(31)
        self._window = b""
        self._at = 0
        self._seen = 0

    def read(self, size: int) -> bytes:
        """The next bytes; fewer at the end."""
        parts, missing = [], size
        while missing > 0 and (self._window or self._fill()):
            parts.append(self._window[:missing])
            self._window = self._window[missing:]
            missing -= len(parts[-1])
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Passes over bytes."""
        while size > 0 and (self._window or self._fill()):
            step = min(size, len(self._window))
            self._window = self._window[step:]
            size -= step

    def _fill(self) -> bool:
        while not self._window and not self._engine.eof:
            source = self._engine.unconsumed_tail or self._raw[self._at : self._at + 65536]
            if not source:
                return False
            if not self._engine.unconsumed_tail:
                self._at += len(source)
            try:
                self._window = self._engine.decompress(source, 65536)
            except zlib.error as error:
                raise Malformed(f"not a readable gzip stream: {error}") from error
            self._seen += len(self._window)
            if self._seen > _MAX_UNPACKED:
                raise LimitExceeded(f"the archive unpacks to more than {_MAX_UNPACKED} bytes")
        return bool(self._window)
