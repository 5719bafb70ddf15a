"""Sigstore bundles, DSSE envelopes, statements and the bodies of log entries."""

from __future__ import annotations

from fuzz.signed_seeds import bundles

from assay.errors import AssayError
from assay.formats import cosign_signature, dsse, intoto, rekor_entry, sigstore_bundle, trusted_root


def run(data: bytes) -> None:
    for read in (_bundle, dsse.read, intoto.read, trusted_root.read, cosign_signature.payload):
        try:
            read(data)
        except AssayError:
            continue


def _bundle(data: bytes) -> None:
    for entry in sigstore_bundle.read(data).entries:
        rekor_entry.read(entry)


SEEDS = bundles()
