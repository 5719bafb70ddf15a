"""What kind of source a file is, told by its content: an image, an SBOM, or just a file."""

from __future__ import annotations

import re
from collections.abc import Container

from assay.adapters.spool import OpenFile
from assay.errors import InputError, Malformed
from assay.formats import compression

_HEAD = 64 << 10
_MAX_JSON = 256 << 20
_IMAGE_MEMBER = re.compile(
    r"(blobs(/.*)?|oci-layout|index\.json|manifest\.json|repositories|(sha256:)?[0-9a-f]{64}([./].*)?)"
)
"""How the members of an image archive are called; skopeo, Docker, Podman, BuildKit and kaniko all keep to it."""


def kind(file: OpenFile) -> str:
    """``oci-archive``, ``docker-archive``, ``sbom`` or ``file``."""
    compressed = bool(compression.kind(file.read(0, 8)))
    head = _head(file)
    if _is_tar(head):
        return _compressed_tar(file) if compressed else _tar(file)
    return "sbom" if _is_sbom(file, head, compressed) else "file"


def _is_tar(head: bytes) -> bool:
    if head[:1] == b"{" and head[257:262] != b"ustar":
        return False  # a document, for which what reads archives need not be loaded
    from assay.adapters import tar_index

    return tar_index.is_tar(head)


def _head(file: OpenFile) -> bytes:
    """The first bytes inside the compression."""
    parts, left = [], _HEAD
    try:
        stream = compression.open_stream(file.stream())
        while left > 0:
            buffer = bytearray(left)
            count = stream.readinto(memoryview(buffer))
            if not count:
                break
            parts.append(bytes(buffer[:count]))
            left -= count
    except Malformed:
        pass  # told when the file is read
    return b"".join(parts)


def _tar(file: OpenFile) -> str:
    from assay.adapters import tar_index

    try:
        index = tar_index.TarIndex(file)
    except InputError:
        return "file"
    return _image(index.places.keys())


def _image(names: Container[str]) -> str:
    if "oci-layout" in names and "index.json" in names:
        return "oci-archive"
    return "docker-archive" if "manifest.json" in names else "file"


def _compressed_tar(file: OpenFile) -> str:
    """As `_tar`; the stream is only followed as long as it looks like an image."""
    from assay.adapters import tar_index
    from assay.formats import tar

    names: set[str] = set()
    try:
        for member in tar.Walker(compression.open_stream(file.stream()), lambda path: True):
            if _IMAGE_MEMBER.fullmatch(member.path) is None or len(names) > tar_index.MAX_MEMBERS:
                return "file"
            names.add(member.path)
    except Malformed:
        pass  # what is there decides; the fault is told when the file is read
    return _image(names)


def _is_sbom(file: OpenFile, head: bytes, compressed: bool) -> bool:
    from assay.formats.detect import detect
    from assay.formats.sbom_document import READERS

    found = detect(head)
    if found is None and not compressed and head.lstrip()[:1] == b"{" and _HEAD < file.size <= _MAX_JSON:
        found = detect(file.read(0, file.size))  # the telling keys may come last
    return found is not None and found.format in READERS
