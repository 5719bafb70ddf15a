"""The password of an instance's keys: from a file, a systemd credential, or a terminal; never an argument.

Where ``ASSAY_SIGSTORE_PASSWORD_KEY`` names a key in a key service, the file holds what that key has encrypted.
"""

from __future__ import annotations

import os
import sys
from getpass import getpass
from pathlib import Path

from assay.errors import InputError, UsageError

_VARIABLE = "ASSAY_SIGSTORE_PASSWORD_FILE"
_WRAPPED_BY = "ASSAY_SIGSTORE_PASSWORD_KEY"
_MAX = 64 << 10
_ROOTS = "ASSAY_SIGSTORE_ROOT_PASSWORD_FILE"


def password(*, new: bool = False) -> bytes:
    """The password; raises `UsageError` where it is nowhere and nobody can be asked."""
    file = os.environ.get(_VARIABLE)
    credential = Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nonexistent")) / "assay-sigstore-password"
    path = Path(file) if file else credential if credential.is_file() else None
    key = os.environ.get(_WRAPPED_BY)
    if path is not None:
        held = _of(path, _VARIABLE)
        return _line(path, _unwrapped(key, held) if key else held)
    if key:
        raise UsageError(f"{_WRAPPED_BY} is set, and there is no encrypted password", f"name its file in {_VARIABLE}")
    if not sys.stdin.isatty():
        raise UsageError("the instance's keys need a password", f"put it into a file and name that in {_VARIABLE}")
    first = getpass("Password of the instance's keys: ", sys.stderr)
    if not first or (new and getpass("The same again: ", sys.stderr) != first):
        raise UsageError("the two passwords differ, or there is none", "try again")
    return first.encode()


def of_instance(folder: Path, *, elsewhere: bool = False) -> bytes:
    """That of an instance; raises `InputError` where the folder holds none, before anybody is asked.

    With `elsewhere` a database will bring the instance into the folder.
    """
    from assay.adapters.sigstore_instance import material, shared_folder

    if not elsewhere and not any((folder / name).exists() for name in (material.FILE, shared_folder.FILE)):
        raise InputError(f"{folder} holds no instance", "make one: assay sigstore init")
    return password()


def root_password(serving: bytes) -> bytes:
    """The password of the root keys, which the server need not know; without a file of its own the serving one."""
    file = os.environ.get(_ROOTS)
    return _line(Path(file), _of(Path(file), _ROOTS)) if file else serving


def _unwrapped(key: str, data: bytes) -> bytes:
    from assay.adapters.signers import unwrapping

    return unwrapping.decrypt(key, data)


def _of(path: Path, variable: str) -> bytes:
    try:
        with path.open("rb") as file:
            found = file.read(_MAX + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", f"{variable} names it") from error
    if len(found) > _MAX:
        raise UsageError(f"{path} holds no password: it is too large", "write one into it")
    return found


def _line(path: Path, data: bytes) -> bytes:
    """A password without the end of its line."""
    found = data.rstrip(b"\r\n")
    if not found:
        raise UsageError(f"{path} holds an empty password", "write one into it")
    return found
