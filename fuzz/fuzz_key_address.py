"""Addresses of keys on tokens and in key services."""

from __future__ import annotations

from contextlib import suppress

from assay.adapters.signers import azure, gcp
from assay.adapters.sigstore_instance import key_addresses
from assay.errors import AssayError
from assay.formats import pkcs11_uri


def run(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    with suppress(AssayError):
        found = pkcs11_uri.read(text)
        again = pkcs11_uri.read(str(found))
        assert (dict(again.path), dict(again.query)) == (dict(found.path), dict(found.query))
    for read in (gcp.read_name, azure.read_address):
        with suppress(AssayError):
            read(text)
    with suppress(AssayError):
        key_addresses.parse(text, [text])


SEEDS = [
    b"pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;object=my-certificate;"
    b"type=cert;id=%69%95%3E%5C%F4%BD%EC%91;serial=?pin-source=file:/etc/token_pin",
    b"pkcs11:slot-id=0;object={role}?module-path=/mnt/libmypkcs11.so.1&pin-value=the-pin",
    b"ca=pkcs11:token=a;object=b?module-name=c",
    b"projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
    b"team.vault.azure.net/release/0123456789abcdef0123456789abcdef",
]
