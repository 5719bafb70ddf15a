"""Promises of a certificate transparency log (RFC 6962, 3.2 and 3.3), and the leaves that keep them (3.4)."""

from __future__ import annotations

import hashlib

from assay.formats import der
from assay.ports import Signer

_ECDSA_SHA256 = b"\4\3"


def entry(tbs: bytes, issuer_key: bytes) -> bytes:
    """A precertificate's part of what is signed and logged: the issuer's key (SPKI) by its hash, the certificate."""
    return b"\0\1" + hashlib.sha256(issuer_key).digest() + len(tbs).to_bytes(3, "big") + tbs


def leaf(moment: int, signed_entry: bytes) -> bytes:
    """A MerkleTreeLeaf; `moment` is in milliseconds."""
    return b"\0\0" + moment.to_bytes(8, "big") + signed_entry + b"\0\0"


def promise(signer: Signer, moment: int, signed_entry: bytes) -> bytes:
    """A SignedCertificateTimestamp, serialized."""
    signature = signer.sign(b"\0\0" + moment.to_bytes(8, "big") + signed_entry + b"\0\0")
    head = b"\0" + hashlib.sha256(signer.public_key).digest() + moment.to_bytes(8, "big") + b"\0\0"
    return head + _ECDSA_SHA256 + len(signature).to_bytes(2, "big") + signature


def extension_value(one: bytes) -> bytes:
    """The value of the extension that carries one promise."""
    sized = len(one).to_bytes(2, "big") + one
    return der.encode(der.OCTETS, len(sized).to_bytes(2, "big") + sized)
