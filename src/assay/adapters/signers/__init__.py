"""Whoever signs, by the address of the key: a file, a variable of the environment, a token, a key service."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from assay.adapters.trust_roots import read_file
from assay.errors import UsageError
from assay.formats import cosign_key, pkcs11_uri
from assay.trust import signing

if TYPE_CHECKING:
    from assay.ports import Signer

SERVICES = ("awskms://", "gcpkms://", "azurekms://", "hashivault://")
"""How addresses of keys in key services begin."""
Password = Callable[[], bytes]
"""Asks for the password of a key, once it is needed."""


def open_signer(name: str, password: Password) -> Signer:
    """The signer behind ``FILE``, ``env://NAME``, ``pkcs11:…``, or an address of one of the `SERVICES`.

    Raises `UsageError` for an address of an unknown kind, `InputError` for a key that cannot be read, `Refused` for a
    wrong password.
    """
    remote = elsewhere(name)
    if remote is not None:
        return remote
    scheme, parted, rest = name.partition("://")
    if parted and scheme == "env":
        text = os.environ.get(rest)
        if text is None:
            raise UsageError(f"{name}: there is no such variable", "set it to the private key")
        return of_text(text.encode(), password)
    if parted and scheme != "file":
        remedy = f"name a file, env://VARIABLE, pkcs11:..., or a key in a service: {', '.join(SERVICES)}"
        raise UsageError(f"keys of the kind {scheme}:// are not known", remedy)
    return of_text(read_file(Path(rest if parted else name)), password)


def elsewhere(address: str) -> Signer | None:
    """The signer whose key is on a token or in a key service; None where the address is of another kind."""
    if pkcs11_uri.is_uri(address):
        from assay.adapters.signers.pkcs11 import Pkcs11Key

        return Pkcs11Key(address)
    scheme, _, rest = address.partition("://")
    match scheme if f"{scheme}://" in SERVICES else "":
        case "awskms":
            from assay.adapters.signers.aws import AwsKey

            return AwsKey(rest)
        case "gcpkms":
            from assay.adapters.signers.gcp import GcpKey

            return GcpKey(rest)
        case "azurekms":
            from assay.adapters.signers.azure import AzureKey

            return AzureKey(rest)
        case "hashivault":
            from assay.adapters.signers.vault import VaultKey

            return VaultKey(rest)
    return None


def public_key(address: str) -> bytes | None:
    """The public key (DER) on a token or in a key service; None where the address is of another kind."""
    if pkcs11_uri.is_uri(address):
        from assay.adapters.signers import pkcs11

        return pkcs11.public_key(address)
    found = elsewhere(address)
    return found.public_key if found is not None else None


def check_offline(address: str) -> None:
    """Raise `UsageError` for a key in a service, of which nothing is known without a network."""
    if address.startswith(SERVICES):
        raise UsageError(
            "a key service needs the network", "leave --offline away; verify with the public key in a file"
        )


def of_text(data: bytes, password: Password) -> signing.LocalKey:
    """The key in a file: cosign's encrypted form, or PEM of the usual kinds."""
    if cosign_key.is_key(data):
        return signing.load(cosign_key.read(data, password()))
    return signing.load(data, password() if b"ENCRYPTED" in data else None)
