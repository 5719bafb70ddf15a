"""An OCI layout written as one tar, in a single pass: blobs as they come, ``index.json`` last, then the file's name."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from assay.adapters import blob, spool
from assay.adapters.output import writing
from assay.formats import json_bytes, oci
from assay.formats.json import Json, Object
from assay.model.digest import Algorithm, Digest
from assay.model.image import Descriptor, Manifest


class ArchiveWriter:
    """What is put here is in the archive once `archive` ends well; nothing is there otherwise."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._there: set[Digest] = set()
        self._listed: list[Json] = []
        self._lock = Lock()

    def has_blob(self, digest: Digest) -> bool:
        """Whether the blob was written already."""
        return digest in self._there

    def put_blob(self, data: bytes, media_type: str) -> Descriptor:
        """Write a blob, unless it is there."""
        item = Descriptor(media_type, Digest(Algorithm.SHA256, hashlib.sha256(data).hexdigest()), len(data))
        if not self.has_blob(item.digest):
            self.put_known(item, (data,))
        return item

    def put_known(self, item: Descriptor, pieces: Iterable[bytes | memoryview]) -> None:
        """Write a blob; raises `DigestMismatch` for a wrong one, after which the archive must not be kept."""
        with self._lock:
            if item.digest in self._there:
                return
            stream = _Pieces(pieces, item)
            self._tar.addfile(_member(f"blobs/{item.digest.algorithm}/{item.digest.value}", item.size), stream)
            stream.finish()
            self._there.add(item.digest)

    def put_blob_pieces(self, pieces: Iterable[bytes], media_type: str) -> Descriptor:
        """Write a blob of unknown size, which waits in a temporary file until it is known."""
        file = spool.spooled(pieces, "a blob")
        item = Descriptor(media_type, file.digest(), file.size)
        self.put_known(item, spool.pieces(file.stream()))
        return item

    def mount(self, digest: Digest, repository: str) -> bool:
        """Nothing can be taken over."""
        return False

    def put_manifest(self, data: bytes, media_type: str, tag: str = "") -> Descriptor:
        """Write a manifest; it is listed if it has a tag or a subject."""
        item = oci.described(data, media_type)
        if not self.has_blob(item.digest):
            self.put_known(item, (data,))
        manifest = oci.parse(data)
        if isinstance(manifest, Manifest) and manifest.subject is not None:
            self._list(item, tag, manifest.artifact_type or manifest.config.media_type)
        elif tag:
            self._list(item, tag)
        return item

    def list_image(self, item: Descriptor) -> None:
        """List an image that has no tag."""
        self._list(item)

    def _list(self, item: Descriptor, tag: str = "", artifact_type: str = "") -> None:
        entry: Object = {"mediaType": item.media_type, "digest": str(item.digest), "size": item.size}
        if artifact_type:
            entry["artifactType"] = artifact_type
        if tag:
            entry["annotations"] = {oci.REF_NAME: tag}
        if entry not in self._listed:
            self._listed.append(entry)

    def put_referrers(self, manifests: Sequence[tuple[bytes, str]]) -> None:
        """Write manifests that have subjects."""
        for data, media_type in manifests:
            self.put_manifest(data, media_type)

    def finish(self) -> None:
        """Write what makes it a layout."""
        index: Object = {"schemaVersion": 2, "mediaType": oci.INDEX, "manifests": self._listed}
        for name, data in (
            ("oci-layout", b'{"imageLayoutVersion": "1.0.0"}'),
            ("index.json", json_bytes.encode(index)),
        ):
            self._tar.addfile(_member(name, len(data)), io.BytesIO(data))


@contextmanager
def archive(path: Path) -> Iterator[ArchiveWriter]:
    """A new archive at `path`, which takes the place of what was there when the block ends well."""
    with writing(path) as file, tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        writer = ArchiveWriter(tar)
        yield writer
        writer.finish()


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o644
    return member


class _Pieces(io.RawIOBase):
    """Pieces as a file that `tarfile` reads, hashed on the way."""

    def __init__(self, pieces: Iterable[bytes | memoryview], item: Descriptor) -> None:
        self._pieces = iter(pieces)
        self._item = item
        self._hash = blob.hasher(item.digest)
        self._left = memoryview(b"")
        self._total = 0

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; none where the pieces have ended, which `tarfile` then complains of."""
        parts, wanted = [], size
        while wanted > 0:
            if not self._left:
                piece = next(self._pieces, None)
                if piece is None:
                    blob.compare(self._total, self._hash.hexdigest(), self._item.digest, self._item.size)
                    break
                self._left = memoryview(bytes(piece))
                self._hash.update(self._left)
                self._total += len(self._left)
            part, self._left = self._left[:wanted], self._left[wanted:]
            parts.append(part)
            wanted -= len(part)
        return b"".join(parts)

    def finish(self) -> None:
        """Raise `DigestMismatch` for content that is longer, or another."""
        for piece in self._pieces:
            self._total += len(piece)
        blob.compare(self._total, self._hash.hexdigest(), self._item.digest, self._item.size)
