"""A single file as a source: it goes to the parsers under its own name, and an archive is walked as a tree.

Zip and tar (plain or compressed) are the root of their members, and so is a package file of what it would install
(`package_payload`); an archive inside is walked under its path and ``!/``: ``vendor/app.zip!/package-lock.json``. A
file that is only compressed is read through. How deep, how many and how much is bounded over the walk by `Budget`.
"""

from __future__ import annotations

import os
import re
import stat
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial

from assay.adapters import content, package_payload, spool
from assay.adapters.package_payload import Payload
from assay.adapters.spool import OpenFile
from assay.adapters.tar_index import is_tar
from assay.adapters.tar_layer import PathLog, TarWalk
from assay.errors import InputError, LimitExceeded, Malformed
from assay.formats import compression, tar, zip
from assay.formats.compression import ByteStream
from assay.model.component import Component, ComponentType
from assay.model.ecosystem import Content, Parser
from assay.model.executable import MAGIC
from assay.model.sbom import Attached, Layer, Skipped
from assay.ports import Entry, EntryKind, LayerSource, Progress, Wants

MAX_DEPTH = 5
MAX_INNER = 4 << 30
"""Bytes of one archive inside another, or of one member of a zip."""
_ARCHIVE = re.compile(r"\.(zip|tar|tgz|tbz2?|txz|tzst|tar\.(gz|bz2|xz|zst))$", re.IGNORECASE)
_COMPRESSED = re.compile(r"\.(gz|bz2|xz|zst|z)$", re.IGNORECASE)
_ALSO_TREES = re.compile(
    r"\.(tar\.(gz|xz|zst|bz2)|tgz|zip|whl|egg|deb|ipk|rpm|apk|gem|crate|nupkg|conda)$", re.IGNORECASE
)
"""What some parser may read as a package, and which is a tree of files all the same; jars are not, for their own parser
reads what is inside of them.
"""
_INNER = Parser("archive", "")
"""Marks a member that is wanted for being an archive."""


@dataclass(slots=True)
class Budget:
    """What one walk may still unpack: `bytes` over all archives, `entries` handed out, `archives` inside."""

    bytes: int = 64 << 30
    entries: int = 2_000_000
    archives: int = 10_000

    def spend(self, *, size: int = 0, entries: int = 0, archives: int = 0) -> None:
        """Take something away; raises `LimitExceeded` where it was too much."""
        self.bytes -= size
        self.entries -= entries
        self.archives -= archives
        if min(self.bytes, self.entries, self.archives) < 0:
            raise LimitExceeded("the archive unpacks to more than assay is willing to follow (an archive bomb?)")


class FileSource:
    """A `assay.ports.Source` over one file; the subject is the file, with its SHA-256."""

    attached: Sequence[Attached] = ()

    def __init__(self, file: OpenFile, name: str, progress: Progress | None = None) -> None:
        self.layers: Sequence[LayerSource] = (_Tree(file, name, progress),)
        self.subject = Component(name, type=ComponentType.FILE, digests=(file.digest(),))


class _Tree:
    layer = Layer(-1)

    def __init__(self, file: OpenFile, name: str, progress: Progress | None) -> None:
        self._file = file
        self._name = name
        self._progress = progress

    def walk(self, wants: Wants, *, executables: bool, paths: bool) -> ArchiveWalk:
        return ArchiveWalk(self._file, self._name, wants.wants, executables, self._progress)


@dataclass(frozen=True, slots=True)
class _Stored:
    """Something that may be an archive: its path, and its bytes as a stream or as a whole."""

    path: str
    stream: Callable[[], ByteStream]
    content: Callable[[], Content]
    depth: int = 0

    @property
    def prefix(self) -> str:
        """What comes before the paths of its members."""
        return f"{self.path}!/" if self.depth else ""


