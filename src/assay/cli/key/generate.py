"""Makes a pair of keys: cosign.key, with a password, and cosign.pub; or on a token.

The files are cosign's: either program signs and verifies with them. The password comes from COSIGN_PASSWORD, or is
asked for. A PKCS #11 address makes the keys on that token, which never gives the private one away; the address by
which `--key` finds it is printed.

    assay key generate
    assay key generate --algorithm ecdsa-p384 --output-key-prefix release
    assay key generate 'pkcs11:token=office;object=release?pin-source=/run/pin'
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from assay.cli import Context, _passwords
from assay.cli.key import _files
from assay.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from assay.model.signature import Scheme

_ALGORITHMS = {
    "ecdsa-p256": "ECDSA_P256",
    "ecdsa-p384": "ECDSA_P384",
    "ecdsa-p521": "ECDSA_P521",
    "ed25519": "ED25519",
    "rsa-2048": "RSA_2048",
    "rsa-3072": "RSA_3072",
    "rsa-4096": "RSA_4096",
}


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("address", metavar="ADDRESS", nargs="?", default="", help="pkcs11:token=TOKEN;object=LABEL")
    parser.add_argument("--algorithm", choices=sorted(_ALGORITHMS), default="ecdsa-p256", help="the kind of key")
    parser.add_argument("--output-key-prefix", metavar="PREFIX", default="cosign", help="PREFIX.key and PREFIX.pub")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Make and write them."""
    from assay.model.signature import Scheme
    from assay.trust import signing

    scheme = Scheme[_ALGORITHMS[arguments.algorithm]]
    if arguments.address:
        return _on_token(arguments.address, scheme, context)
    key = signing.generate(scheme)
    private, public = _files.write(key, arguments.output_key_prefix, _passwords.password(new=True))
    context.note(f"{private} holds the private key, {public} the public one")
    return ExitCode.OK


def _on_token(address: str, scheme: Scheme, context: Context) -> int:
    from assay.adapters.signers import making
    from assay.formats import pkcs11_uri

    if not pkcs11_uri.is_uri(address):
        raise UsageError("keys are made in files and on tokens only", "pkcs11:token=TOKEN;object=LABEL, or no address")
    made = making.generate(address, scheme)
    context.note("the token holds the new key; `assay key show` gives the public one")
    sys.stdout.write(f"{made}\n")
    return ExitCode.OK
