"""What an image's verification found, as a document of the evidence store: its digest is the evidence id.

::

    {"type": "https://assay.dev/image-verification/v1", "image": "sha256:9f86...", "identity": "release@org.example",
     "issuer": "https://issuer.example", "signed": "2026-11-26T08:12:00+00:00", "claims": [[8, "push"]],
     "payload": {...}}

An attestation has its in-toto ``statement`` in place of the ``payload``; where that is longer than `MAX_STATEMENT`, as
SBOMs are, ``predicateSha256`` stands for its predicate, which is in the registry. Equal findings are equal bytes, so
that every replica names the same id.
"""

from __future__ import annotations

import hashlib

from assay.formats import json_bytes
from assay.model.image_policy import ImageAttestation, ImageSignature
from assay.model.policy import Object

TYPE = "https://assay.dev/image-verification/v1"
KIND = "image-verification"
MAX_STATEMENT = 64 << 10


def write(found: ImageSignature | ImageAttestation) -> bytes:
    """The document."""
    signature = found.signature if isinstance(found, ImageAttestation) else found
    document: Object = {
        "type": TYPE,
        "image": str(signature.image),
        "identity": signature.identity,
        "issuer": signature.issuer,
        "signed": signature.signed.isoformat() if signature.signed is not None else "",
        "claims": [list(pair) for pair in signature.claims],
    }
    if isinstance(found, ImageAttestation):
        document |= _statement(found.statement)
    else:
        document["payload"] = signature.payload
    return json_bytes.encode(document)


def _statement(statement: Object) -> Object:
    if len(json_bytes.encode(statement)) <= MAX_STATEMENT:
        return {"statement": statement}
    kept = {key: value for key, value in statement.items() if key != "predicate"}
    predicate = json_bytes.encode(statement.get("predicate"))
    return {"statement": kept, "predicateSha256": hashlib.sha256(predicate).hexdigest()}
