"""The webhooks' own certificate authority and certificate, for where nobody else issues any."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assay.engines.authority import x509
from assay.errors import AssayError, ExternalError
from assay.formats import certificate, der, pem
from assay.trust import signing
from assay.trust.signing import LocalKey

_SERVER = "1.3.6.1.5.5.7.3.1"
_NAMES = "2.5.29.17"
_DAYS = 365
_LEFT = _DAYS / 3
"""Days that a certificate must still hold when the server starts; else another is made."""


@dataclass(frozen=True, slots=True)
class Files:
    """`ca` is what goes into ``caBundle``."""

    certificate: Path
    key: Path
    ca: Path


def files(folder: Path, names: Sequence[str], now: datetime | None = None) -> Files:
    """The certificate for these host names and addresses, made where there is none that holds long enough.

    Raises `ExternalError` where the folder cannot be written.
    """
    now = now or datetime.now(UTC)
    found = Files(folder / "tls.crt", folder / "tls.key", folder / "ca.crt")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _holds(found, names, now):
            _make(found, folder / "ca.key", names, now)
    except OSError as error:
        raise ExternalError(f"{folder} cannot be used: {error.strerror}", "name another place: --data-dir") from error
    return found


def _holds(found: Files, names: Sequence[str], now: datetime) -> bool:
    try:
        leaf = certificate.read(pem.certificates(found.certificate.read_bytes())[0])
    except (OSError, AssayError, IndexError):
        return False
    named = leaf.extension(_NAMES)
    same = named is not None and named == _names_value(names)
    return same and found.key.is_file() and found.ca.is_file() and leaf.not_after - now > timedelta(days=_LEFT)


def _make(found: Files, ca_key: Path, names: Sequence[str], now: datetime) -> None:
    authority, ca = _authority(found.ca, ca_key, now)
    key = signing.generate()
    issuer, start = certificate.read(ca).subject, now - timedelta(hours=1)
    extensions = (
        x509.key_usage(0),
        x509.extended_usage(_SERVER),
        x509.extension(_NAMES, _names_value(names)),
        *x509.key_ids(key.public_key, authority.public_key),
    )
    subject = x509.name("assay", "assay admission")
    until = now + timedelta(days=_DAYS)
    draft = x509.Draft(issuer, subject, key.public_key, start, until, extensions, x509.serial())
    leaf = x509.sign(draft.signed_part(authority.scheme), authority)
    _write(found.key, _private(key))
    _write(found.certificate, pem.write("CERTIFICATE", leaf) + pem.write("CERTIFICATE", ca))


def _authority(place: Path, key_place: Path, now: datetime) -> tuple[LocalKey, bytes]:
    """The authority of before, so that clients that know it go on; else a new one."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        kept = certificate.read(ca := pem.certificates(place.read_bytes())[0])
        private = load_pem_private_key(key_place.read_bytes(), None)
        if kept.not_after - now > timedelta(days=_DAYS):
            return signing.LocalKey(private), ca
    except (OSError, AssayError, ValueError, TypeError, IndexError):
        pass
    key = signing.generate()
    top = x509.name("assay", "assay admission CA")
    uses = (x509.key_usage(5, 6), x509.basic_constraints(0))
    data = x509.authority(key, key.public_key, (top, top), now - timedelta(hours=1), 10, uses)
    _write(key_place, _private(key))
    _write(place, pem.write("CERTIFICATE", data))
    return key, data


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


def _write(path: Path, text: str) -> None:
    """Beside its name first, readable by its owner alone, then in its place."""
    beside = path.with_name(f".{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
