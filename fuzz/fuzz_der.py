"""Certificates, public keys and certificate timestamps."""

from __future__ import annotations

from fuzz.signed_seeds import certificates as seeds

from assay.errors import AssayError
from assay.formats import certificate, der
from assay.trust import certificates, keys


def run(data: bytes) -> None:
    for read in (der.one, keys.load, _whole):
        try:
            read(data)
        except AssayError:
            continue


def _whole(data: bytes) -> None:
    found = certificate.read.__wrapped__(data)
    certificates.identity(found)
    certificate.scts(found)
    certificate.without_scts(found)
    certificate.name(found.issuer)


SEEDS = seeds()
