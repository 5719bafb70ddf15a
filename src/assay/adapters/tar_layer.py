"""A layer of an image as a tar stream, compressed or not: walked once, hashed on the way."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Protocol

from assay.adapters import content
from assay.adapters.blob import verified
from assay.errors import InputError, Malformed
from assay.formats import compression, tar
from assay.formats.window import SIZE, Window
from assay.model.digest import Digest
from assay.model.ecosystem import Content, Parser
from assay.model.executable import MAGIC, Ends
from assay.model.sbom import Layer, Skipped
from assay.ports import Entry, EntryKind, Wants

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_HEAD = 64 << 10
_LARGE, _WINDOW = 64 << 20, 12 << 20
"""Bytes: for layers that are larger stored a wider window, which fewer files cross, and which holds all that is not
mapped (`content.MAPPED_FROM`); it takes three milliseconds to make.
"""
_GO_NOTE = b"\x04\0\0\0Go\0\0"
"""Type and name of the note with the build id of a Go program."""

Opener = Callable[[], AbstractContextManager[compression.ByteStream]]
"""Opens the stored (compressed) bytes of a layer; leaving the context verifies their digest."""

TarOpener = Callable[[bool], AbstractContextManager[compression.ByteStream]]
"""Opens the tar inside; carefully, where a damaged one shall give all that precedes the fault."""


class TarLayer:
    """A `assay.ports.LayerSource` over a stored tar."""

    def __init__(self, layer: Layer, opener: Opener, diff_id: Digest | None = None) -> None:
        self.layer = layer
        self._opener = opener
        self._diff_id = diff_id

    def walk(self, wants: Wants, *, executables: bool, paths: bool) -> TarWalk:
        """Start a pass over the members."""
        return TarWalk(self.layer, self._unpacked, wants.wants, executables, paths, sieve=wants.sift)

    @contextmanager
    def _unpacked(self, careful: bool) -> Iterator[compression.ByteStream]:
        """The tar inside, compared with the diffID where one is to be verified."""
        with self._opener() as raw:
            unpacked = compression.open_stream(raw, careful=careful)
            if self._diff_id is None:
                yield unpacked
                return
            inner = verified(lambda: nullcontext(unpacked), self._diff_id)
            with inner() as stream:
                yield stream


class PathLog:
    """Paths kept small: NUL-separated and compressed in batches."""

    BATCH = 4096

    def __init__(self) -> None:
        self._compressor = _compressor()
        self._done: list[bytes] = []
        self._batch: list[bytes] = []

    def add(self, paths: Sequence[bytes]) -> None:
        """Keep some paths."""
        self._batch.extend(paths)
        if len(self._batch) >= self.BATCH:
            self._flush()

    def link(self, path: str, target: str) -> None:
        """Keep a link and where it leads."""
        self.add([text.encode("utf-8", "surrogateescape") for text in (path, target)])

    def _flush(self) -> None:
        if self._batch:
            self._batch.append(b"")
            self._done.append(self._compressor.compress(b"\0".join(self._batch)))
            self._batch.clear()

    def finish(self) -> bytes:
        """All of it, compressed; empty where nothing was kept."""
        self._flush()
        done, self._done = b"".join(self._done) + self._compressor.flush(), []
        return done


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


def _compressor() -> _Compressor:
    """Of zlib's form, by isal where it is installed: a layer has hundreds of thousands of paths."""
    try:
        from isal import isal_zlib
    except ImportError:
        return zlib.compressobj(1)
    found: _Compressor = isal_zlib.compressobj(1)
    return found