class ArchiveWalk:
    """One pass over a file and the archives in it (`assay.ports.Walk`)."""

    paths = b""

    def __init__(
        self,
        file: OpenFile,
        name: str,
        wants: Callable[[str], tuple[Parser, ...]],
        executables: bool,
        progress: Progress | None = None,
    ) -> None:
        self.skipped: list[Skipped] = []
        self.symlinks = b""
        self._file = file
        self._name = name
        self._wants = wants
        self._executables = executables
        self._progress = progress
        self._budget = Budget()
        self._links = PathLog()

    def stop(self) -> None:
        """Nothing is saved here by ending early: what nobody wants is not read."""

    def __iter__(self) -> Iterator[Entry]:
        """The file itself, if somebody wants it, then what is in it."""
        parsers = self._wants(self._name)
        if parsers or (self._executables and self._file.read(0, 4) in MAGIC):
            mode = os.fstat(self._file.descriptor).st_mode
            yield Entry(self._name, EntryKind.FILE, parsers, mode, self._file.size, read=self._file.content)
        if not parsers or _ALSO_TREES.search(self._name):
            yield from self._open(_Stored(self._name, self._stream, self._file.content))
        self.symlinks = self._links.finish()

    def _stream(self) -> ByteStream:
        return self._heard(self._file.stream())

    def _heard(self, stream: ByteStream) -> ByteStream:
        return _Metered(stream, self._progress.advance) if self._progress else stream

    def _open(self, stored: _Stored) -> Iterator[Entry]:
        """The members of what may be an archive; a fault costs only what is behind it."""
        try:
            if stored.depth > MAX_DEPTH:
                raise LimitExceeded(f"archives nested deeper than {MAX_DEPTH}")
            self._budget.spend(archives=1)
            head = _head(stored.stream())
            if stored.depth == 0 and (found := package_payload.payloads(self._file, self._name, head, self._heard)):
                for payload in found:
                    yield from self._tar(stored, payload)
                return
            if head[:4] in (b"PK\3\4", b"PK\5\6"):
                yield from self._zip(stored)
                return
            inside = _head(compression.open_stream(stored.stream()))
            if is_tar(inside):
                yield from self._tar(
                    stored, Payload(lambda careful: compression.open_stream(stored.stream(), careful=careful))
                )
            elif compression.kind(head):
                yield from self._unpacked(stored)
            elif _ARCHIVE.search(stored.path):
                raise Malformed("not an archive, whatever its name says")
        except InputError as error:
            self._skip(stored.path, error.what)

    def _skip(self, path: str, reason: str) -> None:
        self.skipped.append(Skipped(path, reason))

    def _tar(self, stored: _Stored, payload: Payload) -> Iterator[Entry]:
        def opened(careful: bool) -> AbstractContextManager[ByteStream]:
            return nullcontext(_Metered(payload.open(careful), lambda size: self._budget.spend(size=size)))

        def interest(path: str) -> tuple[Parser, ...]:
            parsers = self._wants(stored.prefix + path)
            return (*parsers, _INNER) if payload.nested and _ARCHIVE.search(path) else parsers

        walk = TarWalk(Layer(-1), opened, interest, self._executables, False, noun="archive")
        for entry in walk:
            self._budget.spend(entries=1)
            yield from self._member(stored, entry)
        for item in walk.skipped:
            self._skip(stored.prefix + item.path if item.path else stored.path, item.reason)

    def _member(self, stored: _Stored, entry: Entry) -> Iterator[Entry]:
        """Hand out a member under its full path, and step into it where it is an archive itself."""
        path = stored.prefix + entry.path
        if entry.kind in (EntryKind.SYMLINK, EntryKind.HARDLINK):
            yield from self._link(stored, entry)
            return
        if entry.kind is not EntryKind.FILE:
            return
        if _INNER not in entry.parsers:
            yield replace(entry, path=path)
            return
        parsers = tuple(parser for parser in entry.parsers if parser is not _INNER)
        if entry.size > MAX_INNER:
            self._skip(path, f"{entry.size} bytes, more than the {MAX_INNER} that are read")
            return
        data = entry.read()
        if parsers:
            yield Entry(path, EntryKind.FILE, parsers, entry.mode, entry.size, read=lambda: data)
        yield from self._open(_Stored(path, partial(_Bytes, data), lambda: data, stored.depth + 1))

    def _link(self, stored: _Stored, entry: Entry) -> Iterator[Entry]:
        parsers = tuple(parser for parser in entry.parsers if parser is not _INNER)
        hard = entry.kind is EntryKind.HARDLINK
        path, target = stored.prefix + entry.path, stored.prefix + entry.target if hard else entry.target
        if not hard and not target.startswith("/"):
            self._links.link(path, target)
        if parsers:
            yield Entry(path, entry.kind, parsers, target=target)

    def _zip(self, stored: _Stored) -> Iterator[Entry]:
        archive, fault = zip.open_damaged(stored.content())
        if fault:
            self._skip(stored.path, fault)
        for member in archive.members(lambda name: name[-1:] not in (b"/", b"")):
            clean = tar.normalise(member.name)
            if not clean:
                self._skip(stored.prefix + member.name, "the path leads out of the root")
                continue
            path = stored.prefix + clean
            parsers, inner = self._wants(path), _ARCHIVE.search(clean) is not None
            if not (parsers or inner or (self._executables and _starts(archive, member) in MAGIC)):
                continue
            self._budget.spend(entries=1)
            marked = (*parsers, _INNER) if inner else parsers
            read = partial(self._inflate, archive, member)
            entry = Entry(clean, EntryKind.FILE, marked, stat.S_IFREG | 0o644, member.size, read=read)
            try:
                yield from self._member(stored, entry)
            except InputError as error:
                self._skip(path, error.what)

    def _inflate(self, archive: zip.Archive, member: zip.Member) -> Content:
        self._budget.spend(size=max(member.size, member.packed))
        if member.size > content.MAPPED_FROM:
            return content.spool(archive.pieces(member, MAX_INNER), member.size)
        return archive.read(member, MAX_INNER)

    def _unpacked(self, stored: _Stored) -> Iterator[Entry]:
        """A compressed single file, under the name that it has without the compression's."""
        stream = _Metered(
            compression.open_stream(stored.stream(), careful=True), lambda size: self._budget.spend(size=size)
        )
        path = _COMPRESSED.sub("", stored.path)
        file = spool.spooled(_until_fault(stream, partial(self._skip, stored.path)), path, MAX_INNER)
        parsers = self._wants(path) if path != stored.path else ()
        if parsers or (self._executables and file.read(0, 4) in MAGIC):
            yield Entry(path, EntryKind.FILE, parsers, 0o644, file.size, read=file.content)
        yield from self._open(_Stored(path, file.stream, file.content, stored.depth + 1))


