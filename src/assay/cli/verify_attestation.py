"""Verifies an attestation about a file or an image: who made it, and about what.

    assay verify-attestation registry.example/team/app:1.2 --type cyclonedx --key cosign.pub
    assay verify-attestation app.tar.gz --bundle app.att.sigstore.json --type slsaprovenance1 \
        --certificate-identity-glob 'https://github.com/acme/**' \
        --certificate-oidc-issuer https://token.actions.githubusercontent.com
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

from assay.cli import Context, _verifying
from assay.formats.intoto import PREDICATES


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay verify-attestation``."""
    _verifying.add_flags(parser)
    known = ", ".join(sorted(PREDICATES))
    parser.add_argument("--type", metavar="TYPE", action="append", default=[], help=f"{known}, or the type's address")
    parser.add_argument("--show", action="store_true", help="write the verified statements instead of the steps")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Verify the attestations of every target and say how it went."""
    from assay.app import verifying

    wanted = replace(_verifying.request(arguments, context), attestation=True, types=arguments.type)
    judged = list(verifying.verify_all(arguments.target, wanted))
    if arguments.show:
        for item in judged:
            for outcome in item.outcomes:
                if outcome.verified and outcome.verification is not None:
                    sys.stdout.buffer.write(outcome.verification.payload.strip() + b"\n")
        arguments.output = "text"
        if all(item.verified for item in judged):
            return 0
    return _verifying.tell(judged, wanted, arguments, context)
