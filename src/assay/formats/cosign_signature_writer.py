"""Writes cosign's elder form (`assay.formats.cosign_signature` reads it): the payload, and annotations of a layer."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence

from assay.errors import UsageError
from assay.formats import cosign_signature, json_bytes, pem, strict_json
from assay.formats.json import Json
from assay.model.bundle import Bundle, LogEntry, MessageSignature


def payload(digest: str, reference: str, annotations: Mapping[str, str]) -> bytes:
    """The simple-signing document about an image."""
    optional: Json = dict(annotations) if annotations else None
    return json_bytes.encode(
        {
            "critical": {
                "identity": {"docker-reference": reference},
                "image": {"docker-manifest-digest": digest},
                "type": cosign_signature.TYPE,
            },
            "optional": optional,
        }
    )


def of_bundle(bundle: Bundle, chain: Sequence[bytes] = ()) -> dict[str, str]:
    """The annotations of the layer; raises `UsageError` for a log entry of Rekor v2, which they cannot hold."""
    content = bundle.content
    signature = content.signature if isinstance(content, MessageSignature) else b""
    found = {cosign_signature.SIGNATURE: b64encode(signature).decode()}
    if bundle.certificates:
        found[cosign_signature.CERTIFICATE] = pem.write("CERTIFICATE", bundle.certificates[0])
        found[cosign_signature.CHAIN] = "".join(pem.write("CERTIFICATE", item) for item in chain)
    for entry in bundle.entries:
        found[cosign_signature.ENTRY] = _entry(entry)
    for stamp in bundle.timestamps:
        value: Json = {"SignedRFC3161Timestamp": b64encode(stamp).decode()}
        found[cosign_signature.TIMESTAMP] = json_bytes.encode(value).decode()
    return found


def _entry(entry: LogEntry) -> str:
    if not entry.promise:
        raise UsageError("cosign's elder form holds no entries of Rekor v2", "--rekor-version 1")
    strict_json.load(entry.body, "the log entry")
    payload: Json = {
        "body": b64encode(entry.body).decode(),
        "integratedTime": entry.integrated,
        "logIndex": entry.log_index,
        "logID": entry.log_id.hex(),
    }
    value: Json = {"SignedEntryTimestamp": b64encode(entry.promise).decode(), "Payload": payload}
    return json_bytes.encode(value).decode()
