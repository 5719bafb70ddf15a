"""DSSE envelopes and the in-toto statements in them."""

from __future__ import annotations

from fuzz.signed_seeds import envelopes

from assay.errors import AssayError
from assay.formats import dsse, intoto


def run(data: bytes) -> None:
    try:
        envelope = dsse.read(data)
    except AssayError:
        return
    assert envelope.signatures
    encoded = dsse.encoded(envelope.payload_type, envelope.payload)
    assert encoded.endswith(envelope.payload)
    try:
        statement = intoto.read(envelope.payload)
    except AssayError:
        return
    assert statement.subjects


SEEDS = envelopes()
