"""tar streams (POSIX.1-2024 pax and ustar, GNU) walked header by header, without unpacking.

A stream is a sequence of 512-byte blocks: a header (name at 0, mode at 100, size at 124 in octal, type flag at 156,
link name at 157, ``ustar`` at 257, prefix at 345), then the content padded to whole blocks. Two zero blocks end it.

The walk keeps one window of the stream and looks at the few header fields that decide; nothing is copied for the
many entries that nobody wants, because an image has hundreds of thousands of them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from assay.errors import LimitExceeded, Malformed

BLOCK = 512
WINDOW = 1 << 20
_SMALLEST = 64
"""Bytes; what is not larger is no executable."""
MAX_EXTENDED = 4 << 20
"""Bytes of one pax header or GNU long name; real ones are below 100 kB."""

_HEADER = struct.Struct("100s8s16x12s20xc")
_ZERO = bytes(BLOCK)
_REGULAR = frozenset((b"0", b"\0", b"7"))
_EXTENDED = frozenset((b"x", b"g", b"L", b"K"))
_WITH_CONTENT = _REGULAR | _EXTENDED | {b"S", b"D", b"M", b"V", b"N", b"X"}


class ByteStream(Protocol):
    """What a walk reads: a decompressor or a file opened without a buffer of its own."""

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill a part of `buffer` and say how much; 0 at the end."""
        ...


@dataclass(slots=True)
class Member:
    """An entry of the stream: a file that is wanted, or anything that is no regular file.

    `path` is normalised text (`normalise`), `target` a link's as written; bytes that are no UTF-8 become surrogate
    escapes. `kind` is the tar type flag. `interest` is what `Walker.wants` said of the path.
    """

    path: str
    kind: bytes
    mode: int
    size: int
    target: str = ""
    interest: object = None


class Window:
    """A sliding view of a byte stream that can be peeked at, read from and skipped over."""

    __slots__ = ("_stream", "_view", "buffer", "end", "position", "total")

    def __init__(self, stream: ByteStream, size: int = WINDOW) -> None:
        self.buffer = bytearray(size)
        self._view = memoryview(self.buffer)
        self._stream = stream
        self.position = 0
        self.end = 0
        self.total = 0

    def fill(self, wanted: int) -> bool:
        """Make `wanted` bytes (at most the window's size) available from `position`; False at the end."""
        if self.end - self.position >= wanted:
            return True
        left = self.end - self.position
        if left:
            self._view[:left] = bytes(self._view[self.position : self.end])
        self.position, self.end = 0, left
        while self.end < wanted:
            count = self._stream.readinto(self._view[self.end :])
            if not count:
                return False
            self.end += count
            self.total += count
        return True

    def skip(self, size: int) -> bool:
        """Step over `size` bytes; False where the stream ends before."""
        while size > self.end - self.position:
            size -= self.end - self.position
            self.position = self.end
            if not self.fill(1):
                return False
        self.position += size
        return True

    def chunks(self, size: int) -> Iterator[memoryview]:
        """The next `size` bytes in pieces, each valid until the next; shorter where the stream ends before."""
        while size and self.fill(1):
            count = min(size, self.end - self.position)
            start, self.position = self.position, self.position + count
            size -= count
            yield self._view[start : start + count]

    def take(self, size: int) -> bytes:
        """The next `size` bytes, fewer where the stream ends before."""
        if size <= self.end - self.position:
            self.position += size
            return bytes(self._view[self.position - size : self.position])
        return b"".join(bytes(chunk) for chunk in self.chunks(size))


