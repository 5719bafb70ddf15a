"""An OCI image layout as a source: ``oci-layout``, ``index.json`` and ``blobs/ALGORITHM/HEX``, in a folder or a tar."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from assay.adapters import attached, image_reference
from assay.adapters.image import Blobs, Image, Naming, here, resolve
from assay.adapters.image_options import ImageOptions
from assay.adapters.spool import OpenFile
from assay.adapters.tar_index import TarIndex
from assay.errors import DigestMismatch, InputError, Malformed
from assay.formats import digest, oci
from assay.formats.compression import ByteStream
from assay.model.digest import Digest
from assay.model.image import Descriptor, Index
from assay.model.sbom import Attached

_FULL_NAME = "io.containerd.image.name"


class LayoutFiles(Blobs, Protocol):
    """The files of a layout."""

    @property
    def name(self) -> str:
        """Where the layout lies, as the user knows it."""
        ...

    def index(self) -> bytes:
        """The content of ``index.json``; raises `InputError` where there is none."""
        ...


class FolderBlobs:
    """A layout in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = str(folder)

    def index(self) -> bytes:
        """The content of ``index.json``."""
        try:
            with open(self._folder / "index.json", "rb", opener=_regular) as file:
                return file.read(oci.MAX_DOCUMENT + 1)
        except OSError as error:
            remedy = "name a folder with an index.json"
            raise InputError(f"{self.name} is no OCI layout: {error.strerror}", remedy) from error

    def path(self, item: Descriptor) -> Path:
        """Where the blob lies."""
        return self._folder / _blob(item.digest)

    @contextmanager
    def open(self, item: Descriptor) -> Iterator[ByteStream]:
        """The stored bytes."""
        try:
            file = OpenFile(_regular(self.path(item), os.O_RDONLY), f"blob {item.digest}")
        except OSError as error:
            raise InputError(f"blob {item.digest} cannot be read: {error.strerror}", "copy the image again") from error
        yield file.stream()

    def check(self, item: Descriptor) -> None:
        """Raise for a blob that is missing or has another size."""
        try:
            size = self.path(item).stat().st_size
        except OSError as error:
            raise InputError(f"blob {item.digest} cannot be read: {error.strerror}", "copy the image again") from error
        if size != item.size:
            raise DigestMismatch(f"{item.digest} has {size} bytes, {item.size} were promised", "copy the image again")

    def manifest(self, item: Descriptor) -> bytes:
        """A small document."""
        with self.open(item) as stream:
            buffer = bytearray(oci.MAX_DOCUMENT + 1)
            view, size = memoryview(buffer), 0
            while count := stream.readinto(view[size:]):
                size += count
            return bytes(view[:size])


class TarBlobs:
    """A layout in an uncompressed tar, read in place."""

    def __init__(self, index: TarIndex) -> None:
        self._tar = index
        self.name = index.file.name

    def index(self) -> bytes:
        """The content of ``index.json``."""
        if "index.json" not in self._tar:
            raise InputError(f"{self.name} is no OCI layout: it has no index.json", "name an OCI archive")
        return self._tar.read("index.json", oci.MAX_DOCUMENT)

    @contextmanager
    def open(self, item: Descriptor) -> Iterator[ByteStream]:
        """The stored bytes."""
        yield self._tar.stream(_blob(item.digest))

    def check(self, item: Descriptor) -> None:
        """Nothing is known before it is read."""

    def manifest(self, item: Descriptor) -> bytes:
        """A small document."""
        return self._tar.read(_blob(item.digest), oci.MAX_DOCUMENT)


def _regular(path: str | Path, flags: int) -> int:
    """Open a regular file; a FIFO in a layout is not waited for."""
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no regular file")
    return descriptor


def _blob(digest: Digest) -> str:
    return f"blobs/{digest.algorithm}/{digest.value}"


def open_layout(text: str, options: ImageOptions | None = None) -> Image:
    """``PATH``, ``PATH:TAG`` or ``PATH@DIGEST``; raises `InputError` where nothing or more than one image is meant."""
    folder, chosen = split(text, Path.is_dir)
    return image(FolderBlobs(folder), chosen, folder.resolve().name, options)


