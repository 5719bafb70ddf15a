"""Ed25519ph (RFC 8032, 5.1) where only the SHA-512 digest of the message is there, as in the requests of Rekor."""

from __future__ import annotations

import hashlib

_ORDER = 2**252 + 27742317777372353535851937790883648493
_DOM2 = b"SigEd25519 no Ed25519 collisions\1\0"


def holds(key: bytes, signature: bytes, digest: bytes) -> bool:
    """Whether it is a signature of the raw 32-byte key over what has that digest."""
    from nacl import bindings
    from nacl.exceptions import CryptoError

    if len(key) != 32 or len(signature) != 64 or len(digest) != 64:
        return False
    point, scalar = signature[:32], signature[32:]
    if int.from_bytes(scalar, "little") >= _ORDER:
        return False
    challenge = hashlib.sha512(_DOM2 + point + key + digest).digest()
    try:
        if not (
            bindings.crypto_core_ed25519_is_valid_point(key) and bindings.crypto_core_ed25519_is_valid_point(point)
        ):
            return False
        reduced = bindings.crypto_core_ed25519_scalar_reduce(challenge)
        left = bindings.crypto_scalarmult_ed25519_base_noclamp(scalar)
        right = bindings.crypto_core_ed25519_add(point, bindings.crypto_scalarmult_ed25519_noclamp(reduced, key))
    except (CryptoError, RuntimeError, TypeError, ValueError):
        return False
    return left == right
