"""The images that cosign keeps under ``sha256-HEX.sig``, ``.att`` and ``.sbom``: layers that are documents.

::

    {"config": {"mediaType": "application/vnd.oci.image.config.v1+json", ...},
     "layers": [{"mediaType": "application/vnd.dev.cosign.simplesigning.v1+json", "digest": "sha256:...", "size": 242,
                 "annotations": {"dev.cosignproject.cosign/signature": "MEUC..."}}]}
"""

from __future__ import annotations

from collections.abc import Sequence

from assay.errors import Malformed
from assay.formats import digest, json_bytes, oci
from assay.formats.json import Json
from assay.model.image import Descriptor, Manifest

CONFIG = "application/vnd.oci.image.config.v1+json"


def layers(data: bytes | None) -> tuple[Descriptor, ...]:
    """The layers of such an image, none where there is none; raises `Malformed` for an index."""
    if data is None:
        return ()
    manifest = oci.parse(data)
    if not isinstance(manifest, Manifest):
        raise Malformed("a tag of cosign holds an index where an image is due")
    return manifest.layers


def merged(old: bytes | None, more: Sequence[Descriptor], *, replace: bool) -> tuple[Descriptor, ...] | None:
    """The layers with more of them, or in their place; None where nothing changes."""
    there = layers(old)
    if replace:
        return tuple(more) if there != tuple(more) else None
    missing = tuple(layer for layer in more if layer not in there)
    return (*there, *missing) if missing else None


def config(wanted: Sequence[Descriptor]) -> bytes:
    """The configuration that cosign writes: one diffID for each layer, which is not compressed."""
    ids: list[Json] = [str(layer.digest) for layer in wanted]
    return json_bytes.encode(
        {
            "architecture": "",
            "created": "0001-01-01T00:00:00Z",
            "history": [{"created": "0001-01-01T00:00:00Z"} for _ in wanted],
            "os": "",
            "rootfs": {"type": "layers", "diff_ids": ids},
            "config": {},
        }
    )


def manifest(wanted: Sequence[Descriptor]) -> tuple[bytes, bytes]:
    """The manifest over these layers, and its configuration."""
    written = config(wanted)
    item = Descriptor(CONFIG, digest.sha256(written), len(written))
    return oci.write_manifest(Manifest(item, tuple(wanted), oci.MANIFEST)), written
