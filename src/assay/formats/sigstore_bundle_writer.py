"""Writes Sigstore bundles of version 0.3 (`assay.formats.sigstore_bundle` reads them)."""

from __future__ import annotations

from base64 import b64encode

from assay.formats import json_bytes
from assay.formats.json import Json, Object
from assay.formats.sigstore_bundle import ALGORITHMS
from assay.model.bundle import Bundle, Envelope, InclusionProof, LogEntry, MessageSignature

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_NAMES = {name: word for word, name in ALGORITHMS.items()}


def write(bundle: Bundle) -> bytes:
    """The bundle as JSON."""
    material: Object = {
        "certificate": {"rawBytes": _text(bundle.certificates[0])} if bundle.certificates else None,
        "publicKey": None if bundle.certificates else {"hint": bundle.key_hint},
        "tlogEntries": [_entry(item) for item in bundle.entries],
        "timestampVerificationData": {
            "rfc3161Timestamps": [{"signedTimestamp": _text(item)} for item in bundle.timestamps]
        },
    }
    if bundle.certificates:
        del material["publicKey"]
    else:
        del material["certificate"]
    return json_bytes.encode({"mediaType": MEDIA_TYPE, "verificationMaterial": material, **_content(bundle.content)})


def envelope(content: Envelope) -> Object:
    """A DSSE envelope."""
    signatures: list[Json] = [
        {"sig": _text(item.signature), **({"keyid": item.key_id} if item.key_id else {})} for item in content.signatures
    ]
    return {"payload": _text(content.payload), "payloadType": content.payload_type, "signatures": signatures}


def envelope_bytes(content: Envelope) -> bytes:
    """A DSSE envelope as JSON: logged and stored must be the same bytes, for an entry of Rekor v1 has their digest."""
    return json_bytes.encode(envelope(content))


def _content(content: MessageSignature | Envelope) -> Object:
    if isinstance(content, Envelope):
        return {"dsseEnvelope": envelope(content)}
    signed: Object = {"signature": _text(content.signature)}
    if content.digest:
        signed["messageDigest"] = {"algorithm": _NAMES[content.algorithm], "digest": _text(content.digest)}
    return {"messageSignature": signed}


def _entry(entry: LogEntry) -> Json:
    found: Object = {
        "logIndex": str(entry.log_index),
        "logId": {"keyId": _text(entry.log_id)},
        "kindVersion": {"kind": entry.kind, "version": entry.version},
        "canonicalizedBody": _text(entry.body),
    }
    if entry.integrated:
        found["integratedTime"] = str(entry.integrated)
    if entry.promise:
        found["inclusionPromise"] = {"signedEntryTimestamp": _text(entry.promise)}
    if entry.proof is not None:
        found["inclusionProof"] = _proof(entry.proof)
    return found


def _proof(proof: InclusionProof) -> Json:
    return {
        "logIndex": str(proof.log_index),
        "rootHash": _text(proof.root),
        "treeSize": str(proof.tree_size),
        "hashes": [_text(item) for item in proof.hashes],
        "checkpoint": {"envelope": proof.checkpoint},
    }


def _text(data: bytes) -> str:
    return b64encode(data).decode()
