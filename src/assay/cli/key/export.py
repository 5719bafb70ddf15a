"""Writes a private key out of its encrypted form as plain PKCS #8.

assay key export cosign.key --insecure-plain -o plain.pem
"""

from __future__ import annotations

import argparse
from pathlib import Path

from assay.cli import Context, _passwords
from assay.errors import ExitCode, UsageError


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the private key")
    parser.add_argument("--insecure-plain", action="store_true", help="yes, without a password")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, required=True, help="where to; must be new")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Write it for the owner alone."""
    from assay.adapters import output, signers
    from assay.adapters.trust_roots import read_file
    from assay.formats import pem
    from assay.trust import signing

    if not arguments.insecure_plain:
        raise UsageError("the key would lie there without a password", "say --insecure-plain if that is meant")
    key = signers.of_text(read_file(arguments.file), _passwords.password)
    output.new(arguments.output, pem.write("PRIVATE KEY", signing.pkcs8(key)), 0o600)
    context.warn(f"{arguments.output} holds the private key without a password", "delete it soon")
    return ExitCode.OK
