"""The files of a source, unpacked: compressed files, zip and tar archives, folders.

Bounds: a document of 2 GiB, 2 million members, and no path leaves the archive, since nothing is written to disk.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from assay.errors import InputError, LimitExceeded, Malformed
from assay.model.feed import Document
from assay.model.sbom import Skipped

MAX_DOCUMENT = 2 << 30
MAX_MEMBERS = 2_000_000
_MAGIC = {b"\x28\xb5\x2f\xfd": "zst", b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip"}
_BAD = (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error, zipfile.BadZipFile, tarfile.TarError, RuntimeError)


def documents(path: Path) -> Iterator[Document | Skipped]:
    """All documents in a file or folder, in order of their names; a member that cannot be read is a `Skipped`."""
    if path.is_dir():
        for item in sorted(path.rglob("*")):
            if item.is_file() and not item.is_symlink() and ".git" not in item.parts:
                yield from _named(item, str(item.relative_to(path)))
    elif path.is_file():
        yield from _named(path, path.name)
    else:
        raise InputError(f"{path} does not exist", "name a file or folder of advisories")


def _named(path: Path, name: str) -> Iterator[Document | Skipped]:
    try:
        with path.open("rb") as file:
            yield from unpack(name, file)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "check its permissions") from error


def unpack(name: str, file: IO[bytes]) -> Iterator[Document | Skipped]:
    """The documents in an open, seekable file."""
    head = file.read(6)
    file.seek(0)
    form = next((form for magic, form in _MAGIC.items() if head.startswith(magic)), "")
    try:
        if form == "zip":
            yield from _zip(name, file)
        elif form:
            content, inner = _decompressed(form, file), name.removesuffix(f".{form}").removesuffix(".tgz")
            yield from _tar(name, content) if _is_tar(content) else iter((Document(inner, content),))
        else:
            content = _all(file)
            yield from _tar(name, content) if _is_tar(content) else iter((Document(name, content),))
    except LimitExceeded:
        raise
    except _BAD as error:
        raise Malformed(f"{name} is damaged: {error}") from error


def _decompressed(form: str, file: IO[bytes]) -> bytes:
    if form == "zst":
        import zstandard

        with zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as stream:
            try:
                return _all(stream)
            except zstandard.ZstdError as error:
                raise ValueError(str(error)) from error
    opener = {"gz": gzip.GzipFile, "bz2": bz2.BZ2File, "xz": lzma.LZMAFile}[form]
    with opener(fileobj=file) if form == "gz" else opener(file) as stream:
        return _all(stream)


def _all(stream: IO[bytes]) -> bytes:
    content = stream.read(MAX_DOCUMENT + 1)
    if len(content) > MAX_DOCUMENT:
        raise LimitExceeded(f"a document of more than {MAX_DOCUMENT} bytes")
    return content


def _zip(name: str, file: IO[bytes]) -> Iterator[Document | Skipped]:
    with zipfile.ZipFile(file) as archive:
        items = archive.infolist()
        if len(items) > MAX_MEMBERS:
            raise LimitExceeded(f"{name} has {len(items)} members (at most {MAX_MEMBERS})")
        for item in items:
            if item.is_dir():
                continue
            try:
                with archive.open(item) as stream:
                    yield Document(item.filename, _all(stream))
            except _BAD as error:
                yield Skipped(f"{name}: {item.filename}", f"damaged: {error}")


def _is_tar(content: bytes) -> bool:
    return content[257:262] == b"ustar"


def _tar(name: str, content: bytes) -> Iterator[Document | Skipped]:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        for count, item in enumerate(archive):
            if count > MAX_MEMBERS:
                raise LimitExceeded(f"{name} has more than {MAX_MEMBERS} members")
            stream = archive.extractfile(item) if item.isfile() else None
            if stream is not None:
                yield Document(item.name, _all(stream))
