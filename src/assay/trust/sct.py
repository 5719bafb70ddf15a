"""Signed certificate timestamps inside of certificates (RFC 6962, 3.2 and 3.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from assay.errors import Refused
from assay.model.trusted_root import Log
from assay.trust import keys
from assay.trust.certificates import Certificate


def check(certificate: Certificate, issuer: Certificate, logs: Sequence[Log]) -> str:
    """Which certificate transparency log promised to list the certificate; raises `Refused` where none did."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        extension = certificate.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps)
        promises = list(extension.value)
    except x509.ExtensionNotFound:
        promises = []
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused(f"the certificate timestamps in the certificate are damaged: {error}") from error
    if not promises:
        raise Refused("the certificate is in no certificate transparency log", "--insecure-ignore-sct leaves this out")
    reasons = []
    for promise in promises:
        try:
            return _one(promise, certificate, issuer, logs)
        except Refused as error:
            reasons.append(error)
    raise reasons[0]


def _one(promise: Any, certificate: Certificate, issuer: Certificate, logs: Sequence[Log]) -> str:
    moment = promise.timestamp.replace(tzinfo=UTC)
    known = [log for log in logs if _id(log) == promise.log_id]
    if not known:
        raise Refused(
            f"the certificate transparency log {promise.log_id.hex()[:16]} is not in the trusted root",
            "update the trusted root, or name the right one: --trusted-root FILE",
        )
    tbs = certificate.tbs_precertificate_bytes
    issuer_key = hashlib.sha256(keys.spki(issuer.public_key())).digest()
    millis = int(promise.timestamp.replace(tzinfo=UTC).timestamp()) * 1000 + promise.timestamp.microsecond // 1000
    extra = promise.extension_bytes
    signed = b"\0\0" + millis.to_bytes(8, "big") + b"\0\1" + issuer_key + len(tbs).to_bytes(3, "big") + tbs
    signed += len(extra).to_bytes(2, "big") + extra
    for log in known:
        if not log.validity.holds(moment):
            continue
        keys.check(keys.load(log.key), promise.signature, keys.Signed(signed), promise.signature_hash_algorithm.name)
        return log.url
    raise Refused(f"the certificate transparency log {known[0].url} was not trusted at {moment} ({known[0].validity})")


def _id(log: Log) -> bytes:
    return log.log_id or hashlib.sha256(log.key).digest()
