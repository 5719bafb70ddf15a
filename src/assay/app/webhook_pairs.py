"""Certificates with their keys, as PEM: an authority for the webhooks, and what it issues for their names."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assay.engines.authority import x509
from assay.errors import AssayError, Malformed
from assay.formats import certificate, der, pem
from assay.trust import signing
from assay.trust.signing import LocalKey

_SERVER = "1.3.6.1.5.5.7.3.1"
_NAMES = "2.5.29.17"
YEARS, DAYS = 10, 365
"""How long an authority holds, and what it issues."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate, with those above it where there are any, and its key; both PEM."""

    certificate: str
    key: str

    def leaf(self) -> bytes:
        """The first certificate (DER); raises `Malformed`."""
        found = pem.certificates(self.certificate.encode())
        if not found:
            raise Malformed("there is no certificate", "take the file away; another is made")
        return found[0]

    def private(self) -> LocalKey:
        """The key; raises `Malformed`."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            return signing.LocalKey(load_pem_private_key(self.key.encode(), None))
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise Malformed(f"the key is none: {error}", "take the file away; another is made") from error


def authority(now: datetime) -> Pair:
    """A new authority."""
    key = signing.generate()
    top = x509.name("assay", "assay admission CA")
    uses = (x509.key_usage(5, 6), x509.basic_constraints(0))
    data = x509.authority(key, key.public_key, (top, top), now - timedelta(hours=1), YEARS, uses)
    return Pair(pem.write("CERTIFICATE", data), _private(key))


def issue(above: Pair, names: Sequence[str], now: datetime) -> Pair:
    """A certificate for host names and addresses, with the authority's behind it; raises `Malformed`."""
    ca, signer, key = above.leaf(), above.private(), signing.generate()
    extensions = (
        x509.key_usage(0),
        x509.extended_usage(_SERVER),
        x509.extension(_NAMES, _names_value(names)),
        *x509.key_ids(key.public_key, signer.public_key),
    )
    top, start, until = certificate.read(ca), now - timedelta(hours=1), now + timedelta(days=DAYS)
    subject = x509.name("assay", "assay admission")
    until = min(until, top.not_after)
    draft = x509.Draft(top.subject, subject, key.public_key, start, until, extensions, x509.serial())
    leaf = x509.sign(draft.signed_part(signer.scheme), signer)
    return Pair(pem.write("CERTIFICATE", leaf) + pem.write("CERTIFICATE", ca), _private(key))


def holds(pair: Pair, now: datetime, left: timedelta, names: Sequence[str] | None = None) -> bool:
    """Whether it can be read, holds for so long still, and is for these names."""
    try:
        leaf = certificate.read(pair.leaf())
        fits = pair.private().public_key == leaf.public_key
    except AssayError:
        return False
    named = leaf.extension(_NAMES)
    right = names is None or (named is not None and named == _names_value(names))
    return fits and right and leaf.not_before <= now and leaf.not_after - now > left


def issued_by(pair: Pair, above: Pair) -> bool:
    """Whether the authority's certificate stands behind it; raises `Malformed`."""
    return above.leaf() in pem.certificates(pair.certificate.encode())[1:]


def _names_value(names: Sequence[str]) -> bytes:
    """A SubjectAltName of host names and addresses (RFC 5280, 4.2.1.6)."""
    parts = []
    for name in names:
        try:
            parts.append(der.encode(0x87, ipaddress.ip_address(name).packed))
        except ValueError:
            parts.append(der.encode(0x82, name.encode("idna")))
    return der.sequence(*parts)


def _private(key: LocalKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return str(key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
