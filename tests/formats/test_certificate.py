"""Certificates: beside `cryptography` on the embedded trusted root, and damaged ones."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from assay.adapters.trust_roots import embedded
from assay.errors import Malformed
from assay.formats import certificate, der, trusted_root

ROOT = trusted_root.read(embedded())
CERTIFICATES = [item for one in (*ROOT.authorities, *ROOT.timestamp_authorities) for item in one.chain]


@pytest.mark.parametrize("data", CERTIFICATES)
def test_certificates_are_read_as_cryptography_does(data: bytes) -> None:
    ours, theirs = certificate.read(data), x509.load_der_x509_certificate(data)
    assert ours.serial == theirs.serial_number
    assert ours.signed == theirs.tbs_certificate_bytes
    assert ours.signature == theirs.signature
    assert (ours.not_before, ours.not_after) == (theirs.not_valid_before_utc, theirs.not_valid_after_utc)
    assert (ours.issuer, ours.subject) == (theirs.issuer.public_bytes(), theirs.subject.public_bytes())
    assert ours.public_key == theirs.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert [(item.oid, item.critical) for item in ours.extensions] == [
        (item.oid.dotted_string, item.critical) for item in theirs.extensions
    ]
    assert certificate.name(ours.subject).startswith("CN=")


def test_cut_off_certificates_are_malformed() -> None:
    for size in range(0, len(CERTIFICATES[0]), 7):
        with pytest.raises(Malformed):
            certificate.read(CERTIFICATES[0][:size])


def test_a_name_of_three_parts_is_none() -> None:
    """Found by fuzzing."""
    part = der.encode(der.SEQUENCE, der.encode(der.OID, b"\x55\x04\x03") + 2 * der.encode(der.UTF8, b"x"))
    with pytest.raises(Malformed):
        certificate.name(der.encode(der.SEQUENCE, der.encode(der.SET, part)))
    with pytest.raises(Malformed):
        certificate.name(der.encode(der.SEQUENCE, der.encode(der.SET, der.encode(der.SEQUENCE, b""))))
