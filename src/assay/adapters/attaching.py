"""Hangs something on an image, in a registry or a layout: as an OCI 1.1 referrer, or the way cosign did before.

A referrer is a manifest with a subject; where the registry neither says with an ``OCI-Subject`` header that it has
understood it nor lists it, it is also listed under the tag ``sha256-HEX`` ("Referrers Tag Schema", distribution
specification 1.1).
cosign's elder form is an image under the tag ``sha256-HEX.sig``, ``.att`` or ``.sbom`` whose layers are the things::

    {"config": {"mediaType": "application/vnd.oci.image.config.v1+json", ...},
     "layers": [{"mediaType": "application/vnd.dev.cosign.simplesigning.v1+json", "digest": "sha256:...", "size": 242,
                 "annotations": {"dev.cosignproject.cosign/signature": "MEUC..."}}]}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from assay.adapters.registry.referrers import tag_of
from assay.errors import Malformed
from assay.formats import digest as digests
from assay.formats import json_bytes, oci
from assay.model.digest import Digest
from assay.model.image import Descriptor, Manifest

if TYPE_CHECKING:
    from assay.formats.json import Json
    from assay.ports import RegistryEdit, RegistryPush

CONFIG = "application/vnd.oci.image.config.v1+json"


class CosignTag(StrEnum):
    """What the elder tags of cosign hold, by their ending."""

    SIGNATURES = "sig"
    ATTESTATIONS = "att"
    SBOM = "sbom"


@dataclass(frozen=True, slots=True)
class Part:
    """A document that is hung on an image: one layer of the manifest."""

    data: bytes
    media_type: str
    annotations: Mapping[str, str] = field(default_factory=dict)


def attach(
    push: RegistryPush,
    subject: Descriptor,
    artifact_type: str,
    parts: Sequence[Part],
    annotations: Mapping[str, str] | None = None,
) -> Descriptor:
    """Hang a manifest of that artifact type on `subject`; its descriptor.

    The same parts and annotations give the same manifest, which is then there once.
    """
    config = push.put_blob(b"{}", oci.EMPTY)
    layers = tuple(_stored(push, part) for part in parts)
    manifest = Manifest(config, layers, oci.MANIFEST, artifact_type, subject, annotations or {})
    return push.put_manifest(oci.write_manifest(manifest), oci.MANIFEST)


def append(push: RegistryPush, edit: RegistryEdit, image: Digest, tag: CosignTag, parts: Sequence[Part]) -> None:
    """Add layers to cosign's tag of an image, unless they are there; what others add at the same time stays.

    An SBOM takes the place of the one before, as with cosign.
    """
    layers = tuple(_stored(push, part) for part in parts)

    def change(old: bytes | None) -> bytes | None:
        there = _layers(old) if tag is not CosignTag.SBOM else ()
        missing = tuple(layer for layer in layers if layer not in there)
        if not missing or (tag is CosignTag.SBOM and _layers(old) == layers):
            return None
        wanted = (*there, *missing)
        config = push.put_blob(_config(wanted), CONFIG)
        return oci.write_manifest(Manifest(config, wanted, oci.MANIFEST))

    edit.update_tag(tag_name(image, tag), change)


def tag_name(image: Digest, tag: CosignTag) -> str:
    """``sha256-HEX.sig``."""
    return f"{tag_of(image)}.{tag}"


def _stored(push: RegistryPush, part: Part) -> Descriptor:
    return replace(push.put_blob(part.data, part.media_type), annotations=dict(part.annotations))


def _layers(old: bytes | None) -> tuple[Descriptor, ...]:
    if old is None:
        return ()
    manifest = oci.parse(old)
    if not isinstance(manifest, Manifest):
        raise Malformed("a tag of cosign holds an index where an image is due")
    return manifest.layers


def _config(layers: Sequence[Descriptor]) -> bytes:
    """The configuration that cosign writes: one diffID for each layer, which is not compressed."""
    ids: list[Json] = [str(layer.digest) for layer in layers]
    return json_bytes.encode(
        {
            "architecture": "",
            "created": "0001-01-01T00:00:00Z",
            "history": [{"created": "0001-01-01T00:00:00Z"} for _ in layers],
            "os": "",
            "rootfs": {"type": "layers", "diff_ids": ids},
            "config": {},
        }
    )


def subject_of(data: bytes, media_type: str) -> Descriptor:
    """The descriptor under which a manifest is the subject of others."""
    return Descriptor(media_type, digests.sha256(data), len(data))
