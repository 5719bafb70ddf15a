"""Signs files, folders and images, with a key or with an identity and no key to keep.

The bundle of a file or folder is written beside it (TARGET.sigstore.json, or --bundle); an image's is attached to it.
Without --key an identity token says who signs: of the CI provider, of SIGSTORE_ID_TOKEN, or of a browser. Without
--trust-config or --instance the public-good instance signs, whose logs are public: assay says so and asks.

    assay sign app.tar.gz --key cosign.key --tlog-upload=false
    assay sign registry.example/team/app:1.2 --trust-config instance/trust_config.json
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from assay.cli import Context, _signing
from assay.errors import ExitCode, UsageError


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay sign``."""
    parser.add_argument("target", metavar="TARGET", nargs="+", help="a file, a folder, or an image")
    _signing.add_flags(parser)
    parser.add_argument("--output-signature", metavar="FILE", type=Path, help="the bare signature, too, in base64")
    parser.add_argument("--output-certificate", metavar="FILE", type=Path, help="the certificate, too, in PEM")
    parser.add_argument("-a", "--annotations", metavar="NAME=VALUE", action="append", default=[], help="of images")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Sign every target with one key or certificate."""
    from assay.app import signing, signing_targets
    from assay.cli import _verifying

    if len(arguments.target) > 1 and (arguments.bundle or arguments.output_signature or arguments.output_certificate):
        raise UsageError("one file cannot take several signatures", "leave --bundle away, or sign one by one")
    session = signing.Session(_signing.request(arguments, context))
    wanted = replace(
        _signing.wanted(arguments, context.settings(), context),
        signature=arguments.output_signature,
        certificate=arguments.output_certificate,
        annotations=_verifying.pairs(arguments.annotations),
    )
    for target in arguments.target:
        for done in signing_targets.sign(target, session, wanted):
            _signing.tell(done, "signature", arguments, context)
    return ExitCode.OK
