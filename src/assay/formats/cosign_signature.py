"""Signatures in the layers of cosign's ``.sig`` and ``.att`` images: what is signed, and the proofs in annotations.

::

    {"critical": {"identity": {"docker-reference": "registry.example/app"},
                  "image": {"docker-manifest-digest": "sha256:…"}, "type": "cosign container image signature"},
     "optional": {"env": "prod"}}

========================================== =================================================
annotation of the layer                    content
========================================== =================================================
``dev.cosignproject.cosign/signature``     base64; empty for envelopes, which hold their own
``dev.sigstore.cosign/certificate``        PEM
``dev.sigstore.cosign/chain``              PEM
``dev.sigstore.cosign/bundle``             JSON: entry of Rekor v1 with its promise
``dev.sigstore.cosign/rfc3161timestamp``   JSON: ``{"SignedRFC3161Timestamp": "…"}``
========================================== =================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from assay.errors import Malformed
from assay.formats import dsse, pem, strict_json
from assay.formats.json import Object
from assay.formats.sigstore_bundle import rekor_bundle
from assay.formats.strict_json import Reader
from assay.model.bundle import Bundle, Envelope, LogEntry, MessageSignature

SIGNATURE = "dev.cosignproject.cosign/signature"
CERTIFICATE = "dev.sigstore.cosign/certificate"
CHAIN = "dev.sigstore.cosign/chain"
ENTRY = "dev.sigstore.cosign/bundle"
TIMESTAMP = "dev.sigstore.cosign/rfc3161timestamp"
TYPE = "cosign container image signature"
_TYPES = frozenset((TYPE, "atomic container signature"))


class Payload(NamedTuple):
    """What a simple-signing document claims: the manifest's digest, the name it had, and annotations."""

    digest: str
    reference: str
    annotations: Object


def payload(data: bytes) -> Payload:
    """The document that was signed; raises `Malformed` for what is none."""
    value = Reader(strict_json.load(data, "the signed payload"), "the signed payload")
    critical = value.object("critical")
    if critical.text("type") not in _TYPES:
        raise Malformed(f"the signed payload is of the type {critical.text('type')[:60]!r}")
    optional = value.value.get("optional")
    return Payload(
        critical.object("image").text("docker-manifest-digest"),
        critical.object("identity").text("docker-reference", ""),
        optional if isinstance(optional, dict) else {},
    )


def of_layer(annotations: Mapping[str, str], data: bytes, *, envelope: bool) -> Bundle:
    """The signature of a layer with its material; raises `Malformed`."""
    content: MessageSignature | Envelope
    if envelope:
        content = dsse.read(data)
    else:
        content = MessageSignature(strict_json.decode(annotations.get(SIGNATURE, ""), f"the annotation {SIGNATURE}"))
        if not content.signature:
            raise Malformed(f"the layer has no annotation {SIGNATURE}")
    found = _certificates(annotations)
    hint = "" if found else "-"
    return Bundle("annotations", content, found, hint, _entries(annotations), _timestamps(annotations))


def _certificates(annotations: Mapping[str, str]) -> tuple[bytes, ...]:
    leaf, chain = annotations.get(CERTIFICATE, ""), annotations.get(CHAIN, "")
    if not leaf.strip():
        return ()
    return (*pem.certificates(leaf.encode()), *(pem.certificates(chain.encode()) if chain.strip() else ()))


def _entries(annotations: Mapping[str, str]) -> tuple[LogEntry, ...]:
    text = annotations.get(ENTRY, "")
    if not text or text == "null":
        return ()
    return (rekor_bundle(Reader(strict_json.load(text, f"the annotation {ENTRY}"), f"the annotation {ENTRY}")),)


def _timestamps(annotations: Mapping[str, str]) -> tuple[bytes, ...]:
    text = annotations.get(TIMESTAMP, "")
    if not text or text == "null":
        return ()
    value = Reader(strict_json.load(text, f"the annotation {TIMESTAMP}"), f"the annotation {TIMESTAMP}")
    return (value.binary("SignedRFC3161Timestamp"),)
