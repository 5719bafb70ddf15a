"""The keys of a cluster of the tests: an authority, certificates for server and users, a key for tokens."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True)
class Pair:
    """Files in PEM."""

    certificate: Path
    key: Path


class ClusterKeys:
    """All in a folder; `ca` is the certificate of the authority, `accounts` the key that signs tokens."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of the tests")])
        own = self._certificate(self._name, self._key.public_key())
        constraint = x509.BasicConstraints(ca=True, path_length=None)
        self.ca = folder / "ca.crt"
        self.ca.write_bytes(_pem(own.add_extension(constraint, critical=True).sign(self._key, hashes.SHA256())))
        self.accounts = folder / "accounts.key"
        self.accounts.write_bytes(_private(rsa.generate_private_key(65537, 2048)))
        self._made: dict[str, Pair] = {}
        names = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        )
        self.server = self._issue("kube-apiserver", "", ExtendedKeyUsageOID.SERVER_AUTH, names)

    def client(self, name: str, group: str = "") -> Pair:
        """A certificate of a user; the same for the same name."""
        if name not in self._made:
            self._made[name] = self._issue(name, group, ExtendedKeyUsageOID.CLIENT_AUTH)
        return self._made[name]

    def _issue(
        self, name: str, group: str, usage: x509.ObjectIdentifier, names: x509.SubjectAlternativeName | None = None
    ) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        parts = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
        parts += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)] if group else []
        builder = self._certificate(x509.Name(parts), key.public_key())
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if names is not None:
            builder = builder.add_extension(names, critical=False)
        file = name.replace(":", "-")
        pair = Pair(self._folder / f"{file}.crt", self._folder / f"{file}.key")
        pair.certificate.write_bytes(_pem(builder.sign(self._key, hashes.SHA256())))
        pair.key.write_bytes(_private(key))
        return pair

    def _certificate(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
        builder = builder.serial_number(x509.random_serial_number())
        return builder.not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + timedelta(days=2))


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
