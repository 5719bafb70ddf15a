"""An OCI image layout as a source: a folder with ``oci-layout``, ``index.json`` and ``blobs/ALGORITHM/HEX``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.adapters.image import Image, ImageOptions
from assay.errors import InputError, Malformed
from assay.formats import oci
from assay.formats.compression import ByteStream
from assay.model.image import Descriptor, Index
from assay.model.sbom import Attached

_SBOM_TYPES = ("cyclonedx", "spdx", "syft", "sbom")


class FolderBlobs:
    """Blobs in a folder, by digest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, item: Descriptor) -> Path:
        """Where the blob lies."""
        return self._folder / "blobs" / str(item.digest.algorithm) / item.digest.value

    @contextmanager
    def open(self, item: Descriptor) -> Iterator[ByteStream]:
        """The stored bytes."""
        try:
            with open(self.path(item), "rb", buffering=0) as file:
                yield _Raw(file.fileno())
        except OSError as error:
            raise InputError(f"blob {item.digest} cannot be read: {error.strerror}", "copy the image again") from error

    def manifest(self, item: Descriptor) -> bytes:
        """A small document."""
        with self.open(item) as stream:
            buffer = bytearray(oci.MAX_DOCUMENT + 1)
            view, size = memoryview(buffer), 0
            while count := stream.readinto(view[size:]):
                size += count
            return bytes(view[:size])


class _Raw:
    """Unbuffered reads of a file descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def readinto(self, buffer: memoryview, /) -> int:
        return os.readv(self._descriptor, [buffer])


def is_layout(folder: Path) -> bool:
    """Whether a folder looks like an OCI layout."""
    return (folder / "oci-layout").is_file() and (folder / "index.json").is_file()


def open_layout(text: str, options: ImageOptions | None = None) -> Image:
    """``PATH``, ``PATH:TAG`` or ``PATH@DIGEST``; raises `InputError` where nothing or more than one image is meant."""
    folder, chosen = _split(text)
    try:
        index = oci.parse((folder / "index.json").read_bytes())
    except OSError as error:
        raise InputError(f"{folder} is no OCI layout: {error.strerror}", "name a folder with an index.json") from error
    if not isinstance(index, Index):
        raise Malformed(f"{folder}/index.json is no image index")
    item = _choose(index, chosen, folder)
    name = item.annotations.get(oci.REF_NAME, "")
    plain = folder.resolve().name
    named = name if "/" in name else plain
    return Image(FolderBlobs(folder), item, _untagged(named), "", options, _attached(index, item, FolderBlobs(folder)))


def _untagged(name: str) -> str:
    path, _, last = name.rpartition("/")
    last = last.partition("@")[0].partition(":")[0]
    return f"{path}/{last}" if path else last


def _split(text: str) -> tuple[Path, str]:
    if Path(text).is_dir():
        return Path(text), ""
    for mark in ("@", ":"):
        path, found, chosen = text.rpartition(mark)
        if mark == "@" and not found:
            continue
        if found and Path(path).is_dir():
            return Path(path), chosen
    path, found, chosen = text.partition("@")
    return (Path(path), chosen) if found else (Path(text), "")


def _choose(index: Index, chosen: str, folder: Path) -> Descriptor:
    images = [item for item in index.manifests if not item.artifact_type]
    if not chosen and len(images) == 1:
        return images[0]
    matching = [
        item for item in index.manifests if chosen and chosen in (str(item.digest), item.annotations.get(oci.REF_NAME))
    ]
    if matching:
        return matching[0]
    if not chosen and images and all(item.platform is not None for item in images):
        from assay.adapters.image import here

        return oci.select(index, None, here())
    there = ", ".join(item.annotations.get(oci.REF_NAME, str(item.digest)) for item in index.manifests) or "nothing"
    what = f"{folder} has no image {chosen}" if chosen else f"{folder} holds {len(images)} images"
    raise InputError(what, f"choose one as PATH:TAG or PATH@DIGEST; there are: {there}")


def _attached(index: Index, image: Descriptor, blobs: FolderBlobs) -> tuple[Attached, ...]:
    """The SBOMs of an image that lie in the same layout: manifests whose subject is the image."""
    found: list[Attached] = []
    for item in index.manifests:
        if item.digest == image.digest or item.size > oci.MAX_DOCUMENT or item.media_type not in oci.MANIFESTS:
            continue
        try:
            manifest = oci.parse(blobs.manifest(item))
        except InputError:
            continue
        if isinstance(manifest, Index) or manifest.subject is None or manifest.subject.digest != image.digest:
            continue
        found.extend(
            Attached(str(layer.digest), layer.media_type, manifest.artifact_type, layer.size)
            for layer in manifest.layers
            if any(word in f"{manifest.artifact_type} {layer.media_type}" for word in _SBOM_TYPES)
        )
    return tuple(sorted(found))
