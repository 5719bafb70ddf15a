"""How a signature is made: the kind of key, the padding and the hash, under the names of Sigstore's protobuf-specs."""

from __future__ import annotations

from enum import Enum


class Scheme(Enum):
    """A way to sign; the values are those of ``PublicKeyDetails`` in ``sigstore_common.proto``."""

    ECDSA_P256 = "PKIX_ECDSA_P256_SHA_256"
    ECDSA_P384 = "PKIX_ECDSA_P384_SHA_384"
    ECDSA_P521 = "PKIX_ECDSA_P521_SHA_512"
    RSA_2048 = "PKIX_RSA_PKCS1V15_2048_SHA256"
    RSA_3072 = "PKIX_RSA_PKCS1V15_3072_SHA256"
    RSA_4096 = "PKIX_RSA_PKCS1V15_4096_SHA256"
    RSA_PSS_2048 = "PKIX_RSA_PSS_2048_SHA256"
    RSA_PSS_3072 = "PKIX_RSA_PSS_3072_SHA256"
    RSA_PSS_4096 = "PKIX_RSA_PSS_4096_SHA256"
    ED25519 = "PKIX_ED25519"
    ED25519_PH = "PKIX_ED25519_PH"

    @property
    def hash(self) -> str:
        """The hash that goes with it, as `hashlib` names it; empty for pure Ed25519, which hashes by itself."""
        if self is Scheme.ED25519:
            return ""
        if self in (Scheme.ECDSA_P521, Scheme.ED25519_PH):
            return "sha512"
        return "sha384" if self is Scheme.ECDSA_P384 else "sha256"
