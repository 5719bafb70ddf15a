"""What a manifest that hangs on an image is: told by its media types and annotations, and by a look inside.

============================================================  ============================================
artifact type or media type of a layer                        kind
============================================================  ============================================
``application/vnd.dev.sigstore.bundle...``                    signature for the predicate type of cosign's
                                                              signatures or a bare signature, else attestation
``application/vnd.dev.cosign.simplesigning.v1+json``          signature
``application/vnd.dev.cosign.artifact.sig.v1+json``           signature
``application/vnd.cncf.notary.signature``                     signature
``application/vnd.dsse.envelope.v1+json``, ``...in-toto...``  attestation
names with cyclonedx, spdx, syft or sbom                      sbom
============================================================  ============================================
"""

from __future__ import annotations

import base64
import binascii

from assay.errors import Malformed
from assay.formats import json
from assay.formats.intoto import SIGNED_IMAGE
from assay.formats.json import Object, as_object, as_text
from assay.model.image import Descriptor, Manifest
from assay.model.image_tree import AttachedKind, Document

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
DSSE = "application/vnd.dsse.envelope.v1+json"
SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
CONTENT = "dev.sigstore.bundle.content"
PREDICATE = "dev.sigstore.bundle.predicateType"
COSIGN_PREDICATE = "predicateType"
MAX_LOOKED_INTO = 8 << 20
"""Bytes of a document that is opened to learn what it is about."""

_PREDICATES = (PREDICATE, "in-toto.io/predicate-type", COSIGN_PREDICATE)
_SIGNATURES = ("simplesigning", "cosign.artifact.sig", "notary.signature")
_STATEMENTS = ("in-toto", "dsse")
_SBOMS = ("cyclonedx", "spdx", "syft", "sbom")


def documents(manifest: Manifest) -> tuple[Document, ...]:
    """The layers of an attached manifest, as far as can be told without reading them."""
    return tuple(_document(manifest, layer) for layer in manifest.layers)


def _document(manifest: Manifest, layer: Descriptor) -> Document:
    notes = {**manifest.annotations, **layer.annotations}
    predicate = next((notes[key] for key in _PREDICATES if key in notes), "")
    about = f"{layer.media_type} {manifest.artifact_type}".lower()
    if any(word in about for word in _SIGNATURES):
        return Document(AttachedKind.SIGNATURE, layer)
    if "sigstore.bundle" in about:
        return Document(_of_bundle(predicate, notes.get(CONTENT, "")), layer, predicate)
    if any(word in about for word in _STATEMENTS):
        return Document(AttachedKind.ATTESTATION, layer, predicate)
    kind = AttachedKind.SBOM if any(word in about for word in _SBOMS) else AttachedKind.OTHER
    return Document(kind, layer, predicate)


def _of_bundle(predicate: str, content: str) -> AttachedKind:
    signs = predicate == SIGNED_IMAGE or content == "message-signature"
    return AttachedKind.SIGNATURE if signs else AttachedKind.ATTESTATION


def unclear(document: Document) -> bool:
    """Whether only a look into the document tells what its statement is about."""
    about = document.item.media_type.lower()
    told = document.predicate_type or document.kind is not AttachedKind.ATTESTATION
    return not told and document.item.size <= MAX_LOOKED_INTO and ("json" in about or "in-toto" in about)


def looked_into(document: Document, data: bytes) -> Document:
    """The document with the predicate type that its content gives: a bundle, an envelope or a bare statement."""
    try:
        predicate, bare = predicate_type(data)
    except Malformed:
        return document
    kind = AttachedKind.SIGNATURE if bare or predicate == SIGNED_IMAGE else document.kind
    return Document(kind, document.item, predicate)


def predicate_type(data: bytes) -> tuple[str, bool]:
    """The predicate type of a bundle, envelope or statement, and whether it is a bundle with a bare signature.

    Nothing is verified. Raises `Malformed` for what is none of these.
    """
    value = json.load_object(data)
    if "messageSignature" in value:
        return "", True
    return as_text(statement(value).get("predicateType")), False


def statement(value: Object) -> Object:
    """The statement in a bundle or an envelope, or the value itself; raises `Malformed` for a payload that is none."""
    if "dsseEnvelope" in value:
        value = as_object(value["dsseEnvelope"])
    if "payloadType" not in value:
        return value
    try:
        payload = base64.b64decode(as_text(value.get("payload")), validate=False)
    except (binascii.Error, ValueError) as error:
        raise Malformed("the payload of the envelope is not base64") from error
    return json.load_object(payload)


def overall(found: tuple[Document, ...]) -> AttachedKind:
    """The kind of a manifest: that of its documents, if they are of one kind."""
    kinds = {document.kind for document in found}
    return kinds.pop() if len(kinds) == 1 else AttachedKind.OTHER
