"""What is attached to an image is added from files made elsewhere, read out, and taken away."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from assay.adapters import attaching, places
from assay.adapters.attaching import CosignTag, Part
from assay.adapters.registry.referrers import tag_of
from assay.app.images import ImageRequest, tree
from assay.errors import UsageError
from assay.formats import attachment, oci
from assay.model.digest import Digest
from assay.model.image import Index
from assay.model.image_tree import AttachedKind, Form, Node
from assay.workflows import image_tree

if TYPE_CHECKING:
    from assay.adapters.places import Place
    from assay.model.image import Descriptor
    from assay.model.image_tree import Document

MAX_DOCUMENT = 256 << 20


@dataclass(frozen=True, slots=True)
class Hung:
    """Where something was hung: the image, and the digest of the referrer or the tag."""

    image: Digest
    place: str


@dataclass(frozen=True, slots=True)
class ToAttach:
    """Parts to hang on an image, as a referrer of that artifact type or (`tag`) in cosign's elder form."""

    parts: Sequence[Part]
    artifact_type: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
    tag: CosignTag | None = None


def subject(request: ImageRequest) -> tuple[Place, Descriptor]:
    """The manifest or index that `request` names, or the image of a platform in it."""
    place = places.source(request.image, request.access)
    item, data = place.pull.manifest(place.chosen)
    if request.platform:
        index = oci.parse(data)
        if isinstance(index, Index):
            platform = oci.parse_platform(request.platform)
            item, _ = place.pull.manifest(str(oci.select(index, platform, platform).digest))
    return place, item


def attach(place: Place, image: Descriptor, wanted: ToAttach) -> Hung:
    """Hang it; raises `UsageError` for a place that cannot be written to."""
    if place.target is None or place.edit is None:
        raise UsageError(f"{place.name} cannot be added to", "`assay image copy` it to oci-dir:PATH first")
    if wanted.tag is not None:
        attaching.append(place.target, place.edit, image.digest, wanted.tag, wanted.parts)
        return Hung(image.digest, attaching.tag_name(image.digest, wanted.tag))
    added = attaching.attach(place.target, image, wanted.artifact_type, wanted.parts, wanted.annotations)
    return Hung(image.digest, str(added.digest))


def documents(request: ImageRequest, kind: AttachedKind) -> Iterator[tuple[Document, bytes]]:
    """The documents of that kind which hang on the image itself, verified against their digests and nothing else."""
    place, node = tree(request)
    for item in node.attached:
        for document in item.hangs.documents if item.hangs is not None else ():
            if document.kind is kind:
                yield document, image_tree.content(place.pull, document.item, MAX_DOCUMENT)


def bundles(request: ImageRequest) -> Iterator[tuple[Document, bytes]]:
    """The Sigstore bundles that hang on the image itself."""
    for kind in (AttachedKind.SIGNATURE, AttachedKind.ATTESTATION):
        for document, data in documents(request, kind):
            if "sigstore.bundle" in document.item.media_type:
                yield document, data


@dataclass(frozen=True, slots=True)
class Unwanted:
    """Something attached that is to be taken away, and the image that it hangs on."""

    image: Digest
    node: Node


def unwanted(node: Node, kinds: frozenset[AttachedKind] | None) -> list[Unwanted]:
    """What hangs on the image and on the images of an index, the outermost first; BuildKit's is part of the index."""
    found: list[Unwanted] = []
    for child in node.children:
        found += unwanted(child, kinds)
    for item in node.attached:
        if item.hangs is not None and (kinds is None or item.hangs.kind in kinds):
            found += [*unwanted(item, None), Unwanted(node.item.digest, item)]
        else:
            found += unwanted(item, kinds)
    return found


def remove(place: Place, items: Sequence[Unwanted]) -> None:
    """Delete manifests and tags, and what lists them; raises `ExternalError` where the registry forbids it."""
    if place.edit is None:
        raise UsageError(f"nothing can be taken out of {place.name}", "`assay image copy --only none` leaves it behind")
    edit = place.edit
    for item in items:
        hangs = item.node.hangs
        if hangs is not None and hangs.form is Form.TAG:
            edit.delete_tag(hangs.tag)
        else:
            edit.delete_manifest(item.node.item.digest)
    for image in dict.fromkeys(item.image for item in items):
        gone = {item.node.item.digest for item in items if item.image == image}
        tag = tag_of(image)
        if place.pull.digest(tag) is None:
            continue
        edit.update_tag(tag, partial(_struck, gone=gone))
        if not oci.entries(place.pull.manifest(tag)[1]):
            edit.delete_tag(tag)


def _struck(old: bytes | None, gone: Collection[Digest]) -> bytes | None:
    return oci.without_entries(old, gone) if old is not None else None


def bundle_annotations(predicate: str, created: str) -> dict[str, str]:
    """The annotations of a bundle that cosign looks for; a bundle without a predicate holds a bare signature."""
    content = {attachment.CONTENT: "dsse-envelope" if predicate else "message-signature"}
    told = {attachment.PREDICATE: predicate} if predicate else {}
    return content | told | {"org.opencontainers.image.created": created}