def image(files: LayoutFiles, chosen: str, name: str, options: ImageOptions | None = None) -> Image:
    """The image of a layout that `chosen` names by tag or digest; the root is called `name` where nothing else says."""
    options = options or ImageOptions()
    index = oci.parse(files.index())
    if not isinstance(index, Index):
        raise Malformed(f"the index.json of {files.name} is no image index")
    item = _choose(index, chosen, files.name, options)
    found = resolve(files, item, options.platform)
    hanging = _attached((index, *found.indexes), found.descriptor.digest, files)
    return Image(files, found, _naming(item, name), options, hanging)


def _naming(item: Descriptor, name: str) -> Naming:
    """By the reference that an annotation has, with a registry (``a.example/b:1``) or not; else by file name, tag."""
    for text in (item.annotations.get(_FULL_NAME, ""), item.annotations.get(oci.REF_NAME, "")):
        if "/" in text and image_reference.is_reference(text):
            reference = image_reference.parse(text)
            return Naming(reference.repository, reference.name, reference.tag)
    plain, at, _ = item.annotations.get(oci.REF_NAME, "").partition("@")
    told, colon, tag = plain.rpartition(":")
    if (colon or at) and digest.find(plain) is None and image_reference.is_reference(plain):
        return Naming(told, "", tag) if colon else Naming(plain, "", "")
    return Naming(name, "", tag if not colon and not at and image_reference.is_tag(tag) else "")


def split(text: str, exists: Callable[[Path], bool]) -> tuple[Path, str]:
    """``PATH``, ``PATH:TAG`` or ``PATH@DIGEST`` as path and choice; `exists` is a test of the path."""
    if exists(Path(text)):
        return Path(text), ""
    for mark in ("@", ":"):
        path, found, chosen = text.rpartition(mark)
        if found and exists(Path(path)):
            return Path(path), chosen
    path, found, chosen = text.partition("@")
    if found:
        return Path(path), chosen
    for position, letter in enumerate(text):
        if letter == ":" and exists(Path(text[:position])):
            return Path(text[:position]), text[position + 1 :]
    return Path(text), ""


def _choose(index: Index, chosen: str, name: str, options: ImageOptions) -> Descriptor:
    images = [item for item in index.manifests if not item.artifact_type]
    if not chosen and len(images) == 1:
        return images[0]
    matching = [
        item
        for item in index.manifests
        if chosen and chosen in (str(item.digest), item.annotations.get(oci.REF_NAME), item.annotations.get(_FULL_NAME))
    ]
    if matching:
        return matching[0]
    if not chosen and images and all(item.platform is not None for item in images):
        return oci.select(index, options.platform, here())
    there = ", ".join(item.annotations.get(oci.REF_NAME, str(item.digest)) for item in index.manifests) or "nothing"
    what = f"{name} has no image {chosen}" if chosen else f"{name} holds {len(images)} images"
    raise InputError(what, f"choose one as PATH:TAG or PATH@DIGEST; there are: {there}")


def _attached(indexes: tuple[Index, ...], digest: Digest, blobs: Blobs) -> tuple[Attached, ...]:
    """The SBOMs of an image that lie in the same layout: manifests whose subject is the image, or beside it."""
    found: list[Attached] = []
    beside = {str(item.digest) for item in attached.beside(indexes, digest)}
    entries = {str(item.digest): item for index in indexes for item in index.manifests}
    for name, item in entries.items():
        if item.digest == digest or item.size > oci.MAX_DOCUMENT or item.media_type not in oci.MANIFESTS:
            continue
        try:
            manifest = oci.parse(blobs.manifest(item))
        except InputError:
            continue
        if isinstance(manifest, Index):
            continue
        if name in beside or (manifest.subject is not None and manifest.subject.digest == digest):
            found.extend(attached.of_manifest(manifest))
    return tuple(sorted(found))
