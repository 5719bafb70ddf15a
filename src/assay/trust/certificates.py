"""Certificates of signers: whose they are, who issued them, and whether that held at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from assay.errors import Malformed, Refused
from assay.model.identity import Identity
from assay.model.trusted_root import Authority

Certificate = Any
"""An `x509.Certificate` of cryptography."""

_FULCIO = "1.3.6.1.4.1.57264.1."
_OTHER_NAME = f"{_FULCIO}7"
_KNOWN_CRITICAL = frozenset(("2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.36", "2.5.29.37"))
CODE_SIGNING, TIME_STAMPING = "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.8"


@lru_cache(1024)
def load(der: bytes) -> Certificate:
    """The certificate; raises `Malformed` for what is none."""
    import warnings

    from cryptography import x509

    try:
        with warnings.catch_warnings():  # of names that are longer than they should be, which harms nobody here
            warnings.simplefilter("ignore")
            certificate = x509.load_der_x509_certificate(der)
            _ = certificate.extensions, certificate.subject, certificate.issuer
    except (ValueError, TypeError, x509.DuplicateExtension) as error:
        raise Malformed(f"this is no certificate: {error}") from error
    return certificate


def identity(certificate: Certificate) -> Identity:
    """The name in the certificate, who vouched for it, and all claims of Fulcio's extensions by their number."""
    claims = {}
    for extension in certificate.extensions:
        name = extension.oid.dotted_string
        if name.startswith(_FULCIO):
            raw = extension.value.value
            number = int(name.removeprefix(_FULCIO)) if name.removeprefix(_FULCIO).isdecimal() else 0
            claims[number] = _text(raw) if number > 6 else raw.decode("utf-8", "replace")
    return Identity(_names(certificate), claims.get(8) or claims.get(1, ""), tuple(sorted(claims.items())))


def _text(raw: bytes) -> str:
    """A DER UTF8String."""
    if len(raw) < 2 or raw[0] != 0x0C:
        raise Malformed("an extension of the certificate is no UTF8String")
    size, at = raw[1], 2
    if size & 0x80:
        count = size & 0x7F
        size, at = int.from_bytes(raw[2 : 2 + count], "big"), 2 + count
    if at + size != len(raw):
        raise Malformed("an extension of the certificate is cut off")
    return raw[at:].decode("utf-8", "replace")


def _names(certificate: Certificate) -> tuple[str, ...]:
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    found = []
    for item in names:
        if isinstance(item, x509.RFC822Name | x509.UniformResourceIdentifier | x509.DNSName):
            found.append(item.value)
        elif isinstance(item, x509.OtherName) and item.type_id.dotted_string == _OTHER_NAME:
            found.append(_text(item.value))
    return tuple(found)


def fingerprint(certificate: Certificate, algorithm: str) -> bytes:
    """The digest of the certificate."""
    import hashlib

    from cryptography.hazmat.primitives.serialization import Encoding

    return hashlib.new(algorithm, certificate.public_bytes(Encoding.DER)).digest()


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
    from cryptography import x509

    unknown = [item.oid.dotted_string for item in certificate.extensions if item.critical]
    unknown = [name for name in unknown if name not in _KNOWN_CRITICAL]
    if unknown:
        raise Refused(f"the certificate has a critical extension that is not known ({unknown[0]})")
    try:
        uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        uses = ()
    if purpose not in {item.dotted_string for item in uses}:
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
        if not item.not_valid_before_utc <= moment <= item.not_valid_after_utc:
            raise Refused(
                f"the certificate of {item.subject.rfc4514_string() or 'the signer'} was not valid at {moment}"
                f" ({item.not_valid_before_utc} to {item.not_valid_after_utc})"
            )
    if not authority.validity.holds(moment):
        raise Refused(f"the certificate authority was not trusted at {moment} ({authority.validity})")
    return tuple(chain)


def _issuer(certificate: Certificate, candidates: Sequence[Certificate]) -> Certificate | None:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    for item in candidates:
        if item == certificate and item.subject != item.issuer:
            continue
        try:
            certificate.verify_directly_issued_by(item)
            basic = item.extensions.get_extension_for_class(x509.BasicConstraints).value
        except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
            continue
        if basic.ca and item != certificate:
            return item
    return None
