"""``registry:[HOST/]NAME[:TAG|@DIGEST]``: an image in a registry, streamed: only what is not cached is fetched."""

from __future__ import annotations

from assay.adapters import attached, image_reference
from assay.adapters.image import Image, Naming, Resolved, resolve
from assay.adapters.image_reference import ImageReference
from assay.adapters.registry.blobs import RegistryBlobs
from assay.adapters.registry.client import Pull, connect
from assay.adapters.registry.referrers import tag_of
from assay.adapters.registry.transport import Policy
from assay.adapters.sources import Request
from assay.errors import DigestMismatch, ExternalError, InputError, UsageError
from assay.formats import oci
from assay.model.image import Manifest
from assay.model.sbom import Attached, Sbom

MAX_LISTED = 100
"""Referrers of one image that are looked at."""


def open_source(reference: str, request: Request, policy: Policy | None = None) -> Image | Sbom:
    """The image; raises `UsageError` while offline, `InputError` where there is none, `ExternalError` for the rest."""
    wanted = image_reference.parse(reference)
    if request.offline:
        raise UsageError(
            f"{wanted} is in a registry, and --offline forbids to ask one",
            "name a local source, or leave --offline away",
        )
    policy = policy or Policy(frozenset(request.plain_http), request.insecure)
    pull = connect(wanted, policy).pull
    blobs = RegistryBlobs(pull)
    top, data = pull.manifest(wanted.target)
    blobs.remember(top, data)
    found = resolve(blobs, top, request.image.platform)
    hanging = _attached(pull, blobs, found, strict=request.from_attached)
    image = Image(blobs, found, _naming(wanted), request.image, hanging)
    return attached.used(image, request.from_attached, request.note)


def _naming(wanted: ImageReference) -> Naming:
    return Naming(wanted.repository, wanted.name, wanted.tag)


def _attached(pull: Pull, blobs: RegistryBlobs, found: Resolved, *, strict: bool) -> tuple[Attached, ...]:
    """The SBOMs that hang on the image. A registry that cannot say is no reason to fail, unless they are wanted."""
    try:
        return tuple(sorted(set(_listed(pull, blobs, found))))
    except (ExternalError, InputError) as error:
        if strict or isinstance(error, DigestMismatch):
            raise
        return ()


def _listed(pull: Pull, blobs: RegistryBlobs, found: Resolved) -> list[Attached]:
    image = found.descriptor.digest
    hanging = [item for item in pull.referrers(image) if attached.may_hold_sbom(item)]
    hanging += attached.beside(found.indexes, image)
    sboms: list[Attached] = []
    for item in hanging[:MAX_LISTED]:
        sboms += _of(blobs.manifest(item)) if item.size <= oci.MAX_DOCUMENT else []
    for ending in ("sbom", "att"):
        tag = f"{tag_of(image)}.{ending}"
        if pull.digest(tag) is not None:
            sboms += _of(pull.manifest(tag)[1])
    return sboms


def _of(data: bytes) -> list[Attached]:
    document = oci.parse(data)
    return attached.of_manifest(document) if isinstance(document, Manifest) else []
