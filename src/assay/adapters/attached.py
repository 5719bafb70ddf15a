"""The SBOMs that hang on an image: referrers, what BuildKit puts beside the image in its index, and cosign's tags.

A referrer is a manifest whose ``subject`` is the image (OCI image specification 1.1). BuildKit marks a manifest of
the index with ``vnd.docker.reference.digest`` and stores in-toto statements as its layers. cosign pushes tags named
after the digest: ``sha256-HEX.sbom`` and ``sha256-HEX.att``. Attestations are looked into and not verified here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from assay.adapters import blob
from assay.adapters.image import Blobs, Image
from assay.errors import InputError, LimitExceeded, Malformed
from assay.formats import digest, json
from assay.formats.compression import ByteStream
from assay.model.digest import Digest
from assay.model.image import Descriptor, Index, Manifest
from assay.model.sbom import Attached, Sbom

MAX_DOCUMENT = 256 << 20
_SBOM_WORDS = ("cyclonedx", "spdx", "syft", "sbom")
_PREDICATES = ("in-toto.io/predicate-type", "predicateType", "dev.sigstore.bundle.predicateType")
_REFERENCE = "vnd.docker.reference.digest"


def of_manifest(manifest: Manifest) -> list[Attached]:
    """The SBOMs among the layers of a manifest that speaks of an image."""
    return [
        Attached(str(layer.digest), layer.media_type, manifest.artifact_type or _predicate(layer), layer.size)
        for layer in manifest.layers
        if any(word in _about(manifest, layer) for word in _SBOM_WORDS)
    ]


def may_hold_sbom(item: Descriptor) -> bool:
    """Whether a referrer is worth a look: by its artifact type, where it has one."""
    about = f"{item.artifact_type} {' '.join(item.annotations.values())}".lower()
    known = item.artifact_type and "in-toto" not in about and "sigstore.bundle" not in about
    return not known or any(word in about for word in _SBOM_WORDS)


def beside(indexes: Iterable[Index], image: Digest) -> list[Descriptor]:
    """The attestation manifests that BuildKit put into an index for one of its images."""
    return [item for index in indexes for item in index.manifests if item.annotations.get(_REFERENCE) == str(image)]


def _predicate(layer: Descriptor) -> str:
    return next((layer.annotations[key] for key in _PREDICATES if key in layer.annotations), "")


def _about(manifest: Manifest, layer: Descriptor) -> str:
    predicate = _predicate(layer) or _predicate_of(manifest)
    return f"{manifest.artifact_type} {layer.media_type} {predicate}".lower()


def _predicate_of(manifest: Manifest) -> str:
    return next((manifest.annotations[key] for key in _PREDICATES if key in manifest.annotations), "")


def used(image: Image, from_attached: bool, note: Callable[[str], None]) -> Image | Sbom:
    """The image, or the SBOM that hangs on it where that is wanted; raises `InputError` where there is none.

    Of several, CycloneDX is taken before SPDX before others, and plain documents before attestations; `note` hears
    which one that is.
    """
    if not from_attached:
        return image
    faults = []
    for item in sorted(image.attached, key=_rank):
        try:
            found = read(image.blobs, item)
        except Malformed as error:
            faults.append(error.what)
            continue
        _tell(item, image, faults, note)
        return found
    if faults:
        raise InputError(f"no SBOM attached to the image can be read: {faults[0]}", "leave --from-attached away")
    raise InputError("the image has no SBOM attached", "leave --from-attached away to make one")


def _tell(item: Attached, image: Image, faults: list[str], note: Callable[[str], None]) -> None:
    """Which of several was taken, and how to get at the others."""
    if len(image.attached) > 1:
        unread = f" ({len(faults)} before it cannot be read: {faults[0]})" if faults else ""
        note(
            f"{len(image.attached)} SBOMs hang on the image: {item.digest} ({item.media_type}) is taken{unread}; "
            "`assay image download sbom IMAGE --output-dir DIR` reads them out, to name one instead"
        )


def _rank(item: Attached) -> tuple[int, bool, Attached]:
    about = f"{item.media_type} {item.artifact_type}".lower()
    order = [position for position, word in enumerate(_SBOM_WORDS) if word in about]
    return (min(order, default=len(_SBOM_WORDS)), "in-toto" in about or "dsse" in about, item)


def read(blobs: Blobs, item: Attached) -> Sbom:
    """One attached SBOM, its digest verified."""
    if item.size > MAX_DOCUMENT:
        raise LimitExceeded(f"attached SBOM of {item.size} bytes (at most {MAX_DOCUMENT})")
    wanted = Descriptor(item.media_type, digest.parse(item.digest), item.size)
    with blob.verified(lambda: blobs.open(wanted), wanted.digest, wanted.size)() as stream:
        data = _all(stream, item.size)
    from assay.formats import sbom_document

    return sbom_document.read(_unbundled(data))


def _unbundled(data: bytes) -> bytes:
    """The DSSE envelope of a Sigstore bundle; `data` itself where it is none."""
    import json as writer

    if b'"dsseEnvelope"' not in data:
        return data
    envelope = json.load_object(data).get("dsseEnvelope")
    return writer.dumps(envelope).encode() if isinstance(envelope, dict) else data


def _all(stream: ByteStream, size: int) -> bytes:
    buffer, filled = bytearray(size + 1), 0
    view = memoryview(buffer)
    while filled <= size and (count := stream.readinto(view[filled:])):
        filled += count
    return bytes(view[:filled])
