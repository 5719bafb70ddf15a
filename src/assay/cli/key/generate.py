"""Makes a pair of keys: cosign.key, encrypted with a password, and cosign.pub.

The files are cosign's: either program signs and verifies with them. The password comes from COSIGN_PASSWORD, or is
asked for.

    assay key generate
    assay key generate --algorithm ecdsa-p384 --output-key-prefix release
"""

from __future__ import annotations

import argparse

from assay.cli import Context, _passwords
from assay.cli.key import _files
from assay.errors import ExitCode

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
    """The flags."""
    parser.add_argument("--algorithm", choices=sorted(_ALGORITHMS), default="ecdsa-p256", help="the kind of key")
    parser.add_argument("--output-key-prefix", metavar="PREFIX", default="cosign", help="PREFIX.key and PREFIX.pub")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Make and write them."""
    from assay.model.signature import Scheme
    from assay.trust import signing

    key = signing.generate(Scheme[_ALGORITHMS[arguments.algorithm]])
    private, public = _files.write(key, arguments.output_key_prefix, _passwords.password(new=True))
    context.note(f"{private} holds the private key, {public} the public one")
    return ExitCode.OK
