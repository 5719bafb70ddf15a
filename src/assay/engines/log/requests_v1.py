"""What is posted to Rekor v1: proposed entries, and the bodies that come of them (rekor ``pkg/types``).

::

    {"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {"data": {"hash": {"algorithm": "sha256", "value": "…"}},
        "signature": {"content": "…", "publicKey": {"content": "LS0t…"}}}}
    {"apiVersion": "0.0.1", "kind": "dsse", "spec": {"proposedContent": {"envelope": "{…}", "verifiers": ["LS0t…"]}}}
    {"apiVersion": "0.0.2", "kind": "intoto", "spec": {"content": {"envelope": {"payloadType": "…", "payload": "…",
        "signatures": [{"publicKey": "LS0t…", "sig": "…"}]}}}}        (payload and sig are in base64 twice)
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Sequence
from typing import TypeVar

from assay.engines.log import verifiers
from assay.engines.log.requests_v2 import MAX_SIGNATURES, Admitted
from assay.engines.log.verifiers import Verifier
from assay.errors import Malformed, Refused
from assay.formats import dsse, strict_json
from assay.formats.json import Json, Object
from assay.formats.strict_json import Reader
from assay.model.transparency import NewLeaf
from assay.trust import keys

_SIZES = {"sha256": 32, "sha384": 48, "sha512": 64}
T = TypeVar("T")


def admit(data: bytes) -> Admitted:
    """The entry of a request; raises `Malformed` for what is no request, `Refused` for a wrong signature."""
    return propose(strict_json.load(data, "the proposed entry"))


def propose(value: Object) -> Admitted:
    """The same of JSON that was read already."""
    request = Reader(value, "the proposed entry")
    kind, version = request.text("kind"), request.text("apiVersion")
    spec = request.object("spec")
    if (kind, version) == ("hashedrekord", "0.0.1"):
        return _hashedrekord(spec)
    if (kind, version) == ("dsse", "0.0.1"):
        return _dsse(spec)
    if (kind, version) == ("intoto", "0.0.2"):
        return _intoto(spec)
    raise Malformed(f"entries of the kind {kind[:40]!r} {version[:20]!r} are not logged here")


def _hashedrekord(spec: Reader) -> Admitted:
    hashed, signature = spec.object("data").object("hash"), spec.object("signature")
    algorithm, value = hashed.text("algorithm"), hashed.text("value").lower()
    digest = strict_json.decode_hex(value, "the digest")
    if len(digest) != _SIZES.get(algorithm):
        raise Malformed(f"a digest of {len(digest)} bytes is no {algorithm[:20]}")
    content = signature.binary("content")
    verifier = verifiers.from_pem(signature.object("publicKey").binary("content"))
    verifiers.check_digest(verifier, content, algorithm, digest)
    hash_: Object = {"algorithm": algorithm, "value": digest.hex()}
    signed: Object = {"content": _base64(content), "publicKey": {"content": _base64(verifier.pem)}}
    body: Object = {"data": {"hash": hash_}, "signature": signed}
    return _admitted("hashedrekord", "0.0.1", body, (f"hash:{algorithm}:{digest.hex()}", *verifier.terms))


def _dsse(spec: Reader) -> Admitted:
    proposed = spec.object("proposedContent")
    text = proposed.text("envelope")
    envelope = dsse.read(text.encode())
    by = [verifiers.from_pem(item) for item in _few(proposed.binaries("verifiers"), "verifiers")]
    encoded = dsse.encoded(envelope.payload_type, envelope.payload)
    pairs: list[Json] = []
    for signature in _few(envelope.signatures, "signatures"):
        found = _whose(signature.signature, by, encoded)
        pairs.append({"signature": _base64(signature.signature), "verifier": _base64(found.pem)})
    payload, whole = hashlib.sha256(envelope.payload).hexdigest(), hashlib.sha256(text.encode()).hexdigest()
    body: Object = {
        "envelopeHash": {"algorithm": "sha256", "value": whole},
        "payloadHash": {"algorithm": "sha256", "value": payload},
        "signatures": sorted(pairs, key=lambda pair: str(pair)),
    }
    return _admitted("dsse", "0.0.1", body, _terms(by, payload, whole))


def _intoto(spec: Reader) -> Admitted:
    envelope = spec.object("content").object("envelope")
    payload_type = envelope.text("payloadType")
    payload = strict_json.decode(envelope.binary("payload").decode("ascii", "replace"), "the payload")
    encoded = dsse.encoded(payload_type, payload)
    by: list[Verifier] = []
    signatures: list[Json] = []
    whole: list[Json] = []
    for item in _few(envelope.objects("signatures"), "signatures"):
        once = item.binary("sig")
        signature = strict_json.decode(once.decode("ascii", "replace"), "a signature")
        by.append(verifiers.from_pem(item.binary("publicKey")))
        _whose(signature, by[-1:], encoded)
        key = _base64(by[-1].pem)
        signatures.append({"publicKey": key, "sig": _base64(once)})
        whole.append({"publicKey": by[-1].pem.decode(), "sig": _base64(signature)})
    digest = hashlib.sha256(payload).hexdigest()
    plain = {"payload": _base64(payload), "payloadType": payload_type, "signatures": whole}
    hashed = hashlib.sha256(_canonical(plain)).hexdigest()
    content: Object = {
        "envelope": {"payloadType": payload_type, "signatures": signatures},
        "hash": {"algorithm": "sha256", "value": hashed},
        "payloadHash": {"algorithm": "sha256", "value": digest},
    }
    return _admitted("intoto", "0.0.2", {"content": content}, _terms(by, digest, hashed))


def _few(items: Sequence[T], what: str) -> Sequence[T]:
    if not 0 < len(items) <= MAX_SIGNATURES:
        raise Malformed(f"{len(items)} {what} (1 to {MAX_SIGNATURES})")
    return items


def _whose(signature: bytes, by: Sequence[Verifier], encoded: bytes) -> Verifier:
    for one in by:
        try:
            keys.check(one.key, signature, keys.Signed(encoded))
        except Refused:
            continue
        return one
    raise Refused("a signature of the envelope is of none of the verifiers")


def _terms(by: Sequence[Verifier], *digests: str) -> tuple[str, ...]:
    found = [f"hash:sha256:{digest}" for digest in digests]
    for one in by:
        found += one.terms
    return tuple(dict.fromkeys(found))


def _admitted(kind: str, version: str, spec: Object, terms: tuple[str, ...]) -> Admitted:
    body = _canonical({"apiVersion": version, "kind": kind, "spec": spec})
    return Admitted(NewLeaf(body, terms), kind, version)


def _canonical(value: object) -> bytes:
    """RFC 8785, for what has only texts: media types may be any text, all else is ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
