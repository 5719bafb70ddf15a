"""Secrets that a key in a key service has encrypted, decrypted there: the password of an instance, above all.

============  ==========================================  ==============================================
address       key                                         encrypted with
============  ==========================================  ==============================================
awskms://     symmetric                                   ``aws kms encrypt``
gcpkms://     symmetric (the address without a version)   ``gcloud kms encrypt``
azurekms://   RSA (the address with its version)          RSA-OAEP-256: ``az keyvault key encrypt``
hashivault:// transit                                     ``vault write transit/encrypt/KEY``
============  ==========================================  ==============================================
"""

from __future__ import annotations

import base64
import binascii

from assay.errors import UsageError


def decrypt(address: str, ciphertext: bytes) -> bytes:
    """What the key at `address` has encrypted: its bytes, or these in base64; Vault's own form as it is.

    Raises `UsageError` for an address of another kind, and what the services complain of.
    """
    scheme, _, rest = address.partition("://")
    match scheme:
        case "awskms":
            from assay.adapters.signers import aws

            return aws.decrypt(rest, _bytes(ciphertext))
        case "gcpkms":
            from assay.adapters.signers import gcp

            return gcp.decrypt(rest, _bytes(ciphertext))
        case "azurekms":
            from assay.adapters.signers import azure

            return azure.decrypt(rest, _bytes(ciphertext))
        case "hashivault":
            from assay.adapters.signers import vault

            return vault.decrypt(rest, ciphertext.strip())
    raise UsageError("no key service of that kind decrypts", "awskms://, gcpkms://, azurekms:// or hashivault://")


def _bytes(data: bytes) -> bytes:
    """Most tools write base64, some with line breaks, Azure's with the alphabet for addresses; some write the bytes."""
    text = b"".join(data.split()).translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return data
