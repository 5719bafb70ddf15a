"""What is posted to Rekor v2 (`rekor/v2/*.proto`), and the bodies that come of it.

::

    {"hashedRekordRequestV002": {"digest": "…", "signature": {"content": "…",
        "verifier": {"x509Certificate": {"rawBytes": "…"}, "keyDetails": "PKIX_ECDSA_P256_SHA_256"}}}}
    {"dsseRequestV002": {"envelope": {"payload": "…", "payloadType": "…", "signatures": [{"sig": "…", "keyid": ""}]},
        "verifiers": [{"publicKey": {"rawBytes": "…"}, "keyDetails": "PKIX_ECDSA_P256_SHA_256"}]}}

An entry whose signature is not the verifier's is no entry. Certificates need not be valid, nor of any authority.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from typing import NamedTuple

from assay.engines.log import verifiers
from assay.engines.log.proto_json import Message
from assay.engines.log.verifiers import Verifier
from assay.errors import AssayError, Malformed, Refused
from assay.formats import dsse, strict_json
from assay.model.transparency import NewLeaf
from assay.trust import keys

MAX_SIGNATURES = 16
_SIZES = {"sha256": 32, "sha384": 48, "sha512": 64}
_NAMES = {"sha256": "SHA2_256", "sha384": "SHA2_384", "sha512": "SHA2_512"}


class Admitted(NamedTuple):
    """An entry that may be logged."""

    leaf: NewLeaf
    kind: str
    version: str


class _Signer(NamedTuple):
    verifier: Verifier
    details: str

    @property
    def algorithm(self) -> str:
        return verifiers.HASHES[self.details][1]

    def json(self) -> str:
        """As it stands in a body, in the order of RFC 8785."""
        raw = f'{{"rawBytes":"{_base64(self.verifier.der)}"}}'
        if self.verifier.is_certificate:
            return f'{{"keyDetails":"{self.details}","x509Certificate":{raw}}}'
        return f'{{"keyDetails":"{self.details}","publicKey":{raw}}}'


def admit(data: bytes) -> Admitted:
    """The entry of a request; raises `Malformed` for what is no request, `Refused` for a wrong signature."""
    request = Message(strict_json.load(data, "the request"), "hashedRekordRequestV002", "dsseRequestV002")
    kind = request.one_of("hashedRekordRequestV002", "dsseRequestV002")
    if not kind:
        raise Malformed("invalid type, must be hashedrekord or dsse")
    if kind == "dsseRequestV002":
        return _dsse(request.message(kind, "envelope", "verifiers"))
    return _hashedrekord(request.message(kind, "digest", "signature"))


def _hashedrekord(request: Message) -> Admitted:
    signature = request.message("signature", "content", "verifier")
    digest, content = request.binary("digest"), signature.binary("content")
    by = _signer(signature.message("verifier", "x509Certificate", "publicKey", "keyDetails"), "hashedrekord")
    if not by.algorithm:
        raise Refused("invalid hashedrekord request: pure Ed25519 signs no digests (PKIX_ED25519_PH does)")
    if len(digest) != _SIZES[by.algorithm]:
        raise Malformed(f"invalid hashedrekord request: a digest of {len(digest)} bytes is no {by.algorithm}")
    _check(by, content, by.algorithm, digest, "hashedrekord")
    body = (
        '{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":'
        f'{{"algorithm":"{_NAMES[by.algorithm]}","digest":"{_base64(digest)}"}},'
        f'"signature":{{"content":"{_base64(content)}","verifier":{by.json()}}}}}}}}}'
    )
    terms = (f"hash:{by.algorithm}:{digest.hex()}", *by.verifier.terms)
    return Admitted(NewLeaf(body.encode(), terms), "hashedrekord", "0.0.2")


def _signer(item: Message, kind: str) -> _Signer:
    which = item.one_of("x509Certificate", "publicKey")
    details = item.enum("keyDetails", verifiers.DETAILS)
    raw = item.message(which, "rawBytes").binary("rawBytes") if which else b""
    if not raw:
        raise Malformed(f"invalid {kind} request: no verifier")
    if details not in verifiers.HASHES:
        raise Refused(f"invalid {kind} request: signatures of the kind {details} are not logged")
    try:
        verifier = verifiers.load(raw, which == "x509Certificate")
    except AssayError as error:
        raise Malformed(f"invalid {kind} request: {error.what}") from error
    wanted = verifiers.HASHES[details][0]
    found = keys.describe(verifier.key)
    if found != wanted:
        raise Refused(f"invalid {kind} request: the key is {found}, its details say {wanted}")
    return _Signer(verifier, details)


def _check(by: _Signer, signature: bytes, algorithm: str, digest: bytes, kind: str) -> None:
    if not signature:
        raise Malformed(f"invalid {kind} request: no signature")
    try:
        verifiers.check_digest(by.verifier, signature, algorithm, digest)
    except Refused as error:
        raise Refused(f"invalid {kind} request: {error.what}") from error


def _dsse(request: Message) -> Admitted:
    envelope = request.message("envelope", "payload", "payloadType", "signatures")
    signatures = [item.binary("sig") for item in envelope.messages("signatures", "sig", "keyid")]
    parts = ("x509Certificate", "publicKey", "keyDetails")
    if not 0 < len(signatures) <= MAX_SIGNATURES or len(request.messages("verifiers", *parts)) > MAX_SIGNATURES:
        raise Malformed(
            f"invalid dsse request: {len(signatures)} signatures (1 to {MAX_SIGNATURES}, as many verifiers)"
        )
    by = [_signer(item, "dsse") for item in request.messages("verifiers", *parts)]
    payload = envelope.binary("payload")
    encoded = dsse.encoded(envelope.text("payloadType"), payload)
    pairs = [(signature, _whose(signature, by, encoded)) for signature in signatures]
    return Admitted(_dsse_leaf(payload, pairs), "dsse", "0.0.2")


def _whose(signature: bytes, by: Sequence[_Signer], encoded: bytes) -> _Signer:
    for one in by:
        try:
            if one.algorithm:
                digest = hashlib.new(one.algorithm, encoded).digest()
                _check(one, signature, one.algorithm, digest, "dsse")
            else:
                keys.check(one.verifier.key, signature, keys.Signed(encoded))
        except Refused:
            continue
        return one
    raise Refused("invalid dsse request: a signature of the envelope is of none of the verifiers")


def _dsse_leaf(payload: bytes, pairs: Sequence[tuple[bytes, _Signer]]) -> NewLeaf:
    digest = hashlib.sha256(payload)
    items = (f'{{"content":"{_base64(content)}","verifier":{by.json()}}}' for content, by in pairs)
    body = (
        '{"apiVersion":"0.0.2","kind":"dsse","spec":{"dsseV002":{"payloadHash":'
        f'{{"algorithm":"SHA2_256","digest":"{_base64(digest.digest())}"}},"signatures":[{",".join(items)}]}}}}}}'
    )
    terms = [f"hash:sha256:{digest.hexdigest()}"]
    for _, by in pairs:
        terms += by.verifier.terms
    return NewLeaf(body.encode(), tuple(dict.fromkeys(terms)))


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
