"""``file:PATH``: a file or an archive; ``-`` is standard input, whatever comes there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from assay.adapters import sniff, spool
from assay.adapters.archive import FileSource
from assay.adapters.sources import Request
from assay.adapters.spool import OpenFile
from assay.errors import InputError
from assay.model.sbom import Sbom
from assay.ports import Source

_PACKAGES = ((b"!<arch>\ndebian", ".deb"), (b"\xed\xab\xee\xdb", ".rpm"))


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
    return FileSource(file, _name(file), request.image.progress)


def _name(file: OpenFile) -> str:
    """A name under which the parsers know a package that came without one."""
    head = os.pread(file.descriptor, 16, 0)
    endings = [ending for magic, ending in _PACKAGES if head.startswith(magic)]
    if head[:4] == b"PK\3\4" and _is_jar(file):
        endings = [".jar"]
    return "stdin" + "".join(endings)


def _is_jar(file: OpenFile) -> bool:
    from assay.errors import Malformed
    from assay.formats import zip

    try:
        archive = zip.open_archive(file.content())
        return any(True for _ in archive.members(lambda name: name == b"META-INF/MANIFEST.MF"))
    except Malformed:
        return False
