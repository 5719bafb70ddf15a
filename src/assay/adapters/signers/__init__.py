"""Whoever signs, by the address of the key: a file, a variable of the environment, a key service."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from assay.adapters.trust_roots import read_file
from assay.errors import UsageError
from assay.formats import cosign_key
from assay.trust import signing

if TYPE_CHECKING:
    from assay.ports import Signer

Password = Callable[[], bytes]
"""Asks for the password of a key, once it is needed."""


def open_signer(name: str, password: Password) -> Signer:
    """The signer behind ``FILE``, ``env://NAME``, ``awskms://…`` or ``hashivault://KEY``.

    Raises `UsageError` for an address of an unknown kind, `InputError` for a key that cannot be read, `Refused` for a
    wrong password.
    """
    scheme, parted, rest = name.partition("://")
    if parted and scheme == "env":
        text = os.environ.get(rest)
        if text is None:
            raise UsageError(f"{name}: there is no such variable", "set it to the private key")
        return of_text(text.encode(), password)
    if parted and scheme == "awskms":
        from assay.adapters.signers.aws import AwsKey

        return AwsKey(rest)
    if parted and scheme == "hashivault":
        from assay.adapters.signers.vault import VaultKey

        return VaultKey(rest)
    if parted and scheme != "file":
        remedy = "name a file, env://VARIABLE, awskms:///KEY or hashivault://KEY"
        raise UsageError(f"keys of the kind {scheme}:// are not known", remedy)
    return of_text(read_file(Path(rest if parted else name)), password)


def of_text(data: bytes, password: Password) -> signing.LocalKey:
    """The key in a file: cosign's encrypted form, or PEM of the usual kinds."""
    if cosign_key.is_key(data):
        return signing.load(cosign_key.read(data, password()))
    return signing.load(data, password() if b"ENCRYPTED" in data else None)
