"""The documents of container images: index, manifest and configuration (OCI image specification 1.1, Docker v2.2).

::

    {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
     "config": {"mediaType": "...", "digest": "sha256:...", "size": 1470},
     "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:...", "size": 29}]}
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress

from assay.errors import InputError, Malformed, UsageError
from assay.formats import digest, json
from assay.formats.json import Json, Object, as_list, as_object, as_text
from assay.model.digest import Digest
from assay.model.image import Descriptor, ImageConfig, Index, Manifest, Platform

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEXES = frozenset({INDEX, DOCKER_INDEX})
MANIFESTS = frozenset({MANIFEST, DOCKER_MANIFEST})
EMPTY = "application/vnd.oci.empty.v1+json"
"""The media type of ``{}``, which stands where nothing is to be said (image specification 1.1, "Empty Descriptor")."""
REF_NAME = "org.opencontainers.image.ref.name"
MAX_DOCUMENT = 4 << 20
"""Bytes; registries refuse larger manifests (OCI distribution specification, "Pushing Manifests")."""
MAX_LAYERS = 1024

_ATTESTATION = "vnd.docker.reference.type"


def parse(data: bytes) -> Index | Manifest:
    """An index or an image manifest, told by its content where the media type is left out."""
    document = json.load_object(data)
    media_type = as_text(document.get("mediaType"))
    if media_type in INDEXES or ("manifests" in document and "layers" not in document):
        return _index(document)
    if media_type and media_type not in MANIFESTS:
        raise Malformed(f"{media_type[:100]} is neither an image index nor an image manifest")
    if "config" not in document or "layers" not in document:
        raise Malformed("neither an image index nor an image manifest")
    return _manifest(document, media_type)


def _index(document: Object) -> Index:
    manifests = tuple(descriptor(item) for item in as_list(document.get("manifests")))
    return Index(manifests, _strings(document.get("annotations")))


def _manifest(document: Object, media_type: str) -> Manifest:
    layers = as_list(document.get("layers"))
    if len(layers) > MAX_LAYERS:
        raise Malformed(f"{len(layers)} layers (at most {MAX_LAYERS})")
    subject = document.get("subject")
    return Manifest(
        descriptor(document.get("config")),
        tuple(descriptor(item) for item in layers),
        media_type or MANIFEST,
        as_text(document.get("artifactType")),
        descriptor(subject) if isinstance(subject, dict) else None,
        _strings(document.get("annotations")),
    )


def descriptor(value: Json) -> Descriptor:
    """One descriptor; raises `Malformed` without a digest and a size."""
    item = as_object(value)
    size = item.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise Malformed("descriptor without a size")
    return Descriptor(
        as_text(item.get("mediaType")),
        digest.parse(as_text(item.get("digest"))),
        size,
        _platform(item["platform"]) if "platform" in item else None,
        _strings(item.get("annotations")),
        as_text(item.get("artifactType")),
    )


def described(data: bytes, media_type: str) -> Descriptor:
    """The descriptor of a manifest; the media type that a manifest itself gives wins over that of a header."""
    if media_type in ("", "application/json", "text/plain", "application/octet-stream"):
        with suppress(Malformed):
            media_type = as_text(json.load_object(data).get("mediaType")) or media_type
    return Descriptor(media_type, digest.sha256(data), len(data))


def write_index(manifests: Sequence[Descriptor]) -> bytes:
    """An index of descriptors, as the tag of the referrers of an image holds it."""
    import json as writer

    document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [_written(item) for item in manifests]}
    return writer.dumps(document, separators=(",", ":")).encode()


def with_entries(old: bytes | None, more: Sequence[Descriptor]) -> bytes | None:
    """An index with more entries; None where it has them. What the others say stays as it is.

    Raises `Malformed` for what is no index: it is not ours to throw away.
    """
    if old is None:
        return write_index(more) if more else None
    known = {item.digest for item in entries(old)}
    missing: list[Json] = [_written(item) for item in more if item.digest not in known]
    return _with_manifests(old, lambda there: [*there, *missing]) if missing else None


def without_entries(old: bytes, unwanted: Collection[Digest]) -> bytes | None:
    """An index without some of its entries; None where it has none of them. Raises as `with_entries`."""
    if not any(item.digest in unwanted for item in entries(old)):
        return None
    return _with_manifests(old, lambda there: [item for item in there if descriptor(item).digest not in unwanted])


def _with_manifests(old: bytes, change: Callable[[list[Json]], list[Json]]) -> bytes:
    import json as writer

    document = json.load_object(old)
    document["manifests"] = change(as_list(document.get("manifests")))
    return writer.dumps(document, separators=(",", ":")).encode()


def entries(data: bytes | None) -> Sequence[Descriptor]:
    """The entries of an index, none of None; raises `Malformed` for what is no index."""
    if data is None:
        return ()
    index = parse(data)
    if not isinstance(index, Index):
        raise Malformed("an image where an index is due")
    return index.manifests


def write_manifest(manifest: Manifest) -> bytes:
    """An image manifest; a subject is written as what it is, without annotations."""
    import json as writer

    document: Object = {"schemaVersion": 2, "mediaType": manifest.media_type or MANIFEST}
    if manifest.artifact_type:
        document["artifactType"] = manifest.artifact_type
    document["config"] = _written(manifest.config)
    document["layers"] = [_written(item) for item in manifest.layers]
    if manifest.subject is not None:
        about = manifest.subject
        document["subject"] = {"mediaType": about.media_type, "digest": str(about.digest), "size": about.size}
    if manifest.annotations:
        document["annotations"] = dict(manifest.annotations)
    return writer.dumps(document, separators=(",", ":")).encode()


def _written(item: Descriptor) -> Object:
    written: Object = {"mediaType": item.media_type, "digest": str(item.digest), "size": item.size}
    if item.artifact_type:
        written["artifactType"] = item.artifact_type
    if item.annotations:
        written["annotations"] = dict(item.annotations)
    if item.platform is not None:
        parts = {"os": item.platform.os, "architecture": item.platform.architecture, "variant": item.platform.variant}
        written["platform"] = {key: value for key, value in parts.items() if value}
    return written


def parse_config(data: bytes) -> ImageConfig:
    """The configuration of an image; an artifact's configuration that is no JSON object counts as empty."""
    document = json.load_object(data)
    history = [as_object(item) for item in as_list(document.get("history"))]
    with_layer = [as_text(item.get("created_by")) for item in history if item.get("empty_layer") is not True]
    return ImageConfig(
        _platform(document),
        tuple(as_text(item) for item in as_list(as_object(document.get("rootfs")).get("diff_ids"))),
        tuple(with_layer),
        _strings(as_object(document.get("config")).get("Labels")),
        as_text(document.get("created")),
    )


