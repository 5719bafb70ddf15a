"""Signing TUF metadata with any key: `securesystemslib`'s signer over our port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.errors import InputError
from assay.model.signature import Scheme
from assay.ports import Signer
from assay.trust.signing import LocalKey

if TYPE_CHECKING:
    from securesystemslib.signer import Signer as TufSigner

_SCHEMES = {
    Scheme.ECDSA_P256: "ecdsa-sha2-nistp256",
    Scheme.ECDSA_P384: "ecdsa-sha2-nistp384",
    Scheme.ED25519: "ed25519",
}


def of(key: Signer) -> TufSigner:
    """The key as a signer of TUF metadata; raises `InputError` for kinds that TUF clients do not all know."""
    from cryptography.hazmat.primitives.serialization import load_der_public_key
    from securesystemslib.signer import CryptoSigner, Signature, SSlibKey
    from securesystemslib.signer import Signer as Base

    if isinstance(key, LocalKey):
        return CryptoSigner(key.private)
    scheme = _SCHEMES.get(key.scheme)
    if scheme is None:
        raise InputError(f"TUF metadata is not signed with {key.scheme.value}", "take an ECDSA key")
    public = SSlibKey.from_crypto(load_der_public_key(key.public_key), scheme=scheme)

    class Elsewhere(Base):
        """Asks the key where it is."""

        @property
        def public_key(self) -> SSlibKey:
            return public

        @classmethod
        def from_priv_key_uri(cls, priv_key_uri: str, public_key: object, secrets_handler: object = None) -> TufSigner:
            raise NotImplementedError(priv_key_uri)

        def sign(self, payload: bytes) -> Signature:
            return Signature(public.keyid, key.sign(payload).hex())

    return Elsewhere()
