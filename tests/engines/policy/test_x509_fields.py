"""Certificates and requests as policies see them: the fields of Go's crypto/x509."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from assay.engines.policy.x509_fields import MAX_BYTES, decode
from assay.errors import Malformed

NAME = x509.Name(
    [x509.NameAttribute(NameOID.COMMON_NAME, "web"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Acme")]
)


def certificate(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    usage = x509.KeyUsage(True, False, True, False, False, True, False, False, False)
    names = [x509.DNSName("a.example"), x509.RFC822Name("a@a.example"), x509.IPAddress(ip_address("10.0.0.1"))]
    made = (
        x509.CertificateBuilder(NAME, NAME, key.public_key(), 7)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, 12, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(True, 0), True)
        .add_extension(usage, True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .add_extension(x509.SubjectAlternativeName(names), False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def test_a_certificate_has_the_fields_of_go() -> None:
    key = rsa.generate_private_key(65537, 2048)
    found = decode(certificate(key))
    assert (found["Version"], found["SerialNumber"], found["IsCA"]) == (3, 7, True)
    assert (found["NotBefore"], found["NotAfter"]) == ("2026-01-01T00:00:00Z", "2027-01-01T12:00:00Z")
    assert (found["Subject"]["CommonName"], found["Issuer"]["Organization"]) == ("web", ["Acme"])
    assert found["Subject"]["Names"][0] == {"Type": [2, 5, 4, 3], "Value": "web"}
    assert (found["DNSNames"], found["EmailAddresses"], found["IPAddresses"]) == (
        ["a.example"],
        ["a@a.example"],
        ["10.0.0.1"],
    )
    assert (found["KeyUsage"], found["ExtKeyUsage"], found["URIs"]) == (1 | 4 | 32, [1], None)
    assert (found["BasicConstraintsValid"], found["MaxPathLen"], found["MaxPathLenZero"]) == (True, 0, True)
    assert found["PublicKey"] == {"E": 65537, "N": str(key.public_key().public_numbers().n)}
    assert (found["PublicKeyAlgorithm"], found["SignatureAlgorithm"]) == (1, 4)
    assert x509.load_der_x509_certificate(base64.b64decode(found["Raw"])).serial_number == 7


def test_a_request_and_other_keys_are_read_too() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder(NAME).sign(key, hashes.SHA256())
    found = decode(request.public_bytes(serialization.Encoding.PEM).decode())
    assert (found["Subject"]["CommonName"], found["PublicKeyAlgorithm"], found["SignatureAlgorithm"]) == ("web", 3, 10)
    assert found["PublicKey"]["X"] == str(key.public_key().public_numbers().x)
    assert decode(certificate(key))["PublicKeyAlgorithm"] == 3


@pytest.mark.parametrize(
    "text", ["", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "x" * MAX_BYTES * 2]
)
def test_what_is_no_certificate_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        decode(text)