class Walker:
    """Steps through a stream, and stops at the members that somebody may want.

    `wants(path)` says of a regular file whether (truthy) its content is wanted by name; `marks` is asked before it of
    files with a part that may begin with a dot. Files that begin with four bytes in `magic` are handed out too, and
    so is everything that is neither a regular file nor a folder. While a member is handed out,
    `window` stands at its content; what the caller does not read is skipped. `log` hears the path of every entry
    (folders with a trailing slash). After the walk, `truncated` says why it ended before the end mark, if it did,
    and `rejected` lists the paths that point outside of the root.
    """

    def __init__(
        self,
        stream: ByteStream,
        wants: Callable[[str], object],
        magic: frozenset[bytes] = frozenset(),
        log: Callable[[str], None] | None = None,
        marks: Callable[[str], object] | None = None,
    ) -> None:
        self.window = Window(stream)
        self.truncated = ""
        self.rejected: list[str] = []
        self._wants = wants
        self._marks = marks
        self._magic = magic
        self._first = frozenset(mark[0] for mark in magic)
        self._log = log
        self._global: dict[str, bytes] = {}
        self._next: dict[str, bytes] = {}

    def __iter__(self) -> Iterator[Member]:
        """The members in order; raises `Malformed` for a header that is none."""
        window, buffer, log, wants = self.window, self.window.buffer, self._log, self._wants
        pending, fixed, first = self._next, self._global, self._first
        unpack = _HEADER.unpack_from
        while window.end - window.position >= BLOCK or window.fill(BLOCK):
            at = window.position
            name, mode, size_field, kind = unpack(buffer, at)
            if kind == b"5" and not pending and not fixed and _is_plain_folder(name, buffer, at):
                window.position += BLOCK
                if log is not None:
                    log(self._inside(name.partition(b"\0")[0].rstrip(b"/").decode("utf-8", "surrogateescape")) + "/")
                continue
            if kind != b"0" or pending or fixed or name[-1] or buffer[at + 345]:
                if not name[0] and buffer[at : at + BLOCK] == _ZERO:
                    window.position += BLOCK
                    return
                unusual = self._unusual(name, mode, size_field, kind)
                if unusual is not None:
                    yield from self._consider(unusual)
                if self.truncated:
                    return
                continue
            if buffer[at + 257 : at + 262] != b"ustar":
                _check(buffer, at)
            path = name[: name.index(0)].decode("utf-8", "surrogateescape")
            try:
                size = int(size_field[:11], 8)
            except ValueError:
                size = number(size_field)
            window.position = at = at + BLOCK
            if size < 0:
                raise Malformed(f"tar header with the size {size}")
            written, path = path, path.removeprefix("./")
            if not path or path[0] in "./" or path[-1] == "/" or "/." in path or "//" in path:
                yield from self._consider(Member(self._inside(written), kind, _mode(mode), size))
            else:
                if log is not None:
                    log(path)
                interest = wants(path)
                if interest or (size > _SMALLEST and (at >= window.end or buffer[at] in first)):
                    yield from self._hand_out(Member(path, kind, _mode(mode), size, "", interest))
                else:
                    position = at + ((size + 511) & -512)
                    if position <= window.end:
                        window.position = position
                    elif not window.skip(position - at):
                        self.truncated = f"tar ends within the content of {path}"
            if self.truncated:
                return
        if window.end != window.position:
            self.truncated = "tar ends within a header"

    def _consider(self, member: Member) -> Iterator[Member]:
        """Log a member, and hand it out if somebody may want it."""
        if self._log is not None:
            self._log(member.path + "/" if member.kind == b"5" else member.path)
        if member.kind == b"0":
            if self._marks is not None and "." in member.path:
                member.interest = self._marks(member.path)
            member.interest = member.interest or self._wants(member.path)
        yield from self._hand_out(member)

    def _hand_out(self, member: Member) -> Iterator[Member]:
        """Yield the member where it is wanted, special or begins with a magic; skip what is left of its content."""
        window = self.window
        start = window.total - window.end + window.position
        wanted = member.interest or member.kind not in (b"0", b"5") or self._has_magic(member)
        if wanted and member.path:
            yield member
        padded = (member.size + BLOCK - 1) & -BLOCK
        left = start + padded - (window.total - window.end + window.position)
        if left and not window.skip(left):
            self.truncated = f"tar ends within the content of {member.path}"

    def _has_magic(self, member: Member) -> bool:
        window = self.window
        if member.kind != b"0" or member.size <= _SMALLEST or not window.fill(4):
            return False
        return bytes(window.buffer[window.position : window.position + 4]) in self._magic

    def _inside(self, path: str) -> str:
        """The normalised path; one that leaves the root is rejected and becomes empty."""
        if path[:2] == "./":
            path = path[2:]
        ends = path and path[0] not in "./" and path[-1] not in "./"
        if ends and "//" not in path and "/./" not in path and "/../" not in path:
            return path  # only a hidden file or folder
        clean = normalise(path)
        if clean is None:
            self.rejected.append(path)
        return clean or ""

    def _unusual(self, name: bytes, mode: bytes, size_field: bytes, kind: bytes) -> Member | None:
        """Read a header of any kind; None for those that only speak of the next one."""
        window, buffer, at = self.window, self.window.buffer, self.window.position
        path = name.partition(b"\0")[0]
        if buffer[at + 257 : at + 262] != b"ustar":
            _check(buffer, at)
        elif buffer[at + 345] and buffer[at + 262] == 0:
            path = bytes(buffer[at + 345 : at + 500]).partition(b"\0")[0] + b"/" + path
        target = bytes(buffer[at + 157 : at + 257]).partition(b"\0")[0] if kind in (b"1", b"2") else b""
        window.position = at + BLOCK
        size = number(size_field) if kind in _WITH_CONTENT else 0
        if kind in _EXTENDED:
            self._extension(kind, size)
            return None
        if kind in _REGULAR:
            kind = b"0"
        if self._next or self._global:
            records = {**self._global, **self._next}
            self._next.clear()
            if "size" in records and kind in _WITH_CONTENT:
                size = _decimal(records["size"])
            path = records.get("GNU.sparse.name") or records.get("path") or path
            target = records.get("linkpath", target) if target else target
            if kind == b"0" and any(key.startswith("GNU.sparse.") for key in records):
                kind = b"S"
        elif kind == b"S":
            self._sparse_map(at)
        if kind == b"0" and path.endswith(b"/"):
            kind = b"5"
        text = path.rstrip(b"/").decode("utf-8", "surrogateescape")
        if not text or text[0] in "./" or "//" in text or "/." in text:
            text = self._inside(text)
        return Member(text, kind, _mode(mode), size, target.decode("utf-8", "surrogateescape"))

    def _sparse_map(self, at: int) -> None:
        """Step over the continuation headers of an old GNU sparse file."""
        more = self.window.buffer[at + 482]
        while more and self.window.fill(BLOCK):
            more = self.window.buffer[self.window.position + 504]
            self.window.position += BLOCK

    def _extension(self, kind: bytes, size: int) -> None:
        """Read a pax header or GNU long name that speaks of the next member (``g``: of all that follow)."""
        if size > MAX_EXTENDED:
            raise LimitExceeded(f"tar header extension of {size} bytes (at most {MAX_EXTENDED})")
        data = self.window.take(size)
        if len(data) < size or not self.window.skip(-size % BLOCK):
            self.truncated = "tar ends within a header extension"
        elif kind == b"L":
            self._next["path"] = data.partition(b"\0")[0]
        elif kind == b"K":
            self._next["linkpath"] = data.partition(b"\0")[0]
        else:
            (self._global if kind == b"g" else self._next).update(pax_records(data))


