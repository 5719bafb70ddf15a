"""``file:PATH``: a file or an archive; ``-`` is standard input, whatever comes there."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

from assay.adapters import sniff, spool
from assay.adapters.archive import FileSource
from assay.adapters.sources import Request
from assay.adapters.spool import OpenFile
from assay.errors import InputError
from assay.model.sbom import Sbom
from assay.ports import Source

_PACKAGES = ((b"!<arch>\ndebian", ".deb"), (b"\xed\xab\xee\xdb", ".rpm"))
_FEXTRA, _FNAME = 4, 8
_MAX_MANIFEST = 16 << 20
_TITLE = re.compile(rb"(?m)^Implementation-Title: ([A-Za-z][\w.-]{0,100})\r?$")


def open_source(reference: str, request: Request) -> Source | Sbom:
    """The file; raises `InputError` where there is none."""
    if reference == "-":
        return _standard_input(request)
    return FileSource(spool.open_file(reference), Path(reference).name, request.image.progress)


def standard_input() -> OpenFile:
    """All of standard input, kept in an unlinked temporary file."""
    if sys.stdin is None:
        raise InputError("standard input is closed", "name a file, or pipe something in")
    stream = sys.stdin.buffer
    return spool.spooled(iter(lambda: stream.read(spool.PIECE), b""), "standard input")


def _standard_input(request: Request) -> Source | Sbom:
    from assay.adapters.sources import docker_archive, oci_archive, sbom

    file = standard_input()
    if not file.size:
        raise InputError("standard input is empty", "pipe an SBOM, an archive or an image in")
    match sniff.kind(file):
        case "oci-archive":
            return oci_archive.of_file(file, "", request)
        case "docker-archive":
            return docker_archive.of_file(file, "", request)
        case "sbom":
            return sbom.of_file(file)
    path = _path(file)
    source = FileSource(file, path, request.image.progress)
    if path.startswith("."):
        source.subject = replace(source.subject, name=f"stdin{path}")
    return source


def _path(file: OpenFile) -> str:
    """A path under which the parsers know what came without one.

    gzip keeps the name of what it packed; the ending of a package is told by its first bytes. A jar may say in its
    manifest what it is called; one that does not has but an ending, for ``stdin`` is nobody's name.
    """
    head = file.read(0, 512)
    if head.startswith(b"\x1f\x8b"):
        return packed + ".gz" if (packed := _packed_name(head)) else "stdin"
    if head.startswith(b"PK\3\4") and (told := _manifest(file)) is not None:
        title = _TITLE.search(told)
        return (title[1].decode() if title else "") + ".jar"
    return "stdin" + "".join(ending for magic, ending in _PACKAGES if head.startswith(magic))


def _packed_name(head: bytes) -> str:
    """The last part of the original file's name, of which RFC 1952, 2.3.1 says how it is kept; empty without one."""
    if len(head) < 10 or not head[3] & _FNAME:
        return ""
    start = 10
    if head[3] & _FEXTRA:
        start += 2 + int.from_bytes(head[10:12], "little")
    name, end, _ = head[start:].partition(b"\0")
    last = name.decode("latin-1").replace("\\", "/").rpartition("/")[2]
    return last if end and last.isprintable() and last.strip(".") else ""


def _manifest(file: OpenFile) -> bytes | None:
    """The manifest of a jar, empty where it cannot be read; None for another zip archive."""
    from assay.errors import Malformed
    from assay.formats import zip

    member = None
    try:
        archive = zip.open_archive(file.content())
        member = next(archive.members(lambda name: name == b"META-INF/MANIFEST.MF"), None)
        return None if member is None else archive.read(member, _MAX_MANIFEST)
    except Malformed:
        return None if member is None else b""
