"""A ``docker save`` tar as a source, read in place.

The archive has no image manifest, so the image is known by the digest of its configuration (what Docker calls its
image ID), and its layers by their diffIDs, which are always verified: they are the keys of cached findings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from assay.adapters import blob, image_reference
from assay.adapters.image import Image, Naming, Resolved
from assay.adapters.image_options import ImageOptions
from assay.adapters.tar_index import TarIndex
from assay.errors import InputError, Malformed
from assay.formats import compression, digest, docker_archive, oci
from assay.formats.compression import ByteStream
from assay.formats.docker_archive import SavedImage
from assay.model.digest import Algorithm, Digest
from assay.model.image import Descriptor, ImageConfig, Manifest

_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
_CONFIG = "application/vnd.docker.container.image.v1+json"
MANIFEST = "manifest.json"


def open_archive(index: TarIndex, chosen: str, name: str, options: ImageOptions) -> Image:
    """The image of the archive that `chosen` names by its tag; `name` is for one that has none.

    Raises `InputError` for what is no docker archive, `assay.errors.DigestMismatch` for a wrong configuration.
    """
    if MANIFEST not in index:
        raise InputError(f"{index.file.name} is no docker archive: it has no {MANIFEST}", "name a `docker save` file")
    saved = docker_archive.select(docker_archive.parse(index.read(MANIFEST, oci.MAX_DOCUMENT)), chosen)
    data = index.read(saved.config, oci.MAX_DOCUMENT)
    actual = Digest(Algorithm.SHA256, hashlib.sha256(data).hexdigest())
    promised = docker_archive.promised_digest(saved.config)
    if promised:
        blob.compare(len(data), actual.value, Digest(Algorithm.SHA256, promised))
    config = oci.parse_config(data)
    layers = _layers(index, saved, config)
    identity = Descriptor(_CONFIG, actual, len(data))
    manifest = Manifest(identity, tuple(layer.descriptor for layer in layers), oci.DOCKER_MANIFEST)
    blobs = SavedBlobs(index, {str(layer.descriptor.digest): layer for layer in layers})
    return Image(blobs, Resolved(identity, manifest, config), _naming(saved, chosen, name), options)


def _naming(saved: SavedImage, chosen: str, name: str) -> Naming:
    tag = next((tag for tag in saved.tags if chosen and docker_archive.means(chosen, tag)), (*saved.tags, "")[0])
    if not image_reference.is_reference(tag):
        return Naming(name)
    reference = image_reference.parse(tag)
    return Naming(reference.repository, reference.name, reference.tag)


@dataclass(frozen=True, slots=True)
class SavedLayer:
    """A layer: its path in the archive, and its descriptor by diffID (size -1 where it is stored compressed)."""

    path: str
    descriptor: Descriptor
    compressed: bool


def _layers(index: TarIndex, saved: SavedImage, config: ImageConfig) -> list[SavedLayer]:
    if len(config.diff_ids) != len(saved.layers):
        count = len(config.diff_ids)
        raise Malformed(f"docker archive of {len(saved.layers)} layers, its configuration speaks of {count}")
    return [
        _layer(index, path, digest.parse(diff_id)) for path, diff_id in zip(saved.layers, config.diff_ids, strict=True)
    ]


def _layer(index: TarIndex, path: str, diff_id: Digest) -> SavedLayer:
    place = index.place(path)
    compressed = bool(compression.kind(index.file.read(place.offset, min(place.size, 8))))
    return SavedLayer(path, Descriptor(_LAYER, diff_id, -1 if compressed else place.size), compressed)


class SavedBlobs:
    """The layers of a docker archive by their diffIDs (`assay.adapters.image.Blobs`)."""

    def __init__(self, index: TarIndex, layers: dict[str, SavedLayer]) -> None:
        self._index = index
        self._layers = layers

    @contextmanager
    def open(self, item: Descriptor) -> Iterator[ByteStream]:
        """The tar of a layer, unpacked where it is stored compressed: that is what a diffID is the digest of."""
        layer = self._layers[str(item.digest)]
        stream = self._index.stream(layer.path)
        yield compression.open_stream(stream) if layer.compressed else stream

    def check(self, item: Descriptor) -> None:
        """Nothing is known before it is read."""

    def manifest(self, item: Descriptor) -> bytes:
        """There are no manifests here."""
        raise InputError(f"a docker archive does not hold {item.digest}")
