"""Certificates and signing requests as Kyverno shows them to policies: the fields of Go's crypto/x509, as JSON."""

from __future__ import annotations

import base64
import warnings
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from assay.errors import Malformed
from assay.model.policy import Object

if TYPE_CHECKING:
    from cryptography import x509

MAX_BYTES = 64 << 10
_KEY_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign"),
)
_EXTENDED = {
    "2.5.29.37.0": 0,
    "1.3.6.1.5.5.7.3.1": 1,
    "1.3.6.1.5.5.7.3.2": 2,
    "1.3.6.1.5.5.7.3.3": 3,
    "1.3.6.1.5.5.7.3.4": 4,
    "1.3.6.1.5.5.7.3.8": 8,
    "1.3.6.1.5.5.7.3.9": 9,
}
_KEYS = {"RSAPublicKey": 1, "DSAPublicKey": 2, "ECPublicKey": 3, "EllipticCurvePublicKey": 3, "Ed25519PublicKey": 4}
_SIGNATURES = {
    "1.2.840.113549.1.1.5": 3,
    "1.2.840.113549.1.1.11": 4,
    "1.2.840.113549.1.1.12": 5,
    "1.2.840.113549.1.1.13": 6,
    "1.2.840.10045.4.1": 9,
    "1.2.840.10045.4.3.2": 10,
    "1.2.840.10045.4.3.3": 11,
    "1.2.840.10045.4.3.4": 12,
    "1.3.101.112": 16,
}
_NAMES = {
    "CommonName": "2.5.4.3",
    "SerialNumber": "2.5.4.5",
    "Country": "2.5.4.6",
    "Locality": "2.5.4.7",
    "Province": "2.5.4.8",
    "StreetAddress": "2.5.4.9",
    "Organization": "2.5.4.10",
    "OrganizationalUnit": "2.5.4.11",
    "PostalCode": "2.5.4.17",
}
_SINGLE = ("CommonName", "SerialNumber")


def decode(pem: str) -> Object:
    """The first certificate or request in `pem`; raises `Malformed` for what is neither."""
    from cryptography import x509

    _hush()
    if len(pem) > MAX_BYTES:
        raise Malformed(f"a certificate of over {MAX_BYTES} bytes")
    try:
        if "CERTIFICATE REQUEST" in pem:
            return _request(x509.load_pem_x509_csr(pem.encode()))
        return _certificate(x509.load_pem_x509_certificate(pem.encode()))
    except Exception as error:
        raise Malformed(f"no certificate that can be read: {error!s:.200}") from error


@cache
def _hush() -> None:
    """Serial numbers of zero are against the rules and common: no reason to say so to whoever runs assay."""
    warnings.filterwarnings("ignore", message="Parsed a serial number")


def _request(found: x509.CertificateSigningRequest) -> Object:
    from cryptography.hazmat.primitives.serialization import Encoding

    return {
        **_common(found),
        "Version": 0,
        "Raw": _text(found.public_bytes(Encoding.DER)),
        "RawTBSCertificateRequest": _text(found.tbs_certrequest_bytes),
    }


def _certificate(found: x509.Certificate) -> Object:
    from cryptography.hazmat.primitives.serialization import Encoding

    return {
        **_common(found),
        **_extended(found.extensions),
        "Version": found.version.value + 1,
        "SerialNumber": found.serial_number,
        "Issuer": _name(found.issuer),
        "RawIssuer": _text(found.issuer.public_bytes()),
        "NotBefore": _time(found.not_valid_before_utc),
        "NotAfter": _time(found.not_valid_after_utc),
        "Raw": _text(found.public_bytes(Encoding.DER)),
        "RawTBSCertificate": _text(found.tbs_certificate_bytes),
    }


def _common(found: x509.Certificate | x509.CertificateSigningRequest) -> Object:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = found.public_key()
    return {
        "Subject": _name(found.subject),
        "RawSubject": _text(found.subject.public_bytes()),
        "PublicKey": _key(key),
        "PublicKeyAlgorithm": next((number for name, number in _KEYS.items() if name in _bases(key)), 0),
        "RawSubjectPublicKeyInfo": _text(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
        "Signature": _text(found.signature),
        "SignatureAlgorithm": _SIGNATURES.get(found.signature_algorithm_oid.dotted_string, 0),
        "Extensions": [_extension(extension) for extension in found.extensions],
        "ExtraExtensions": None,
        **_alternatives(found.extensions),
    }


def _bases(key: object) -> set[str]:
    return {base.__name__ for base in type(key).__mro__} | {type(key).__name__}


def _key(key: Any) -> Object:
    numbers = key.public_numbers() if hasattr(key, "public_numbers") else None
    if numbers is not None and hasattr(numbers, "n"):
        return {"E": numbers.e, "N": str(numbers.n)}
    if numbers is not None and hasattr(numbers, "x"):
        return {"Curve": {}, "X": str(numbers.x), "Y": str(numbers.y)}
    return {}


def _extension(extension: x509.Extension[Any]) -> Object:
    identifier = [int(part) for part in extension.oid.dotted_string.split(".")]
    return {"Id": identifier, "Critical": extension.critical, "Value": _text(extension.value.public_bytes())}


def _one(extensions: x509.Extensions, name: str) -> Any:
    from cryptography import x509

    try:
        return extensions.get_extension_for_class(getattr(x509, name)).value
    except x509.ExtensionNotFound:
        return None


def _alternatives(extensions: x509.Extensions) -> Object:
    from cryptography import x509

    names = _one(extensions, "SubjectAlternativeName")

    def of(kind: Any) -> list[str] | None:
        found = [str(value) for value in names.get_values_for_type(kind)] if names is not None else []
        return found or None

    return {
        "DNSNames": of(x509.DNSName),
        "EmailAddresses": of(x509.RFC822Name),
        "IPAddresses": of(x509.IPAddress),
        "URIs": of(x509.UniformResourceIdentifier),
    }


def _extended(extensions: x509.Extensions) -> Object:
    basic, usage = _one(extensions, "BasicConstraints"), _one(extensions, "KeyUsage")
    subject, issuer = _one(extensions, "SubjectKeyIdentifier"), _one(extensions, "AuthorityKeyIdentifier")
    length = basic.path_length if basic is not None and basic.path_length is not None else -1
    extended = _one(extensions, "ExtendedKeyUsage") or ()
    return {
        "IsCA": bool(basic and basic.ca),
        "BasicConstraintsValid": basic is not None,
        "MaxPathLen": length if basic is not None else 0,
        "MaxPathLenZero": length == 0,
        "KeyUsage": sum(1 << bit for bit, name in enumerate(_KEY_USAGES) if usage is not None and getattr(usage, name)),
        "ExtKeyUsage": [_EXTENDED[oid.dotted_string] for oid in extended if oid.dotted_string in _EXTENDED] or None,
        "SubjectKeyId": _text(subject.digest) if subject is not None else None,
        "AuthorityKeyId": _text(issuer.key_identifier) if issuer is not None and issuer.key_identifier else None,
    }


def _name(name: x509.Name) -> Object:
    values = [(item.oid.dotted_string, str(item.value)) for item in name]
    found: Object = {"ExtraNames": None}
    for field, oid in _NAMES.items():
        of = [value for identifier, value in values if identifier == oid]
        found[field] = (of[-1] if of else "") if field in _SINGLE else of or None
    found["Names"] = [{"Type": [int(part) for part in oid.split(".")], "Value": value} for oid, value in values]
    return found


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
