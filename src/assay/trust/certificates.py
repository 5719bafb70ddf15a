"""Certificates of signers: whose they are, who issued them, and whether that held at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from assay.errors import Malformed, Refused
from assay.formats import certificate as formats
from assay.formats import der
from assay.model.certificate import Certificate
from assay.model.identity import Identity
from assay.model.trusted_root import Authority
from assay.trust import keys

_FULCIO = "1.3.6.1.4.1.57264.1."
_OTHER_NAME = f"{_FULCIO}7"
_NAMES, _CONSTRAINTS, _USES = "2.5.29.17", "2.5.29.19", "2.5.29.37"
_KNOWN_CRITICAL = frozenset(("2.5.29.15", _NAMES, _CONSTRAINTS, "2.5.29.30", "2.5.29.36", _USES))
_EMAIL, _DNS, _URI, _OTHER, _EXPLICIT = 0x81, 0x82, 0x86, 0xA0, 0xA0
CODE_SIGNING, TIME_STAMPING = "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.8"

load = formats.read


def identity(certificate: Certificate) -> Identity:
    """The name in the certificate, who vouched for it, and all claims of Fulcio's extensions by their number."""
    claims = {}
    for extension in certificate.extensions:
        if extension.oid.startswith(_FULCIO):
            word = extension.oid.removeprefix(_FULCIO)
            number = int(word) if word.isdecimal() else 0
            raw = extension.value
            claims[number] = _text(raw) if number > 6 else raw.decode("utf-8", "replace")
    return Identity(_names(certificate), claims.get(8) or claims.get(1, ""), tuple(sorted(claims.items())))


def _text(raw: bytes) -> str:
    """A DER UTF8String."""
    try:
        return der.one(raw).expect(der.UTF8).content.decode("utf-8", "replace")
    except Malformed as error:
        raise Malformed("an extension of the certificate is no UTF8String") from error


def _names(certificate: Certificate) -> tuple[str, ...]:
    value = certificate.extension(_NAMES)
    found = []
    for item in der.one(value).sequence() if value is not None else []:
        if item.tag in (_EMAIL, _DNS, _URI):
            found.append(item.content.decode("utf-8", "replace"))
        elif item.tag == _OTHER:
            parts = item.inner()
            if len(parts) != 2:
                raise Malformed("a name in the certificate is none")
            if parts[0].oid() == _OTHER_NAME:
                found.append(_text(parts[1].expect(_EXPLICIT).content))
    return tuple(found)


def fingerprint(certificate: Certificate, algorithm: str) -> bytes:
    """The digest of the certificate."""
    import hashlib

    return hashlib.new(algorithm, certificate.der).digest()


def authority_of(
    certificate: Certificate,
    authorities: Sequence[Authority],
    moment: datetime,
    purpose: str = CODE_SIGNING,
    offered: Sequence[Certificate] = (),
) -> tuple[Authority, tuple[Certificate, ...]]:
    """The authority whose chain leads to the certificate at that moment, and the chain from the issuer up.

    `offered` are certificates that came along and may stand between. Raises `Refused` with the reason that came
    closest where there is none.
    """
    _require(certificate, purpose)
    reasons = []
    for authority in authorities:
        try:
            return authority, _chain(certificate, authority, moment, offered)
        except Refused as error:
            reasons.append(error)
    if not reasons:
        raise Refused("the trusted root has no certificate authority", "give one that has: --trusted-root FILE")
    raise max(reasons, key=lambda error: "did not issue" not in error.what)


def _require(certificate: Certificate, purpose: str) -> None:
    """It may be used for this, and nothing in it must be understood that is not."""
    unknown = [item.oid for item in certificate.extensions if item.critical and item.oid not in _KNOWN_CRITICAL]
    if unknown:
        raise Refused(f"the certificate has a critical extension that is not known ({unknown[0]})")
    value = certificate.extension(_USES)
    if purpose not in ({item.oid() for item in der.one(value).sequence()} if value is not None else ()):
        what = "code signing" if purpose == CODE_SIGNING else "time stamping"
        raise Refused(f"the certificate is not made for {what}")


def _chain(
    certificate: Certificate, authority: Authority, moment: datetime, offered: Sequence[Certificate]
) -> tuple[Certificate, ...]:
    known = [load(item) for item in authority.chain]
    if certificate in known:
        known = known[known.index(certificate) + 1 :] or known[-1:]
    anchors = list(known)
    chain: list[Certificate] = []
    current = certificate
    for _ in range(len(known) + len(offered) + 1):
        issuer = _issuer(current, [*known, *offered])
        if issuer is None:
            break
        chain.append(issuer)
        if issuer in anchors and (issuer == anchors[-1] or issuer.issuer == issuer.subject):
            break
        current = issuer
    if not chain or not any(item in anchors for item in chain):
        raise Refused(f"{authority.uri or 'the certificate authority'} did not issue this certificate")
    for item in (certificate, *chain):
        if not item.not_before <= moment <= item.not_after:
            raise Refused(
                f"the certificate of {formats.name(item.subject) or 'the signer'} was not valid at {moment}"
                f" ({item.not_before} to {item.not_after})"
            )
    if not authority.validity.holds(moment):
        raise Refused(f"the certificate authority was not trusted at {moment} ({authority.validity})")
    return tuple(chain)


def _issuer(certificate: Certificate, candidates: Sequence[Certificate]) -> Certificate | None:
    for item in candidates:
        if item == certificate or item.subject != certificate.issuer or not _is_authority(item):
            continue
        try:
            keys.check_certificate(certificate, item.public_key)
        except (Refused, Malformed):
            continue
        return item
    return None


def _is_authority(certificate: Certificate) -> bool:
    value = certificate.extension(_CONSTRAINTS)
    parts = der.one(value).sequence() if value is not None else []
    return bool(parts) and parts[0].tag == der.BOOLEAN and parts[0].content == b"\xff"
