"""A layout with an index of two platforms and something attached in every form, on the index, an image, and on that."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path

from assay.adapters import attaching
from assay.adapters.attaching import CosignTag, Part
from assay.adapters.oci_layout_writer import LayoutWriter
from assay.formats import oci
from assay.formats.attachment import BUNDLE, DSSE, SIMPLE_SIGNING
from assay.model.digest import Digest
from assay.model.image import Descriptor, Manifest, Platform

CYCLONEDX = "application/vnd.cyclonedx+json"
SBOM = b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}'
SLSA = "https://slsa.dev/provenance/v1"
LAYER = "application/vnd.oci.image.layer.v1.tar"


@dataclass(frozen=True)
class Made:
    """What was made: the index and its images."""

    folder: Path
    index: Descriptor
    images: tuple[Descriptor, ...]


def envelope(image: Digest, predicate_type: str = SLSA) -> bytes:
    """A DSSE envelope about an image; the signature is none."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "app", "digest": {str(image.algorithm): image.value}}],
        "predicateType": predicate_type,
        "predicate": {"by": "nobody"},
    }
    payload = base64.b64encode(json.dumps(statement).encode()).decode()
    kind = "application/vnd.in-toto+json"
    return json.dumps({"payloadType": kind, "payload": payload, "signatures": [{"sig": "c2ln"}]}).encode()


def bundle(image: Digest, predicate_type: str = SLSA) -> bytes:
    """A bundle with such an envelope."""
    return json.dumps({"mediaType": BUNDLE, "dsseEnvelope": json.loads(envelope(image, predicate_type))}).encode()


def payload(image: Digest) -> bytes:
    """What cosign's elder signatures are over."""
    about = {"image": {"docker-manifest-digest": str(image)}, "type": "cosign container image signature"}
    return json.dumps({"critical": {"identity": {"docker-reference": "app"}, **about}, "optional": {}}).encode()


def make(folder: Path, tag: str = "v1", layer: bytes = b"") -> Made:
    """Write the layout; its layers are random unless `layer` is given."""
    writer = LayoutWriter(folder)
    images = tuple(_image(writer, architecture, layer) for architecture in ("amd64", "arm64"))
    index = writer.put_manifest(oci.write_index(images), oci.INDEX, tag)
    attaching.append(writer, writer, index.digest, CosignTag.SIGNATURES, [_signature(index.digest)])
    notes = {"predicateType": SLSA}
    attaching.append(writer, writer, index.digest, CosignTag.ATTESTATIONS, [Part(envelope(index.digest), DSSE, notes)])
    attaching.attach(writer, index, BUNDLE, [Part(bundle(index.digest), BUNDLE)])
    sbom = attaching.attach(writer, images[0], CYCLONEDX, [Part(SBOM, CYCLONEDX)])
    signed = "https://sigstore.dev/cosign/sign/v1"
    attaching.attach(writer, sbom, BUNDLE, [Part(bundle(sbom.digest, signed), BUNDLE)])
    attaching.append(writer, writer, images[1].digest, CosignTag.SBOM, [Part(SBOM, CYCLONEDX)])
    return Made(folder, index, images)


def _image(writer: LayoutWriter, architecture: str, layer: bytes) -> Descriptor:
    config = {"os": "linux", "architecture": architecture, "rootfs": {"type": "layers", "diff_ids": []}}
    item = writer.put_blob(json.dumps(config).encode(), "application/vnd.oci.image.config.v1+json")
    content = writer.put_blob(layer or os.urandom(100_000), LAYER)
    image = writer.put_manifest(oci.write_manifest(Manifest(item, (content,))), oci.MANIFEST)
    return Descriptor(image.media_type, image.digest, image.size, Platform("linux", architecture))


def _signature(image: Digest) -> Part:
    return Part(payload(image), SIMPLE_SIGNING, {"dev.cosignproject.cosign/signature": "c2ln"})
