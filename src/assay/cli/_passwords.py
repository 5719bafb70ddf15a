"""Passwords of private keys: from ``COSIGN_PASSWORD``, else asked for on a terminal; never an argument."""

from __future__ import annotations

import os
import sys
from getpass import getpass

from assay.errors import UsageError


def password(*, new: bool = False) -> bytes:
    """The password; of a `new` key it is asked for twice. Raises `UsageError` where nobody can be asked."""
    found = os.environ.get("COSIGN_PASSWORD")
    if found is not None:
        return found.encode()
    if not sys.stdin.isatty():
        raise UsageError("the private key has a password, and there is no terminal to ask", "set COSIGN_PASSWORD")
    first = getpass("Password of the private key: ", sys.stderr)
    if new and getpass("The same again: ", sys.stderr) != first:
        raise UsageError("the two passwords differ", "try again")
    return first.encode()
