"""RFC 3161: whether a trusted timestamp authority stamped this, and when."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from assay.errors import Malformed, Refused
from assay.model.bundle import TimestampToken
from assay.model.certificate import Certificate
from assay.model.trusted_root import Authority
from assay.trust import certificates, keys
from assay.trust.certificates import TIME_STAMPING


def check(token: TimestampToken, message: bytes, authorities: Sequence[Authority]) -> tuple[datetime, str]:
    """The time and who says it; raises `Refused`."""
    if "sha1" in (token.imprint_algorithm, token.digest_algorithm):
        raise Refused("the timestamp is over a SHA-1 digest")
    if hashlib.new(token.imprint_algorithm, message).digest() != token.imprint:
        raise Refused("the timestamp is about something else than this signature")
    if hashlib.new(token.digest_algorithm, token.info).digest() != token.message_digest:
        raise Refused("the timestamp was changed after it was signed")
    moment = datetime.fromisoformat(token.time)
    if not authorities:
        raise Refused("the trusted root has no timestamp authority", "give one that has: --trusted-root FILE")
    reasons = []
    for authority in authorities:
        try:
            _signed_by(token, authority, moment)
        except (Refused, Malformed) as error:
            reasons.append(error)
        else:
            return moment, authority.uri
    trusted = ", ".join(authority.uri or "one without a name" for authority in authorities)
    raise Refused(f"no timestamp authority of the trusted root ({trusted}) made the timestamp: {reasons[-1].what}")


def _signed_by(token: TimestampToken, authority: Authority, moment: datetime) -> None:
    offered = [certificates.load(item) for item in token.certificates]
    known = [certificates.load(item) for item in authority.chain]
    signer = _signer(token, [*known, *offered])
    if known and not certificates.is_authority(known[0]) and signer != known[0]:
        raise Refused("the timestamp was signed by another certificate than the one in the trusted root")
    if certificates.fingerprint(signer, token.certificate_algorithm) != token.certificate_digest:
        raise Refused("the timestamp names another certificate than the one that signed it")
    certificates.authority_of(signer, [authority], moment, TIME_STAMPING, offered)
    keys.check(keys.load(signer.public_key), token.signature, keys.Signed(token.signed), token.digest_algorithm)


def _signer(token: TimestampToken, known: Sequence[Certificate]) -> Certificate:
    for item in known:
        if item.serial == token.serial and item.issuer == token.issuer:
            return item
    issuer = certificates.named(token.issuer)
    raise Refused(f"the certificate that signed it, issued by {issuer}, is neither in it nor in the trusted root")
