"""Sigstore bundles (``sigstore_bundle.proto`` as proto-JSON) of the versions 0.1, 0.2 and 0.3, and cosign's own.

==========  =====================================================================  ===============================
version     material                                                               entries of the log
==========  =====================================================================  ===============================
0.1         ``x509CertificateChain``, or ``publicKey``                             an inclusion promise, a proof too
0.2         the same                                                               a proof with a checkpoint
0.3         ``certificate`` (the leaf alone), or ``publicKey``                     a proof with a checkpoint
cosign's    ``{"base64Signature", "cert", "rekorBundle": {"SignedEntryTimestamp",  a promise
            "Payload": {"body", "integratedTime", "logIndex", "logID"}}}``
==========  =====================================================================  ===============================
"""

from __future__ import annotations

import json
import re

from assay.errors import Malformed
from assay.formats import pem, strict_json
from assay.formats.strict_json import Reader
from assay.model.bundle import Bundle, Envelope, EnvelopeSignature, InclusionProof, LogEntry, MessageSignature

_MEDIA_TYPE = re.compile(
    r"application/vnd\.dev\.sigstore\.bundle(?:\+json;version=0\.([123])|\.v0\.([3])(?:\.\d+)?\+json)"
)
MAX_ENTRIES = MAX_TIMESTAMPS = 32
MAX_CERTIFICATES = 16
MAX_HASHES = 64
ALGORITHMS = {"SHA2_256": "sha256", "SHA2_384": "sha384", "SHA2_512": "sha512"}


def read(data: bytes) -> Bundle:
    """The bundle; raises `Malformed` for what is none."""
    value = strict_json.load(data, "the bundle")
    if "base64Signature" in value:
        return _of_cosign(Reader(value, "the bundle"))
    bundle = Reader(value, "the bundle")
    media_type = bundle.text("mediaType")
    match = _MEDIA_TYPE.fullmatch(media_type)
    if match is None:
        raise Malformed(f"the bundle is of the media type {media_type[:100]!r}, which is not known")
    version = f"0.{match[1] or match[2]}"
    material = bundle.object("verificationMaterial")
    certificates, hint = _material(material, version)
    entries = _few(material.objects("tlogEntries"), MAX_ENTRIES, "log entries")
    return Bundle(
        form=version,
        content=_content(bundle),
        certificates=certificates,
        key_hint=hint,
        entries=tuple(_entry(item, version) for item in entries),
        timestamps=_timestamps(material),
    )


def _few(items: list[Reader], most: int, what: str) -> list[Reader]:
    if len(items) > most:
        raise Malformed(f"the bundle has {len(items)} {what}, more than {most}")
    return items


def _material(material: Reader, version: str) -> tuple[tuple[bytes, ...], str]:
    present = [name for name in ("certificate", "x509CertificateChain", "publicKey") if material.has(name)]
    if len(present) != 1:
        raise Malformed(f"the bundle has {' and '.join(present) or 'neither certificate nor key'}")
    if present == ["publicKey"]:
        return (), material.object("publicKey").text("hint", "") or "-"
    if present == ["certificate"]:
        return (material.object("certificate").binary("rawBytes"),), ""
    if version == "0.3":
        raise Malformed("a bundle of version 0.3 has a chain, where only the certificate belongs")
    chain = _few(material.object("x509CertificateChain").objects("certificates"), MAX_CERTIFICATES, "certificates")
    if not chain:
        raise Malformed("the certificate chain of the bundle is empty")
    return tuple(item.binary("rawBytes") for item in chain), ""


def _timestamps(material: Reader) -> tuple[bytes, ...]:
    if not material.has("timestampVerificationData"):
        return ()
    items = material.object("timestampVerificationData").objects("rfc3161Timestamps")
    return tuple(item.binary("signedTimestamp") for item in _few(items, MAX_TIMESTAMPS, "timestamps"))


