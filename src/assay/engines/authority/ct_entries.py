"""What the CT log tells of itself (RFC 6962): signed tree heads (3.5), and the chains behind its entries (3.1)."""

from __future__ import annotations

from collections.abc import Sequence

from assay.engines.authority import x509
from assay.errors import Malformed
from assay.formats import der
from assay.ports import Signer

_ECDSA_SHA256 = b"\4\3"
_BEFORE_TBS = 2 + 8 + 2 + 32
"""Version and leaf type, time, entry type, and the hash of the issuer's key stand before the TBSCertificate."""


def tree_head(signer: Signer, moment: int, size: int, root: bytes) -> bytes:
    """The signature of a tree head, as a DigitallySigned; `moment` is in milliseconds."""
    signature = signer.sign(b"\0\1" + moment.to_bytes(8, "big") + size.to_bytes(8, "big") + root)
    return _ECDSA_SHA256 + len(signature).to_bytes(2, "big") + signature


def extra_data(leaf: bytes, signer: Signer, chain: Sequence[bytes]) -> bytes:
    """The PrecertChainEntry of a leaf: the precertificate, which the authority signs here, and its chain."""
    certificates = b"".join(_sized(item) for item in chain)
    return _sized(_precertificate(_tbs(leaf), signer)) + _sized(certificates)


def _tbs(leaf: bytes) -> bytes:
    start = _BEFORE_TBS + 3
    size = int.from_bytes(leaf[_BEFORE_TBS:start], "big")
    if leaf[:2] != b"\0\0" or leaf[10:12] != b"\0\1" or len(leaf) != start + size + 2:
        raise Malformed("this is no leaf of a precertificate")
    return leaf[start : start + size]


def _precertificate(tbs: bytes, signer: Signer) -> bytes:
    """The certificate as it was before the promise: with the poison that keeps it from being used (3.1)."""
    *fields, extensions = der.one(tbs).sequence()
    (listed,) = extensions.sequence(0xA3)
    poison = x509.extension(x509.POISON, b"\5\0", critical=True)
    whole = der.sequence(*(item.whole for item in fields), der.encode(0xA3, der.sequence(listed.content, poison)))
    return x509.sign(whole, signer)


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(3, "big") + data
