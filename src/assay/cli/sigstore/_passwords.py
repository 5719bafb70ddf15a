"""The password of an instance's keys: from a file, a systemd credential, or a terminal; never an argument."""

from __future__ import annotations

import os
import sys
from getpass import getpass
from pathlib import Path

from assay.errors import InputError, UsageError

_VARIABLE = "ASSAY_SIGSTORE_PASSWORD_FILE"
_ROOTS = "ASSAY_SIGSTORE_ROOT_PASSWORD_FILE"


def password(*, new: bool = False) -> bytes:
    """The password; raises `UsageError` where it is nowhere and nobody can be asked."""
    file = os.environ.get(_VARIABLE)
    credential = Path(os.environ.get("CREDENTIALS_DIRECTORY", "/nonexistent")) / "assay-sigstore-password"
    path = Path(file) if file else credential if credential.is_file() else None
    if path is not None:
        return _of(path, _VARIABLE)
    if not sys.stdin.isatty():
        raise UsageError("the instance's keys need a password", f"put it into a file and name that in {_VARIABLE}")
    first = getpass("Password of the instance's keys: ", sys.stderr)
    if not first or (new and getpass("The same again: ", sys.stderr) != first):
        raise UsageError("the two passwords differ, or there is none", "try again")
    return first.encode()


def root_password(serving: bytes) -> bytes:
    """The password of the root keys, which the server need not know; without a file of its own the serving one."""
    file = os.environ.get(_ROOTS)
    return _of(Path(file), _ROOTS) if file else serving


def _of(path: Path, variable: str) -> bytes:
    try:
        found = path.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", f"{variable} names it") from error
    if not found:
        raise UsageError(f"{path} holds an empty password", "write one into it")
    return found
