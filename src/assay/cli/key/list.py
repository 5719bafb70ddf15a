"""Lists the key pairs on a token: the address of each, its kind and its digest.

assay key list 'pkcs11:token=office?pin-source=/run/pin'
"""

from __future__ import annotations

import argparse
import sys

from assay.cli import Context
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("address", metavar="ADDRESS", help="pkcs11:token=TOKEN, and what else the keys must have")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Print a line for each."""
    from assay.adapters.signers import pkcs11
    from assay.trust import keys, signing

    found = pkcs11.pairs(arguments.address)
    for item in found:
        what = "of no kind that signs here"
        if item.public_key is not None:
            what = f"{keys.describe(keys.load(item.public_key))}, sha256:{signing.digest(item.public_key)}"
        sys.stdout.write(f"{item.uri}  {what}\n")
    context.note(f"{len(found)} keys")
    return ExitCode.OK
