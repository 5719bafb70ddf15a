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
from typing import TYPE_CHECKING

from assay.cli import Context, _verifying
from assay.errors import UsageError
from assay.formats.intoto import PREDICATES

if TYPE_CHECKING:
    from assay.engines.provenance import Expected


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay verify-attestation``."""
    _verifying.add_flags(parser)
    known = ", ".join(sorted(PREDICATES))
    parser.add_argument("--type", metavar="TYPE", action="append", default=[], help=f"{known}, or the type's address")
    built = parser.add_argument_group("provenance of GitHub's builders")
    built.add_argument("--source-uri", metavar="URI", default="", help="the source: github.com/OWNER/NAME")
    built.add_argument("--source-branch", metavar="NAME", default="", help="the branch that was built")
    built.add_argument("--source-tag", metavar="TAG", default="", help="the tag that was built")
    built.add_argument("--source-versioned-tag", metavar="V", default="", help="the same; v1 or v1.2 take a line")
    built.add_argument("--builder-id", metavar="ID", default="", help="the builder; by default a trusted one of SLSA's")
    parser.add_argument(
        "--condition", metavar="CEL", action="append", default=[], help="what must hold for the statement (repeatable)"
    )
    parser.add_argument("--show", action="store_true", help="write the verified statements instead of the steps")


def _expected(arguments: argparse.Namespace) -> Expected | None:
    from assay.engines.provenance import Expected

    rest = (arguments.source_branch, arguments.source_tag, arguments.source_versioned_tag, arguments.builder_id)
    if not arguments.source_uri:
        if any(rest):
            raise UsageError("provenance is about a source", "add --source-uri github.com/OWNER/NAME")
        return None
    branch, tag, line, builder = rest
    source = arguments.source_uri.removeprefix("git+").removeprefix("https://")
    return Expected(source, builder, branch, tag, line)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Verify the attestations of every target and say how it went."""
    from assay.app import verifying

    wanted = replace(
        _verifying.request(arguments, context),
        attestation=True,
        types=arguments.type,
        provenance=_expected(arguments),
        conditions=arguments.condition,
    )
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
