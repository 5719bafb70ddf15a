"""Where the members of a tar lie, so that they are read in place; only its headers are looked at.

Symbolic and hard links are followed inside the tar: old docker archives store a shared layer once, and
``../HEX/layer.tar`` in its other places.
"""

from __future__ import annotations

from dataclasses import dataclass

from assay.adapters.spool import OpenFile, Slice
from assay.errors import InputError, LimitExceeded
from assay.formats import tar
from assay.formats.window import Window

MAX_MEMBERS = 100_000
_WINDOW = 16 << 10


@dataclass(frozen=True, slots=True)
class Place:
    """Offset and size of a member's content; `target` is the path that a link leads to."""

    offset: int
    size: int
    target: str = ""


class TarIndex:
    """The members of an uncompressed tar by their normalised path."""

    def __init__(self, file: OpenFile, limit: int = MAX_MEMBERS) -> None:
        self.file = file
        self.places: dict[str, Place] = {}
        walker = tar.Walker(file.stream(), lambda path: True)
        walker.window = window = _SeekingWindow(file)
        for member in walker:
            if len(self.places) >= limit:
                raise LimitExceeded(f"{file.name} has more than {limit} members")
            if member.kind == b"0":
                self.places[member.path] = Place(window.offset, member.size)
            elif member.kind in (b"1", b"2"):
                self.places[member.path] = Place(0, 0, _target(member))
        self.truncated = walker.truncated

    def __contains__(self, path: str) -> bool:
        return path in self.places

    def place(self, path: str) -> Place:
        """Where a member's content lies, links followed; raises `InputError` where it leads to nothing."""
        wanted = path
        for _ in range(8):
            found = self.places.get(wanted)
            if found is None:
                break
            if not found.target:
                return found
            wanted = found.target
        raise InputError(f"{self.file.name} does not hold {path}", "save the image again")

    def stream(self, path: str) -> Slice:
        """The content of a member."""
        found = self.place(path)
        return self.file.stream(found.offset, found.size)

    def read(self, path: str, limit: int) -> bytes:
        """The content of a small member; raises `LimitExceeded` beyond `limit` bytes."""
        found = self.place(path)
        if found.size > limit:
            raise LimitExceeded(f"{path} of {found.size} bytes in {self.file.name} (at most {limit})")
        data = self.file.read(found.offset, found.size)
        if len(data) < found.size:
            raise InputError(f"{self.file.name} ends within {path}", "copy it again")
        return data


class _SeekingWindow(Window):
    """A window that steps over content instead of reading it."""

    __slots__ = ("_file",)

    def __init__(self, file: OpenFile) -> None:
        super().__init__(file.stream(), _WINDOW)
        self._file = file

    @property
    def offset(self) -> int:
        """Where in the file the window stands."""
        return self.total - self.end + self.position

    def skip(self, size: int) -> bool:
        if size <= self.end - self.position:
            self.position += size
            return True
        target = self.offset + size
        if target > self._file.size:
            return False
        self._stream = self._file.stream(target)
        self.position = self.end = 0
        self.total = target
        return True


def _target(member: tar.Member) -> str:
    if member.kind == b"1" or member.target.startswith("/"):
        return tar.normalise(member.target) or "/"
    folder = member.path.rpartition("/")[0]
    return tar.normalise(f"{folder}/{member.target}") or "/"


def is_tar(head: bytes) -> bool:
    """Whether bytes begin with a tar header: the ustar mark, or the right checksum of an older one."""
    if len(head) < tar.BLOCK or not head[0]:
        return False
    if head[257:262] == b"ustar":
        return True
    field = head[148:156].strip(b"\0 ")
    if not field.isdigit() or field.strip(b"01234567"):
        return False
    return int(field, 8) == sum(head[:148]) + sum(head[156 : tar.BLOCK]) + 8 * 32