class _Metered:
    """A stream that tells how much passes."""

    def __init__(self, raw: ByteStream, tell: Callable[[int], None]) -> None:
        self._raw = raw
        self._tell = tell

    def readinto(self, buffer: memoryview, /) -> int:
        count = self._raw.readinto(buffer)
        self._tell(count)
        return count


class _Bytes:
    """Content as a stream."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._at = 0

    def readinto(self, buffer: memoryview, /) -> int:
        part = self._content[self._at : self._at + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)


def _head(stream: ByteStream, size: int = 1024) -> bytes:
    """The first bytes, as far as they can be had."""
    buffer, filled = bytearray(size), 0
    view = memoryview(buffer)
    try:
        while filled < size and (count := stream.readinto(view[filled:])):
            filled += count
    except Malformed:
        pass  # the walk will meet the fault again, and tell it
    return bytes(buffer[:filled])


def _until_fault(stream: ByteStream, tell: Callable[[str], None]) -> Iterator[memoryview]:
    """A stream in pieces up to where it is corrupt or cut off; one that grows too much ends the reading."""
    try:
        yield from spool.pieces(stream)
    except LimitExceeded:
        raise
    except Malformed as error:
        tell(f"the rest of the file could not be read: {error.what}")


def _starts(archive: zip.Archive, member: zip.Member) -> bytes:
    """The first four bytes of a member, empty where they cannot be had."""
    if member.size < 64 or member.encrypted or member.method not in (0, 8):
        return b""
    head = archive.content[member.offset : member.offset + 30]
    if len(head) < 30:
        return b""
    start = member.offset + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    data = archive.content[start : start + min(member.packed, 256)]
    if member.method == 0:
        return data[:4]
    try:
        return zlib.decompressobj(-15).decompress(data, 4)
    except zlib.error:
        return b""
