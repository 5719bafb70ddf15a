"""A container image as a source, wherever its blobs lie."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from assay.adapters import blob
from assay.adapters.image_options import ImageOptions
from assay.adapters.tar_layer import TarLayer
from assay.errors import InputError, Malformed
from assay.formats import digest, oci, purl
from assay.formats.compression import ByteStream
from assay.model.component import Component, ComponentType, Property
from assay.model.digest import Digest
from assay.model.image import Descriptor, ImageConfig, Index, Manifest, Platform
from assay.model.sbom import Attached, Layer
from assay.ports import LayerSource

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}


class Blobs(Protocol):
    """Where blobs and manifests are read from, by digest."""

    def open(self, item: Descriptor) -> AbstractContextManager[ByteStream]:
        """The stored bytes; raises `InputError` where they are missing. The caller verifies them."""
        ...

    def manifest(self, item: Descriptor) -> bytes:
        """A small document; the caller verifies it."""
        ...

    def check(self, item: Descriptor) -> None:
        """Raise `InputError` where it is known, without reading or asking, that the blob is not what it should be."""
        ...


@dataclass(frozen=True, slots=True)
class Resolved:
    """The documents of one image, verified; `indexes` are those that were passed on the way."""

    descriptor: Descriptor
    manifest: Manifest
    config: ImageConfig
    indexes: tuple[Index, ...] = ()


@dataclass(frozen=True, slots=True)
class Naming:
    """What the root component is called: ``Naming("library/debian", "docker.io/library/debian", "12")``."""

    name: str
    repository_url: str = ""
    tag: str = ""


class Image:
    """A `assay.ports.Source` over an image manifest; every blob is checked against its digest while it is read."""

    def __init__(
        self,
        blobs: Blobs,
        found: Resolved,
        naming: Naming,
        options: ImageOptions | None = None,
        attached: Sequence[Attached] = (),
    ) -> None:
        self.blobs = blobs
        self._options = options or ImageOptions()
        self.descriptor, self.manifest, self.config = found.descriptor, found.manifest, found.config
        oci.expect(self.descriptor.platform or self.config.platform, self._options.platform)
        self.attached = attached
        self.subject = self._root(naming)

    def _root(self, naming: Naming) -> Component:
        value = self.descriptor.digest
        architecture = self.config.platform.architecture
        qualifiers = {"arch": architecture, "repository_url": naming.repository_url, "tag": naming.tag}
        labels = sorted(self.config.labels.items())
        last = naming.name.rpartition("/")[2] or "image"
        return Component(
            naming.name or "image",
            str(value),
            ComponentType.CONTAINER,
            purl=purl.build("oci", last.lower(), str(value), qualifiers=qualifiers),
            digests=(value,),
            properties=(
                Property("assay:image:platform", str(self.config.platform)),
                *(Property(f"assay:image:label:{key}", text) for key, text in labels),
            ),
        )

    @property
    def layers(self) -> Sequence[LayerSource]:
        """The layers from the base up; those that are no file system (signatures, models) are left out."""
        commands = oci.created_by(self.config, self.manifest.layers)
        most = 2 * sum(item.size for item in self.manifest.layers) // 3
        sources = []
        for position, item in enumerate(self.manifest.layers):
            diff_id = self.config.diff_ids[position] if position < len(self.config.diff_ids) else ""
            layer = Layer(position, str(item.digest), diff_id, commands[position], item.media_type, max(item.size, 0))
            sources.append(self._layer(layer, item, alone=item.size > most))
        return sources

    def _layer(self, layer: Layer, item: Descriptor, *, alone: bool) -> LayerSource:
        """`alone` where it has over two thirds of all bytes, so that the others are read long before it."""
        self.blobs.check(item)  # findings that are cached read no layer, but it must be there
        opener = blob.verified(
            lambda: self.blobs.open(item), item.digest, item.size, self._options.progress, alone=alone
        )
        diff_id = None
        if self._options.verify_diff_ids:
            diff_id = digest.find(layer.diff_id)
            layer = replace(layer, digest="")  # a cached result has verified nothing
            if diff_id is None:
                raise InputError(f"layer {layer.position} has no diffID to verify", "leave --verify-diffids away")
        return TarLayer(layer, opener, diff_id)


def read(blobs: Blobs, item: Descriptor) -> bytes:
    """A small document of the image, verified."""
    if item.size > oci.MAX_DOCUMENT:
        raise Malformed(f"{item.digest} is said to have {item.size} bytes (at most {oci.MAX_DOCUMENT})")
    return blob.check(blobs.manifest(item), item.digest, item.size)


def resolve(blobs: Blobs, item: Descriptor, wanted: Platform | None) -> Resolved:
    """Follow indexes down to the manifest of one image, for the wanted platform or this machine's."""
    indexes: list[Index] = []
    for _ in range(4):
        document = oci.parse(read(blobs, item))
        if isinstance(document, Manifest):
            return Resolved(item, document, _config(blobs, document), tuple(indexes))
        assert isinstance(document, Index)
        indexes.append(document)
        item = oci.select(document, wanted, here())
    raise Malformed("image indexes nested deeper than 4")


def _config(blobs: Blobs, manifest: Manifest) -> ImageConfig:
    if manifest.config.media_type == "application/vnd.oci.empty.v1+json":
        return ImageConfig(Platform("", ""))
    return oci.parse_config(read(blobs, manifest.config))


def here() -> Platform:
    """The platform of this machine, with linux as the system that images are made for."""
    machine = platform.machine().lower()
    return Platform("linux", _ARCHITECTURES.get(machine, machine))


def digest_of(component: Component) -> Digest | None:
    """The manifest digest of an image's root component."""
    return component.digests[0] if component.digests else None
