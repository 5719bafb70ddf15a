"""Shows the public key of a private or public key: its kind, its digest, and PEM.

assay key show cosign.key > cosign.pub
assay key show 'pkcs11:token=office;object=release'
"""

from __future__ import annotations

import argparse
import sys

from assay.cli import Context, _passwords
from assay.errors import ExitCode, InputError


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("key", metavar="KEY", help="a file, env://NAME, pkcs11:..., or a key in a key service")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Print it."""
    from assay.adapters import signers
    from assay.app.verifying import public_key
    from assay.formats import pem
    from assay.trust import keys, signing

    if context.settings().switch("offline"):
        signers.check_offline(arguments.key)
    try:
        found = public_key(arguments.key)
    except InputError:
        found = signers.open_signer(arguments.key, _passwords.password).public_key
    context.note(f"{keys.describe(keys.load(found))}, sha256:{signing.digest(found)}")
    sys.stdout.write(pem.write("PUBLIC KEY", keys.spki(keys.load(found))))
    return ExitCode.OK
