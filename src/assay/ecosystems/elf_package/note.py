"""The section ``.note.package`` (UAPI Group, "Package Metadata for Executable Files").

A note (ELF, "Note Section") of the owner ``FDO`` and the type 0xcafe1a7e, whose text is JSON::

    {"type": "deb", "name": "coreutils", "version": "9.1-1", "architecture": "amd64",
     "os": "debian", "osVersion": "12", "debugInfoUrl": "https://debuginfod.example/"}
"""

from __future__ import annotations

from struct import Struct

from assay.errors import Malformed
from assay.formats import executable, json, purl
from assay.formats.json import Object, as_text
from assay.model.component import Component, ComponentType, Property
from assay.model.ecosystem import File, Found
from assay.model.purl import Purl

_SECTION = ".note.package"
_TYPE = 0xCAFE1A7E
_MAX_TEXT = 64 << 10
_DISTRIBUTED = frozenset({"deb", "rpm", "apk", "alpm"})
_FACTS = ("os", "osVersion", "osCpe", "appCpe", "debugInfoUrl")


def parse(file: File) -> Found:
    """The package that the file says it was built for; nothing without a note."""
    image = file.executable or executable.read(file.content, frozenset({_SECTION}))
    if image is None or _SECTION not in image.sections:
        return Found()
    offset, size = image.sections[_SECTION]
    text = _text(file.content[offset : offset + min(size, _MAX_TEXT)], "<" if image.little_endian else ">")
    note = json.load_object(text.rstrip(b"\0"))
    return Found((_component(note),)) if as_text(note.get("name")) else Found()


def _text(data: bytes, order: str) -> bytes:
    header = Struct(order + "III")
    at = 0
    while at + header.size <= len(data):
        name_size, text_size, kind = header.unpack_from(data, at)
        start = at + header.size + (name_size + 3) // 4 * 4
        if kind == _TYPE and data[at + 12 : at + 15] == b"FDO":
            return data[start : start + text_size]
        at = start + (text_size + 3) // 4 * 4
    raise Malformed(f"the section {_SECTION} holds no package note")


def _component(note: Object) -> Component:
    name, version = as_text(note.get("name")), as_text(note.get("version"))
    cpes = [as_text(note.get(key)) for key in ("appCpe",)]
    return Component(
        name,
        version,
        ComponentType.LIBRARY,
        purl=_purl(note, name, version),
        cpes=tuple(cpe for cpe in cpes if cpe.startswith("cpe:2.3:")),
        properties=tuple(Property(f"assay:elf_package:{key}", as_text(note[key])) for key in _FACTS if note.get(key)),
    )


def _purl(note: Object, name: str, version: str) -> Purl:
    """A purl by the type of the note, as far as assay knows it; the note's own is taken where it has one."""
    kind, system = as_text(note.get("type")).lower(), as_text(note.get("os"))
    told = as_text(note.get("purl"))
    if told:
        try:
            return purl.parse(told)
        except Malformed:
            pass
    if kind not in _DISTRIBUTED or not system:
        return purl.build("generic", name, version)
    release = as_text(note.get("osVersion"))
    where = {"arch": as_text(note.get("architecture")), "distro": f"{system}-{release}" if release else ""}
    return purl.build(kind, name, version, system, where)
