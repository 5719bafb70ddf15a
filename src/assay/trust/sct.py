"""Signed certificate timestamps inside of certificates (RFC 6962, 3.2 and 3.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from assay.errors import Malformed, Refused
from assay.formats import certificate as formats
from assay.model.certificate import Certificate, SignedCertificateTimestamp
from assay.model.trusted_root import Log
from assay.trust import keys


def check(certificate: Certificate, issuer: Certificate, logs: Sequence[Log]) -> str:
    """Which certificate transparency log promised to list the certificate; raises `Refused` where none did."""
    try:
        promises = formats.scts(certificate)
    except Malformed as error:
        raise Refused(f"the certificate timestamps in the certificate are damaged: {error.what}") from error
    if not promises:
        raise Refused("the certificate is in no certificate transparency log", "--insecure-ignore-sct leaves this out")
    reasons = []
    for promise in promises:
        try:
            return _one(promise, certificate, issuer, logs)
        except Refused as error:
            reasons.append(error)
    raise reasons[0]


def signed(promise: SignedCertificateTimestamp, tbs: bytes, issuer_key: bytes) -> bytes:
    """What a timestamp's signature is over: `tbs` without the timestamps, and the issuer's key (DER)."""
    head = b"\0\0" + promise.timestamp.to_bytes(8, "big") + b"\0\1" + hashlib.sha256(issuer_key).digest()
    sized = len(tbs).to_bytes(3, "big") + tbs
    return head + sized + len(promise.extensions).to_bytes(2, "big") + promise.extensions


def _one(
    promise: SignedCertificateTimestamp, certificate: Certificate, issuer: Certificate, logs: Sequence[Log]
) -> str:
    known = [log for log in logs if _id(log) == promise.log_id]
    if not known:
        raise Refused(
            f"the certificate transparency log {promise.log_id.hex()[:16]} is not in the trusted root",
            "update the trusted root, or name the right one: --trusted-root FILE",
        )
    try:
        moment = datetime.fromtimestamp(promise.timestamp / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise Refused("the time in a certificate timestamp is none") from None
    message = signed(promise, formats.without_scts(certificate), issuer.public_key)
    for log in known:
        if not log.validity.holds(moment):
            continue
        keys.check(keys.load(log.key), promise.signature, keys.Signed(message), promise.hash)
        return log.url
    raise Refused(f"the certificate transparency log {known[0].url} was not trusted at {moment} ({known[0].validity})")


def _id(log: Log) -> bytes:
    return log.log_id or hashlib.sha256(log.key).digest()