def _content(bundle: Reader) -> MessageSignature | Envelope:
    if bundle.has("messageSignature") == bundle.has("dsseEnvelope"):
        raise Malformed("the bundle has not exactly one of messageSignature and dsseEnvelope")
    if bundle.has("dsseEnvelope"):
        found = envelope(bundle.object("dsseEnvelope"))
        if len(found.signatures) != 1:  # "DSSE envelopes in a bundle MUST have exactly one signature"
            raise Malformed(f"the envelope in the bundle has {len(found.signatures)} signatures, not one")
        return found
    signed = bundle.object("messageSignature")
    signature = signed.binary("signature")
    if not signature:
        raise Malformed("the signature in the bundle is empty")
    digest = signed.object("messageDigest") if signed.has("messageDigest") else None
    if digest is None or not digest.value:  # cosign leaves it empty for pure Ed25519
        return MessageSignature(signature)
    name = digest.text("algorithm")
    if name not in ALGORITHMS:
        raise Malformed(f"the bundle has a digest of the algorithm {name[:40]!r}")
    return MessageSignature(signature, ALGORITHMS[name], digest.binary("digest"))


def envelope(item: Reader) -> Envelope:
    """A DSSE envelope in JSON."""
    signatures = _few(item.objects("signatures"), MAX_ENTRIES, "signatures")
    found = tuple(EnvelopeSignature(one.binary("sig"), one.text("keyid", "")) for one in signatures)
    if not found or not all(one.signature for one in found):
        raise Malformed("the envelope has no signature")
    return Envelope(item.text("payloadType"), item.binary("payload"), found)


def _entry(item: Reader, version: str) -> LogEntry:
    kind = item.object("kindVersion")
    proof = _proof(item.object("inclusionProof"), version) if item.has("inclusionProof") else None
    promise = item.object("inclusionPromise").binary("signedEntryTimestamp") if item.has("inclusionPromise") else b""
    if version == "0.1" and not promise:
        raise Malformed("a log entry in a bundle of version 0.1 has no inclusion promise")
    if version != "0.1" and proof is None:
        raise Malformed(f"a log entry in a bundle of version {version} has no inclusion proof")
    return LogEntry(
        log_index=item.integer("logIndex", 0),
        log_id=item.object("logId").binary("keyId"),
        kind=kind.text("kind"),
        version=kind.text("version"),
        body=item.binary("canonicalizedBody"),
        integrated=item.integer("integratedTime", 0),
        promise=promise,
        proof=proof,
    )


def entry_of_v2(item: Reader) -> LogEntry:
    """An entry as Rekor v2 answers: the same form as in bundles."""
    return _entry(item, "0.3")


def _proof(item: Reader, version: str) -> InclusionProof:
    hashes = item.binaries("hashes")
    if len(hashes) > MAX_HASHES or any(len(one) != 32 for one in hashes):
        raise Malformed("the inclusion proof has too many hashes, or such of a wrong length")
    checkpoint = item.object("checkpoint").text("envelope") if item.has("checkpoint") else ""
    if not checkpoint and version != "0.1":
        raise Malformed("the inclusion proof comes without a checkpoint")
    return InclusionProof(
        item.integer("logIndex", 0), item.integer("treeSize"), item.binary("rootHash", b""), hashes, checkpoint
    )


def _of_cosign(bundle: Reader) -> Bundle:
    certificate = bundle.text("cert", "")
    found: tuple[bytes, ...] = ()
    if certificate:
        found = pem.certificates(strict_json.decode(certificate, "the bundle's cert"))
    entries = (rekor_bundle(bundle.object("rekorBundle")),) if bundle.has("rekorBundle") else ()
    return Bundle("cosign", MessageSignature(bundle.binary("base64Signature")), found, "" if found else "-", entries)


def rekor_bundle(item: Reader) -> LogEntry:
    """The entry in cosign's ``rekorBundle`` (also the annotation ``dev.sigstore.cosign/bundle``)."""
    payload = item.object("Payload")
    body = payload.binary("body")
    said = strict_json.load(body, "the log entry")
    kind, version = said.get("kind"), said.get("apiVersion")
    if not isinstance(kind, str) or not isinstance(version, str):
        raise Malformed("the log entry does not say its kind")
    return LogEntry(
        payload.integer("logIndex"),
        strict_json.decode_hex(payload.text("logID"), "the log id"),
        kind,
        version,
        body,
        payload.integer("integratedTime"),
        item.binary("SignedEntryTimestamp"),
    )


def is_bundle(data: bytes) -> bool:
    """Whether JSON is one of these."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and ("base64Signature" in value or "verificationMaterial" in value)
