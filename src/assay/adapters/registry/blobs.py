"""The blobs of a repository as an image wants them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from assay.adapters.registry.client import Pull
from assay.formats import oci
from assay.formats.compression import ByteStream
from assay.model.image import Descriptor


class RegistryBlobs:
    """The blobs of a repository as an image wants them (`assay.adapters.image.Blobs`)."""

    def __init__(self, pull: Pull) -> None:
        self._pull = pull
        self._known: dict[str, bytes] = {}

    def remember(self, item: Descriptor, data: bytes) -> None:
        """Keep a document that was fetched already."""
        self._known[str(item.digest)] = data

    @contextmanager
    def open(self, item: Descriptor) -> Iterator[ByteStream]:
        """The stored bytes."""
        with self._pull.blob(item) as stream:
            yield stream

    def check(self, item: Descriptor) -> None:
        """Nothing is known before it is read."""

    def manifest(self, item: Descriptor) -> bytes:
        """A manifest, or a small blob such as the configuration."""
        if (known := self._known.get(str(item.digest))) is not None:
            return known
        if item.media_type in oci.MANIFESTS | oci.INDEXES:
            return self._pull.manifest(str(item.digest))[1]
        with self._pull.blob(item) as stream:
            buffer, filled = memoryview(bytearray(item.size + 1)), 0
            while count := stream.readinto(buffer[filled:]):
                filled += count
            return bytes(buffer[:filled])
