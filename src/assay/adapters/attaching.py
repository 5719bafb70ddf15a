"""Hangs something on an image, in a registry or a layout: as an OCI 1.1 referrer, or the way cosign did before.

A referrer is a manifest with a subject; where the registry neither says with an ``OCI-Subject`` header that it has
understood it nor lists it, it is also listed under the tag ``sha256-HEX`` ("Referrers Tag Schema", distribution
specification 1.1).
cosign's elder form is an image under the tag ``sha256-HEX.sig``, ``.att`` or ``.sbom`` (`formats.cosign_image`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from assay.adapters.registry.referrers import tag_of
from assay.formats import cosign_image, oci
from assay.formats import digest as digests
from assay.model.digest import Digest
from assay.model.image import Descriptor, Manifest

if TYPE_CHECKING:
    from assay.ports import RegistryEdit, RegistryPush


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
        wanted = cosign_image.merged(old, layers, replace=tag is CosignTag.SBOM)
        if wanted is None:
            return None
        data, config = cosign_image.manifest(wanted)
        push.put_blob(config, cosign_image.CONFIG)
        return data

    edit.update_tag(tag_name(image, tag), change)


def tag_name(image: Digest, tag: CosignTag) -> str:
    """``sha256-HEX.sig``."""
    return f"{tag_of(image)}.{tag}"


def _stored(push: RegistryPush, part: Part) -> Descriptor:
    return replace(push.put_blob(part.data, part.media_type), annotations=dict(part.annotations))


def subject_of(data: bytes, media_type: str) -> Descriptor:
    """The descriptor under which a manifest is the subject of others."""
    return Descriptor(media_type, digests.sha256(data), len(data))
