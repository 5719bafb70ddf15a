"""Writes a private key out of its encrypted form as plain PKCS #8.

assay key export cosign.key --insecure-plain -o plain.pem
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from assay.cli import Context, _passwords
from assay.errors import ExitCode, InputError, UsageError


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the private key")
    parser.add_argument("--insecure-plain", action="store_true", help="yes, without a password")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, required=True, help="where to; must be new")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Write it for the owner alone."""
    from assay.adapters import signers
    from assay.adapters.trust_roots import read_file
    from assay.formats import pem
    from assay.trust import signing

    if not arguments.insecure_plain:
        raise UsageError("the key would lie there without a password", "say --insecure-plain if that is meant")
    key = signers.of_text(read_file(arguments.file), _passwords.password)
    try:
        descriptor = os.open(arguments.output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise InputError(f"{arguments.output} cannot be written: {error.strerror}", "name a new file") from error
    with os.fdopen(descriptor, "w") as file:
        file.write(pem.write("PRIVATE KEY", signing.pkcs8(key)))
    context.warn(f"{arguments.output} holds the private key without a password", "delete it soon")
    return ExitCode.OK
