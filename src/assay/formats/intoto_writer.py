"""Writes in-toto statements (`assay.formats.intoto` reads them), and the predicates that are more than a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assay.formats import json, json_bytes
from assay.formats.json import Json, Object

V1 = "https://in-toto.io/Statement/v1"
V0_1 = "https://in-toto.io/Statement/v0.1"


def write(
    subjects: Sequence[tuple[str, str, str]],
    predicate_type: str,
    predicate: Json,
    version: str = V1,
    notes: Mapping[str, str] | None = None,
) -> bytes:
    """A statement about subjects (name, algorithm, digest in hexadecimal); `notes` are annotations of each."""
    more: Object = {"annotations": dict(notes)} if notes else {}
    named: list[Json] = [{"name": name, "digest": {algorithm: value}, **more} for name, algorithm, value in subjects]
    return json_bytes.encode(
        {"_type": version, "subject": named, "predicateType": predicate_type, "predicate": predicate}
    )


def predicate(data: bytes, predicate_type: str, timestamp: str) -> Json:
    """The predicate out of a file: JSON as it is; for cosign's custom type the text with its time."""
    if predicate_type == "https://cosign.sigstore.dev/attestation/v1":
        found: Object = {"Data": data.decode("utf-8", "replace"), "Timestamp": timestamp}
        return found
    return json.load(data)
