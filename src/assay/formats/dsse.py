"""DSSE: envelopes in JSON, and what their signatures are over (Dead Simple Signing Envelope 1.0)."""

from __future__ import annotations

from assay.formats import sigstore_bundle, strict_json
from assay.formats.strict_json import Reader
from assay.model.bundle import Envelope

IN_TOTO = "application/vnd.in-toto+json"


def read(data: bytes) -> Envelope:
    """The envelope; raises `assay.errors.Malformed` for what is none."""
    return sigstore_bundle.envelope(Reader(strict_json.load(data, "the envelope"), "the envelope"))


def encoded(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding: ``DSSEv1 LENGTH TYPE LENGTH PAYLOAD``."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
