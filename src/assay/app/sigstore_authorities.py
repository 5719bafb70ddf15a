"""The certificates of an instance's authorities: for certificates (CA) and for timestamps (TSA), under one root.

The root key signs one spare of each in advance, so that the server can change to it while the root key is off line.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from assay.engines.authority import x509
from assay.formats import certificate
from assay.ports import Signer

YEARS, ROOT_YEARS = 5, 10
_ROOT = x509.name("assay", "assay root")


def chains(root: Signer, keys: Mapping[str, Signer], now: datetime) -> dict[str, tuple[bytes, ...]]:
    """The first chains, by the name of their key: ``ca`` and ``tsa``, and their spares ``ca-2`` and ``tsa-2``."""
    signs = (x509.key_usage(5, 6), x509.basic_constraints(None))
    anchor = x509.authority(root, root.public_key, (_ROOT, _ROOT), now, ROOT_YEARS, signs)
    found = {}
    for kind, make in (("ca", issuing), ("tsa", stamping)):
        found[kind] = make(root, anchor, keys[kind].public_key, now, YEARS)
        found[f"{kind}-2"] = make(root, anchor, keys[f"{kind}-2"].public_key, now, ROOT_YEARS)
    return found


def issuing(root: Signer, anchor: bytes, key: bytes, now: datetime, years: int) -> tuple[bytes, ...]:
    """The chain of a new issuing certificate below `anchor` (DER)."""
    extensions = (x509.key_usage(5, 6), x509.extended_usage(x509.CODE_SIGNING), x509.basic_constraints(0))
    return _below(root, anchor, key, now, years, "assay intermediate", extensions)


def stamping(root: Signer, anchor: bytes, key: bytes, now: datetime, years: int) -> tuple[bytes, ...]:
    """The chain of a new certificate for timestamps below `anchor` (DER)."""
    extensions = (x509.key_usage(0), x509.extended_usage(x509.TIME_STAMPING, critical=True))
    return _below(root, anchor, key, now, years, "assay timestamps", extensions)


def _below(
    root: Signer, anchor: bytes, key: bytes, now: datetime, years: int, common: str, extensions: tuple[bytes, ...]
) -> tuple[bytes, ...]:
    names = (certificate.read(anchor).subject, x509.name("assay", common))
    until = certificate.read(anchor).not_after
    made = x509.authority(root, key, names, now, years, extensions, until)
    return (made, anchor)