class TarWalk:
    """One pass over a layer (`assay.ports.Walk`); a damaged stream is read once more, carefully, up to its fault."""

    def __init__(
        self,
        layer: Layer,
        opener: TarOpener,
        wants: Callable[[str], tuple[Parser, ...]],
        executables: bool,
        paths: bool,
        *,
        noun: str = "layer",
        sieve: Callable[[bytes], Iterable[int]] | None = None,
    ) -> None:
        self.skipped: list[Skipped] = []
        self.paths = b""
        self.symlinks = b""
        self._layer = layer
        self._noun = noun
        self._opener = opener
        self._wants = wants
        self._sieve = sieve
        self._magic = MAGIC if executables else frozenset()
        self._record = paths
        self._links = PathLog()
        self._handed_out = 0
        self._stopped = False
        self._buffer = bytearray()
        self._executables: set[str] = set()

    def __iter__(self) -> Iterator[Entry]:
        """The wanted entries; a stream that is cut off or corrupt ends the walk with a `Skipped`."""
        for careful in (False, True):
            fault = yield from self._attempt(careful)
            if not fault:
                return
        self._skip("", f"the rest of the {self._noun} could not be read: {fault}")

    def stop(self) -> None:
        """End after this entry; the stored bytes that are left are hashed and not unpacked."""
        self._stopped = True

    def _attempt(self, careful: bool) -> Generator[Entry, None, str]:
        """One pass that leaves out what an earlier one has handed out; says what broke it."""
        log = PathLog() if self._record else None
        self._links = PathLog()
        fault = ""
        with self._opener(careful) as stream:
            try:
                yield from self._entries(stream, log)
            except Malformed as error:
                fault = error.what
        self.paths = log.finish() if log else b""
        self.symlinks = self._links.finish()
        return fault

    def _entries(self, stream: compression.ByteStream, log: PathLog | None) -> Iterator[Entry]:
        size = _WINDOW if self._layer.size > _LARGE else SIZE
        walker = tar.Walker(stream, self._wants, self._magic, log.add if log else None, _is_whiteout, self._sieve, size)
        for number, member in enumerate(walker):
            entry = self._entry(member, walker)
            if number >= self._handed_out:
                self._handed_out = number + 1
                if entry is not None:
                    yield entry
                if self._stopped:
                    return
        if walker.truncated:
            self._skip("", walker.truncated)
        for path in walker.rejected:
            self._skip(path, "the path leads out of the root")

    def _skip(self, path: str, reason: str) -> None:
        self.skipped.append(Skipped(path, reason, self._layer.position))

    def _entry(self, member: tar.Member, walker: tar.Walker) -> Entry | None:
        if member.kind == b"0":
            if member.interest is True:
                return _whiteout(member.path)
            parsers: tuple[Parser, ...] = member.interest  # type: ignore[assignment]  # what `_interest` returned
            if not parsers:
                self._executables.add(member.path)
            read = partial(self._read, walker.window, member.size)
            view = partial(self._view, walker.window, member.size)
            return Entry(member.path, EntryKind.FILE, parsers, member.mode, member.size, read=read, view=view)
        if member.kind == b"2":
            self._links.link(member.path, member.target)
        parsers = self._wants(member.path) if member.kind != b"5" else ()
        if not parsers:
            return self._further_name(member)
        if member.kind not in (b"1", b"2", b"S"):
            self._skip(member.path, "not a regular file")
            return None
        if member.kind == b"S":
            self._skip(member.path, "sparse file in a tar is not read")
            return None
        if member.kind == b"2":
            return Entry(member.path, EntryKind.SYMLINK, parsers, target=member.target)
        target = tar.normalise(member.target)
        if target is None:
            self._skip(member.path, "the hard link leads out of the root")
            return None
        return Entry(member.path, EntryKind.HARDLINK, parsers, target=target)

    def _further_name(self, member: tar.Member) -> Entry | None:
        """Of an executable, which matters whatever it is called."""
        if member.kind != b"1" or not self._executables:
            return None
        target = tar.normalise(member.target)
        return Entry(member.path, EntryKind.HARDLINK, target=target) if target in self._executables else None

    def _read(self, window: Window, size: int) -> Content:
        if size <= content.MAPPED_FROM:
            return window.take(size)
        return content.spool(window.chunks(size), size)

    def _view(self, window: Window, size: int) -> Content | memoryview | Ends:
        """The content without a copy, or in a buffer that serves one entry after the other."""
        return self._ends(window, size) if size > content.MAPPED_FROM else self._shown(window, size)

    def _shown(self, window: Window, size: int) -> memoryview:
        if size <= len(window.buffer):
            return window.view(size)
        if size > len(self._buffer):
            self._buffer = bytearray(size)
        view = memoryview(self._buffer)[:size]
        return view[: window.copy(view)]

    def _ends(self, window: Window, size: int) -> Content | Ends:
        """Of a large ELF file the header and the end, where the section table lies: few hold a section that anybody
        wants, and those are read again. Go's programs, which do, are told by their note at the beginning.
        """
        window.fill(_HEAD)
        head = bytes(window.buffer[window.position : window.position + _HEAD])
        if head[:4] not in self._magic:
            return Ends(head, memoryview(b""), size)  # wanted for its path alone
        if head[:4] != b"\x7fELF" or _GO_NOTE in head:
            return self._read(window, size)
        if not window.skip(size - content.MAPPED_FROM):
            raise InputError("the content is cut off")
        return Ends(head, self._shown(window, content.MAPPED_FROM), size)


def _is_whiteout(path: str) -> bool:
    return path.startswith(_WHITEOUT, path.rfind("/") + 1)


def _whiteout(path: str) -> Entry:
    """The mark of the OCI image specification, "Whiteouts": ``a/.wh.b`` hides ``a/b``, ``a/.wh..wh..opq`` all of a."""
    folder, _, name = path.rpartition("/")
    if name == _OPAQUE:
        return Entry(folder, EntryKind.OPAQUE)
    hidden = name.removeprefix(_WHITEOUT)
    return Entry(f"{folder}/{hidden}" if folder else hidden, EntryKind.WHITEOUT)
