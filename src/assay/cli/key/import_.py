"""Takes a private key over into cosign's encrypted form.

PKCS #8, PKCS #1 and SEC 1 are read, in PEM or DER.

assay key import old.pem --output-key-prefix release
"""

from __future__ import annotations

import argparse
from pathlib import Path

from assay.cli import Context, _passwords
from assay.cli.key import _files
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the private key")
    parser.add_argument("--output-key-prefix", metavar="PREFIX", default="import-cosign", help="PREFIX.key, PREFIX.pub")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Read and write it."""
    from assay.adapters import signers
    from assay.adapters.trust_roots import read_file

    key = signers.of_text(read_file(arguments.file), _passwords.password)
    private, public = _files.write(key, arguments.output_key_prefix, _passwords.password(new=True))
    context.note(f"{private} holds the private key, {public} the public one")
    return ExitCode.OK
