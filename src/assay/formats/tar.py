"""tar streams (POSIX.1-2024 pax and ustar, GNU) walked header by header, without unpacking.

A stream is a sequence of 512-byte blocks: a header (name at 0, mode at 100, size at 124 in octal, type flag at 156,
link name at 157, ``ustar`` at 257, prefix at 345), then the content padded to whole blocks. Two zero blocks end it.

The walk keeps one window of the stream and looks at the few header fields that decide; nothing is copied for the
many entries that nobody wants, because an image has hundreds of thousands of them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from assay.errors import LimitExceeded, Malformed
from assay.formats.compression import ByteStream
from assay.formats.window import SIZE, Window

BLOCK = 512
_SMALLEST = 64
"""Bytes; what is not larger is no executable."""
MAX_EXTENDED = 4 << 20
"""Bytes of one pax header or GNU long name; real ones are below 100 kB."""

_HEADER = struct.Struct("100s24x11sB20x106s83xB")
"""Name, digits of the size and what ends them, type flag with link name and mark, first byte of the prefix."""
_BLANK = 0x20
_FILE = b"0" + bytes(100) + b"ustar"
_FOLDER = b"5" + bytes(100) + b"ustar"
_LONG_NAME = b"L" + bytes(100) + b"ustar"
_ZERO = bytes(BLOCK)
_REGULAR = frozenset((b"0", b"\0", b"7"))
_EXTENDED = frozenset((b"x", b"g", b"L", b"K"))
_WITH_CONTENT = _REGULAR | _EXTENDED | {b"S", b"D", b"M", b"V", b"N", b"X"}


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


class Walker:
    """Steps through a stream, and stops at the members that somebody may want.

    `wants(path)` says of a regular file whether (truthy) its content is wanted by name; `marks` is asked before it of
    files with a part that may begin with a dot. Files that begin with four bytes in `magic` are handed out too, and
    so is everything that is neither a regular file nor a folder. While a member is handed out,
    `window` stands at its content; what the caller does not read is skipped. `log` hears the paths of all entries
    (folders with a trailing slash). `sieve`, where there is one, is asked about many plain paths at once, each between
    ``\\1/`` and NUL, and gives the numbers of those that `wants` is to be asked about, and of those with a part that is
    empty or begins with a dot (`is_odd`). `size` is that of the window, in bytes. After the walk, `truncated` says why
    it ended before the end mark, if it did, and `rejected` lists the paths that point outside of the root.
    """

    def __init__(
        self,
        stream: ByteStream,
        wants: Callable[[str], object],
        magic: frozenset[bytes] = frozenset(),
        log: Callable[[Sequence[bytes]], None] | None = None,
        marks: Callable[[str], object] | None = None,
        sieve: Callable[[bytes], Iterable[int]] | None = None,
        size: int = SIZE,
    ) -> None:
        self.window = Window(stream, size)
        self.truncated = ""
        self.rejected: list[str] = []
        self._wants = wants
        self._marks = marks
        self._magic = magic
        self._first = frozenset(mark[0] for mark in magic)
        self._log = log
        self._sieve = sieve
        self._global: dict[str, bytes] = {}
        self._next: dict[str, bytes] = {}

    def __iter__(self) -> Iterator[Member]:
        """The members in order; raises `Malformed` for a header that is none."""
        window = self.window
        while window.fill(BLOCK):
            if not self._next and not self._global:
                yield from self._run()
                if window.end - window.position < BLOCK:
                    continue
            name, _, _, middle, _ = _HEADER.unpack_from(window.buffer, window.position)
            if not name[0] and window.buffer[window.position : window.position + BLOCK] == _ZERO:
                window.position += BLOCK
                return
            member = self._unusual(name, middle[:1])
            if member is not None:
                yield from self._consider(member)
            if self.truncated:
                return
        if window.end != window.position:
            self.truncated = "tar ends within a header"

    def _run(self) -> Iterator[Member]:
        """The plain files (and folders) that follow each other whole in the window: what nearly all entries are.

        Only the few header fields that decide are looked at, and the names of all are asked about together.
        """
        window, buffer = self.window, self.window.buffer
        at = window.position
        unpack, first, limit, last = _HEADER.unpack_from, self._first, window.end, window.end - BLOCK
        names: list[bytes] = []
        folders: list[bytes] = []
        places: list[int] = []
        chosen: list[int] = []
        while at <= last:
            name, digits, end, middle, prefix = unpack(buffer, at)
            header = at
            if middle != _FILE:
                if middle == _FOLDER and not prefix and name.find(b"..") < 0:  # `in` takes it for a number first
                    folders.append(name)
                    at += BLOCK
                    continue
                if middle != _LONG_NAME or (long := self._long_name(at)) is None:
                    break
                name, header = long
                _, digits, end, middle, prefix = unpack(buffer, header)
                if middle != _FILE:
                    break
            name, ended, _ = name.partition(b"\0")
            if prefix or not ended or (end and end != _BLANK):
                break
            try:
                size = int(digits, 8)
            except ValueError:
                break
            content = header + BLOCK
            after = content + ((size + 511) & -512)
            if size < 0 or after > limit:
                break
            if size > _SMALLEST and buffer[content] in first:
                chosen.append(len(names))
            names.append(name)
            places.append(header)
            at = after
        window.position = at
        if folders and self._log is not None:
            self._log(self._folders(folders))
        if names:
            yield from self._sifted(names, places, chosen)
            window.position = at

    def _folders(self, fields: Sequence[bytes]) -> list[bytes]:
        """The normalised paths of folders, each with a slash at its end; nearly all are written like that."""
        names = [field.partition(b"\0")[0] for field in fields]
        text = b"/" + b"\0/".join(names) + b"\0"
        if b"/." in text or b"//" in text or text.count(b"/\0") < len(names):
            return [_raw(self._inside(_text(name).rstrip("/"))) + b"/" for name in names]
        return names

    def _long_name(self, at: int) -> tuple[bytes, int] | None:
        """The name that a GNU header at `at` gives to the next member, with a NUL, and where that one's header is."""
        size = number(bytes(self.window.buffer[at + 124 : at + 136]))
        header = at + BLOCK + ((size + 511) & -512)
        if not 0 < size <= 8 * BLOCK or header + BLOCK > self.window.end:
            return None
        name = bytes(self.window.buffer[at + BLOCK : at + BLOCK + size]).partition(b"\0")[0]
        return (name + b"\0", header) if name else None

    def _sifted(self, names: list[bytes], places: Sequence[int], chosen: list[int]) -> Iterator[Member]:
        """Hand out of plain files those that are wanted by name, or by what they begin with (`chosen`)."""
        window = self.window
        if names[0][:2] == b"./":
            names = [name.removeprefix(b"./") for name in names]
        text = _asked(names)
        likely = frozenset(range(len(names)) if self._sieve is None else self._sieve(text))
        odd = {number: self._inside(_text(names[number])) for number in likely if is_odd(names[number])}
        if self._log is not None:
            for number, path in odd.items():
                names[number] = _raw(path)
            self._log(names)
        for number in sorted(likely.union(chosen)):
            header = places[number]
            window.position = header + BLOCK
            path = odd[number] if number in odd else _text(names[number])
            interest: object = ()
            if number in likely:
                marked = number in odd and self._marks is not None and self._marks(path)
                interest = marked or self._wants(path)
            size = int(window.buffer[header + 124 : header + 135], 8)
            member = Member(path, b"0", self._mode_at(header), size, interest=interest)
            if path and (member.interest or self._has_magic(member)):
                yield member

    def _consider(self, member: Member) -> Iterator[Member]:
        """Log a member, and hand it out if somebody may want it."""
        if self._log is not None:
            self._log((_raw(member.path) + b"/" if member.kind == b"5" else _raw(member.path),))
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

    def _unusual(self, name: bytes, kind: bytes) -> Member | None:
        """Read a header of any kind; None for those that only speak of the next one."""
        window, buffer, at = self.window, self.window.buffer, self.window.position
        path = name.partition(b"\0")[0]
        if buffer[at + 257 : at + 262] != b"ustar":
            _check(buffer, at)
        elif buffer[at + 345] and buffer[at + 262] == 0:
            path = bytes(buffer[at + 345 : at + 500]).partition(b"\0")[0] + b"/" + path
        target = bytes(buffer[at + 157 : at + 257]).partition(b"\0")[0] if kind in (b"1", b"2") else b""
        window.position = at + BLOCK
        size = number(bytes(buffer[at + 124 : at + 136])) if kind in _WITH_CONTENT else 0
        if kind in _EXTENDED:
            self._extension(kind, size)
            return None
        old = kind == b"\0"
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
        if old and kind == b"0" and path.endswith(b"/"):
            kind = b"5"  # version 7 knew no folders
        text = path.rstrip(b"/").decode("utf-8", "surrogateescape")
        if not text or text[0] in "./" or "//" in text or "/." in text:
            text = self._inside(text)
        return Member(text, kind, self._mode_at(at), size, target.decode("utf-8", "surrogateescape"))

    def _mode_at(self, at: int) -> int:
        """The permissions; a field that is no number grants none, which is no reason to lose the file."""
        try:
            return number(bytes(self.window.buffer[at + 100 : at + 108]))
        except Malformed:
            return 0

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


def _asked(names: Sequence[bytes]) -> bytes:
    """Paths as `Walker` asks about many of them."""
    return b"\1/" + b"\0\1/".join(names) + b"\0"


def _text(name: bytes) -> str:
    return name.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _raw(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def is_odd(name: bytes) -> bool:
    """Whether a path of plain files may be not normalised: a part of it is empty or begins with a dot."""
    return not name or name[:1] in (b".", b"/") or name[-1:] == b"/" or b"/." in name or b"//" in name


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
