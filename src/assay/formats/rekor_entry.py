"""The bodies of Rekor's log entries: hashedrekord, dsse and intoto, of Rekor v1 and v2.

::

    {"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {"data": {"hash": {"algorithm": "sha256", "value": "…"}},
       "signature": {"content": "…", "publicKey": {"content": "LS0t…"}}}}
    {"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": {"data": {"algorithm": "SHA2_256",
       "digest": "…"}, "signature": {"content": "…", "verifier": {"x509Certificate": {"rawBytes": "…"}}}}}}
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable

from assay.errors import Malformed
from assay.formats import dsse, pem, strict_json
from assay.formats.json import Object
from assay.formats.sigstore_bundle import ALGORITHMS
from assay.formats.strict_json import Reader
from assay.model.bundle import Envelope, LogEntry, Logged, MessageSignature


def read(entry: LogEntry) -> Logged:
    """What the body says; raises `Malformed` for kinds that are not known, or where it says another kind."""
    body = Reader(strict_json.load(entry.body, "the log entry"), "the log entry")
    kind, version = body.text("kind"), body.text("apiVersion")
    if (kind, version) != (entry.kind, entry.version):
        raise Malformed(f"the log entry is a {kind} {version}, the bundle calls it {entry.kind} {entry.version}")
    reader = _READERS.get((kind, version))
    if reader is None:
        raise Malformed(f"log entries of the kind {kind[:40]} {version[:20]} are not known")
    return reader(body.object("spec"))


def _hashedrekord_1(spec: Reader) -> Logged:
    hashed = spec.object("data").object("hash")
    signature = spec.object("signature")
    return Logged(
        "hashedrekord",
        hashed.text("algorithm"),
        strict_json.decode_hex(hashed.text("value"), "the digest in the log entry"),
        (signature.binary("content"),),
        (_from_pem(signature.object("publicKey").binary("content")),),
    )


def _hashedrekord_2(spec: Reader) -> Logged:
    record = spec.object("hashedRekordV002")
    data, signature = record.object("data"), record.object("signature")
    return Logged(
        "hashedrekord",
        _algorithm(data.text("algorithm")),
        data.binary("digest"),
        (signature.binary("content"),),
        (_verifier(signature.object("verifier")),),
        of_pae=True,
    )


def _dsse_1(spec: Reader) -> Logged:
    hashed = spec.object("payloadHash")
    signatures = spec.objects("signatures")
    return Logged(
        "dsse",
        hashed.text("algorithm"),
        strict_json.decode_hex(hashed.text("value"), "the digest in the log entry"),
        tuple(one.binary("signature") for one in signatures),
        tuple(_from_pem(one.binary("verifier")) for one in signatures),
    )


def _dsse_2(spec: Reader) -> Logged:
    record = spec.object("dsseV002")
    hashed, signatures = record.object("payloadHash"), record.objects("signatures")
    return Logged(
        "dsse",
        _algorithm(hashed.text("algorithm")),
        hashed.binary("digest"),
        tuple(one.binary("content") for one in signatures),
        tuple(_verifier(one.object("verifier")) for one in signatures),
    )


def _intoto_1(spec: Reader) -> Logged:
    """No signature and no payload is in there: only the digest of the payload binds it, where it is said."""
    content = spec.object("content")
    hashed = content.object("payloadHash" if content.has("payloadHash") else "hash")
    return Logged(
        "intoto" if content.has("payloadHash") else "intoto-envelope",
        hashed.text("algorithm"),
        strict_json.decode_hex(hashed.text("value"), "the digest in the log entry"),
        (),
        (_from_pem(spec.binary("publicKey")),),
    )


def _intoto_2(spec: Reader) -> Logged:
    """The signatures are in base64 twice."""
    content = spec.object("content")
    hashed, signatures = content.object("payloadHash"), content.object("envelope").objects("signatures")
    return Logged(
        "intoto",
        hashed.text("algorithm"),
        strict_json.decode_hex(hashed.text("value"), "the digest in the log entry"),
        tuple(_twice(one.binary("sig")) for one in signatures),
        tuple(_from_pem(one.binary("publicKey")) for one in signatures),
    )


def _twice(data: bytes) -> bytes:
    return strict_json.decode(data.decode("ascii", "replace"), "a signature in the log entry")


def _algorithm(name: str) -> str:
    if name not in ALGORITHMS:
        raise Malformed(f"the log entry has a digest of the algorithm {name[:40]!r}")
    return ALGORITHMS[name]


def _verifier(item: Reader) -> bytes:
    if item.has("x509Certificate") == item.has("publicKey"):
        raise Malformed("the log entry has not exactly one of certificate and key")
    return item.object("x509Certificate" if item.has("x509Certificate") else "publicKey").binary("rawBytes")


def _from_pem(data: bytes) -> bytes:
    return pem.blocks(data)[0][1]


def request_v1(content: MessageSignature | Envelope, verifier: bytes, envelope: str) -> Object:
    """What is posted to Rekor v1: a proposed entry; `verifier` is PEM, `envelope` the envelope as JSON."""
    key = b64encode(verifier).decode()
    if isinstance(content, Envelope):
        proposed: Object = {"envelope": envelope, "verifiers": [key]}
        return {"apiVersion": "0.0.1", "kind": "dsse", "spec": {"proposedContent": proposed}}
    signature: Object = {"content": b64encode(content.signature).decode(), "publicKey": {"content": key}}
    hashed: Object = {"algorithm": content.algorithm, "value": content.digest.hex()}
    spec: Object = {"data": {"hash": hashed}, "signature": signature}
    return {"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": spec}


def request_v2(content: MessageSignature | Envelope, verifier: bytes, scheme: str, *, certificate: bool) -> Object:
    """What is posted to Rekor v2; of an envelope the digest of what was signed (its PAE)."""
    if isinstance(content, Envelope):
        encoded = dsse.encoded(content.payload_type, content.payload)
        algorithm = "sha384" if "P384" in scheme else "sha512" if "P521" in scheme else "sha256"
        digest, signature = hashlib.new(algorithm, encoded).digest(), content.signatures[0].signature
    else:
        digest, signature = content.digest, content.signature
    raw: Object = {"rawBytes": b64encode(verifier).decode()}
    by: Object = {("x509Certificate" if certificate else "publicKey"): raw, "keyDetails": scheme}
    signed: Object = {"content": b64encode(signature).decode(), "verifier": by}
    return {"hashedRekordRequestV002": {"digest": b64encode(digest).decode(), "signature": signed}}


_READERS: dict[tuple[str, str], Callable[[Reader], Logged]] = {
    ("hashedrekord", "0.0.1"): _hashedrekord_1,
    ("hashedrekord", "0.0.2"): _hashedrekord_2,
    ("dsse", "0.0.1"): _dsse_1,
    ("dsse", "0.0.2"): _dsse_2,
    ("intoto", "0.0.1"): _intoto_1,
    ("intoto", "0.0.2"): _intoto_2,
}
