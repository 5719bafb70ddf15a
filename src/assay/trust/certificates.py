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
_USAGE, _NAMES, _CONSTRAINTS, _USES = "2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.37"
_KNOWN_CRITICAL = frozenset((_USAGE, _NAMES, _CONSTRAINTS, _USES))
_DIGITAL_SIGNATURE, _CERT_SIGN = 0x80, 0x04
_ANY = "2.5.29.37.0"
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


def named(data: bytes) -> str:
    """A distinguished name for messages, whatever is wrong with it."""
    try:
        return formats.name(data) or "an authority without a name"
    except Malformed:
        return "an authority whose name cannot be read"


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
    _understood(certificate)
    uses = _uses(certificate)
    if purpose not in uses:
        what = "code signing" if purpose == CODE_SIGNING else "time stamping"
        raise Refused(f"the certificate is not made for {what}")
    if purpose == TIME_STAMPING and (uses != [TIME_STAMPING] or not _is_critical(certificate, _USES)):
        raise Refused("the certificate of a timestamp authority must be made for time stamping alone (RFC 3161, 2.3)")
    if not _usage(certificate, _DIGITAL_SIGNATURE):
        raise Refused("the key in the certificate is not made for signatures")


def _understood(certificate: Certificate) -> None:
    unknown = [item.oid for item in certificate.extensions if item.critical and item.oid not in _KNOWN_CRITICAL]
    if unknown:
        raise Refused(f"the certificate has a critical extension that is not known ({unknown[0]})")


def _is_critical(certificate: Certificate, oid: str) -> bool:
    return any(item.oid == oid and item.critical for item in certificate.extensions)


def _uses(certificate: Certificate) -> list[str]:
    value = certificate.extension(_USES)
    return [item.oid() for item in der.one(value).sequence()] if value is not None else []


def _usage(certificate: Certificate, bit: int) -> bool:
    """Whether a key may be used so (RFC 5280, 4.2.1.3; `bit` of the first byte); yes where nothing is said."""
    value = certificate.extension(_USAGE)
    if value is None:
        return True
    bits = der.one(value).expect(der.BITS).content
    return len(bits) > 1 and bool(bits[1] & bit)


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
        who = authority.uri or "the certificate authority"
        raise Refused(f"{who} did not issue this certificate, which is of {named(certificate.issuer)}")
    for below, item in enumerate(chain):
        _may_issue(item, below, _uses(certificate))
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
        if item == certificate or item.subject != certificate.issuer or not is_authority(item):
            continue
        try:
            keys.check_certificate(certificate, item.public_key)
        except (Refused, Malformed):
            continue
        return item
    return None


def _may_issue(issuer: Certificate, below: int, uses: Sequence[str]) -> None:
    """Raise `Refused` unless an issuer may stand above so many others, for one of these uses (RFC 5280, 6.1.4)."""
    _understood(issuer)
    _, most = _constraints(issuer)
    if most is not None and below > most:
        raise Refused(f"{formats.name(issuer.subject)} may have {most} authorities below it, here are {below}")
    allowed = _uses(issuer)
    if allowed and _ANY not in allowed and not set(allowed) & set(uses):
        raise Refused(f"{formats.name(issuer.subject)} may not issue certificates for this purpose")


def is_authority(certificate: Certificate) -> bool:
    """Whether a certificate may issue others (RFC 5280, 4.2.1.9 and 4.2.1.3)."""
    return _constraints(certificate)[0] and _usage(certificate, _CERT_SIGN)


def _constraints(certificate: Certificate) -> tuple[bool, int | None]:
    """Whether it is an authority, and how many may stand below it."""
    value = certificate.extension(_CONSTRAINTS)
    parts = der.one(value).sequence() if value is not None else []
    if not parts or parts[0].tag != der.BOOLEAN or parts[0].content != b"\xff":
        return False, None
    return True, parts[1].integer() if len(parts) > 1 else None