def _is_plain_folder(name: bytes, buffer: bytearray, at: int) -> bool:
    """Whether of a folder's header only the name counts, and does not lead out of the root."""
    return b".." not in name and buffer[at + 257 : at + 262] == b"ustar" and not buffer[at + 345]


def normalise(path: str) -> str | None:
    """A path of an archive relative to its root: no leading or doubled slashes, no ``.``; None if ``..`` leaves it."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def number(field: bytes) -> int:
    """A numeric header field: octal digits, or GNU's base-256 where the first bit is set.

    Raises `Malformed` for anything else.
    """
    try:
        if (value := int(field.rstrip(b"\0 ") or b"0", 8)) >= 0:
            return value
    except ValueError:
        pass
    if field[0] & 0x80:
        value = int.from_bytes(field, "big") - (0x80 << (8 * len(field) - 8))
        if field[0] == 0x80 and value < 1 << 60:
            return value
    text = field.partition(b"\0")[0].strip()
    if text.isdigit() and not text.strip(b"01234567"):
        return int(text, 8)
    raise Malformed(f"tar header field {field!r} is no number")


def _mode(field: bytes) -> int:
    """The permissions; a field that is no number grants none, which is no reason to lose the file."""
    try:
        return number(field)
    except Malformed:
        return 0


def pax_records(data: bytes) -> dict[str, bytes]:
    """The records ``LENGTH KEYWORD=VALUE\\n`` of a pax header; raises `Malformed` where the lengths do not add up."""
    records: dict[str, bytes] = {}
    position = 0
    while position < len(data) and data[position]:
        space = data.find(b" ", position, position + 20)
        digits = data[position:space] if space > 0 else b""
        length = int(digits) if digits.isdigit() else 0
        end = position + length
        if length < 5 or end > len(data) or data[end - 1 : end] != b"\n":
            raise Malformed("pax header with a wrong record length")
        keyword, equals, value = data[space + 1 : end - 1].partition(b"=")
        if not equals:
            raise Malformed("pax header record without a value")
        records[keyword.decode("utf-8", "replace")] = value
        position = end
    return records


def _decimal(field: bytes) -> int:
    if not field.isdigit() or len(field) > 18:
        raise Malformed(f"pax size {field[:40]!r} is no number")
    return int(field)


def _check(buffer: bytearray, at: int) -> None:
    """Verify the checksum of a header without the ustar mark: random bytes must not pass for a version 7 tar."""
    stored = number(bytes(buffer[at + 148 : at + 156]))
    actual = sum(buffer[at : at + BLOCK]) - sum(buffer[at + 148 : at + 156]) + 8 * 32
    if stored != actual:
        raise Malformed("not a tar header (wrong checksum)")
