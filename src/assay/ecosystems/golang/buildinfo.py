"""The build information that the Go linker puts into binaries (package debug/buildinfo).

The section ``.go.buildinfo`` (``__go_buildinfo`` in Mach-O; in PE the start of ``.data``) holds, aligned to
16 bytes,

::

    ff 20 "Go buildinf:"  pointer size  flags  (16 bytes)
    flags & 2:  at 32, each with its length as a varint: the Go version, the module text   (Go 1.18 and later)
    otherwise:  at 16, two pointers to Go string headers of the same                       (Go 1.13 to 1.17)

The module text lies between two 16-byte marks::

    path    sample.example/tool/cmd/tool
    mod     sample.example/tool   v1.2.3   h1:...
    dep     golang.org/x/text     v0.3.8   h1:...
    =>      example.org/text      v0.3.9   h1:...
    build   -ldflags="-X main.version=1.2.3"
"""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.errors import Malformed
from assay.formats import executable, json, macho, pe
from assay.model.ecosystem import Content
from assay.model.executable import Executable, ExecutableFormat

_MAGIC = b"\xff Go buildinf:"
_SECTIONS = (".go.buildinfo", "__go_buildinfo")
_MAX_TEXT = 16 << 20
_MARK = 16


@dataclass(frozen=True, slots=True)
class Module:
    """A module line; `replacement` is what was built in its stead."""

    path: str
    version: str = ""
    checksum: str = ""
    replacement: Module | None = None


@dataclass(frozen=True, slots=True)
class BuildInfo:
    """What a binary was built from; `main` is None where the build knew no module."""

    release: str
    path: str = ""
    main: Module | None = None
    dependencies: tuple[Module, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)


def read(content: Content, image: Executable) -> BuildInfo | None:
    """The build information, None for a binary that has none; raises `Malformed` for a broken one."""
    for part in _images(content, image):
        at = _find(content, part)
        if at >= 0:
            release, text = _strings(content, at, part)
            return parse(release, text) if release else None
    return None


def _images(content: Content, image: Executable) -> list[Executable]:
    if image.format is not ExecutableFormat.MACHO:
        return [image]
    return [macho.read(content, base=base) for base in macho.images(content)]


def _find(content: Content, image: Executable) -> int:
    """The offset of the header, or -1."""
    for offset, size in _places(content, image):
        at, end = content.find(_MAGIC, offset, offset + size), offset + size
        while at >= 0 and (at - offset) % 16:
            at = content.find(_MAGIC, at + 1, end)
        if at >= 0 and at + 32 <= len(content):
            return at
    return -1


def _places(content: Content, image: Executable) -> list[tuple[int, int]]:
    """Where the header may lie; the table that was handed over holds only sections that somebody asked for."""
    if image.format is ExecutableFormat.PE:
        return [(item.offset, item.size) for item in pe.headers(content).sections if item.name == ".data"]
    return [image.sections[name] for name in _SECTIONS if name in image.sections]


def _strings(content: Content, at: int, image: Executable) -> tuple[str, str]:
    size, flags = content[at + 14], content[at + 15]
    if flags & 2:
        release, after = _inline(content, at + 32)
        text, _ = _inline(content, after)
    elif size in (4, 8):
        order = "big" if flags & 1 else "little"
        memory = _Memory(content, executable.addresses(content, image), size, order)
        release, text = memory.string(at + 16), memory.string(at + 16 + size)
    else:
        raise Malformed(f"Go build information with pointers of {size} bytes")
    unmarked = text[_MARK:-_MARK] if len(text) > 2 * _MARK and text[-_MARK - 1 : -_MARK] == b"\n" else b""
    return release.decode("utf-8", "replace"), unmarked.decode("utf-8", "replace")


def _inline(content: Content, at: int) -> tuple[bytes, int]:
    length = shift = 0
    for byte in content[at : at + 10]:
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    if length > _MAX_TEXT or at + length > len(content):
        raise Malformed("Go build information reaches beyond the file")
    return content[at : at + length], at + length


@dataclass(frozen=True, slots=True)
class _Memory:
    """The pointers of the older form, followed through the segments."""

    content: Content
    segments: tuple[tuple[int, int, int], ...]
    size: int
    order: str

    def string(self, at: int) -> bytes:
        """The Go string whose header the pointer at offset `at` points to."""
        header = self._offset(self._number(at))
        start, length = self._offset(self._number(header)), self._number(header + self.size)
        if length > _MAX_TEXT or start + length > len(self.content):
            raise Malformed("Go build information points beyond the file")
        return self.content[start : start + length]

    def _number(self, at: int) -> int:
        raw = self.content[at : at + self.size]
        return int.from_bytes(raw, "big" if self.order == "big" else "little")

    def _offset(self, address: int) -> int:
        for start, offset, size in self.segments:
            if start <= address < start + size:
                return address - start + offset
        raise Malformed("Go build information points outside of the segments")


def parse(release: str, text: str) -> BuildInfo:
    """The lines of the module text."""
    path, main, modules, settings = "", None, list[Module](), dict[str, str]()
    for line in text.split("\n"):
        key, _, rest = line.partition("\t")
        if key == "path":
            path = rest
        elif key == "mod":
            main = _module(rest)
        elif key == "dep":
            modules.append(_module(rest))
        elif key == "=>" and (modules or main):
            replacement = _module(rest)
            if modules:
                old = modules.pop()
                modules.append(Module(old.path, old.version, old.checksum, replacement))
        elif key == "build":
            name, value = _setting(rest)
            settings[name] = value
    return BuildInfo(release, path, main, tuple(modules), settings)


def _module(text: str) -> Module:
    path, version, checksum = [*text.split("\t"), "", ""][:3]
    return Module(path, version, checksum)


def _setting(text: str) -> tuple[str, str]:
    """``key=value``, of which each may be quoted as in Go source."""
    name, _, value = text.partition("=")
    return _unquote(name), _unquote(value)


def _unquote(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == "`":
        return text[1:-1]
    if len(text) >= 2 and text[0] == text[-1] == '"':
        try:
            return json.as_text(json.load(text)) or text[1:-1]
        except Malformed:
            return text[1:-1]
    return text