def parse_platform(text: str) -> Platform:
    """``linux/arm64/v8``, ``arm64`` (of linux), ``windows`` (on amd64), with the usual aliases (x86_64, aarch64)."""
    parts = text.strip().split("/")
    if len(parts) == 1:
        parts = [*parts, "amd64"] if parts[0] in _SYSTEMS else ["linux", *parts]
    if len(parts) > 3 or not all(parts):
        raise UsageError(f"{text!r} is no platform", "write it as OS/ARCHITECTURE[/VARIANT], for example linux/arm64")
    architecture = _ALIASES.get(parts[1], parts[1])
    return Platform(parts[0], architecture, parts[2] if len(parts) == 3 else "")


_SYSTEMS = frozenset(("linux", "windows", "darwin", "freebsd"))
_ALIASES = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "i386": "386", "armhf": "arm", "armel": "arm"}


def select(index: Index, wanted: Platform | None, default: Platform) -> Descriptor:
    """The manifest for a platform; where none is wanted, `default`'s, else the only one there is.

    Raises `InputError` that names the platforms that are there.
    """
    images = [item for item in index.manifests if _ATTESTATION not in item.annotations]
    matching = [item for item in images if item.platform is not None and _fits(item.platform, wanted or default)]
    if matching:
        return matching[0]
    if len(images) == 1 and (wanted is None or images[0].platform is None):
        return images[0]
    there = ", ".join(sorted({str(item.platform) for item in images if item.platform})) or "none"
    raise InputError(f"no image for {wanted or default}", f"choose with --platform; there are: {there}")


def expect(there: Platform, wanted: Platform | None) -> None:
    """Raise `InputError` where a platform is wanted and an image says that it is for another."""
    if wanted is not None and there.os and not _fits(there, wanted):
        raise InputError(f"no image for {wanted}", f"choose with --platform; there are: {there}")


def _fits(there: Platform, wanted: Platform) -> bool:
    same = (there.os, there.architecture) == (wanted.os, wanted.architecture)
    return same and (not wanted.variant or not there.variant or there.variant == wanted.variant)


def created_by(config: ImageConfig, layers: Sequence[Descriptor]) -> tuple[str, ...]:
    """Which command made each layer; empty strings where history and layers do not agree in number."""
    return config.created_by if len(config.created_by) == len(layers) else ("",) * len(layers)


def _platform(value: Json) -> Platform:
    item = as_object(value)
    return Platform(*(as_text(item.get(key)) for key in ("os", "architecture", "variant")))


def _strings(value: Json) -> dict[str, str]:
    return {key: text for key, text in as_object(value).items() if isinstance(text, str)}
