"""Verifies an attestation about a file or an image: who made it, and about what.

    assay verify-attestation registry.example/team/app:1.2 --type cyclonedx --key cosign.pub
    assay verify-attestation app.tar.gz --bundle app.att.sigstore.json --type slsaprovenance1 \
        --certificate-identity-glob 'https://github.com/acme/**' \
        --certificate-oidc-issuer https://token.actions.githubusercontent.com
    assay verify-attestation app --bundle app.intoto.jsonl --source-uri github.com/acme/app --source-tag v1.2.0
    assay verify-attestation pkg-1.0.0.tgz --bundle attestations.json --source-uri github.com/acme/pkg \
        --builder-id https://github.com/actions/runner/github-hosted --package-name pkg --package-version 1.0.0
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli import Context, _verifying
from assay.errors import UsageError
from assay.formats.intoto import PREDICATES

if TYPE_CHECKING:
    from assay.engines.provenance import Expected
    from assay.engines.provenance.summary import ExpectedSummary
    from assay.engines.verify.identities import Policy


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay verify-attestation``."""
    _verifying.add_flags(parser)
    known = ", ".join(sorted(PREDICATES))
    parser.add_argument("--type", metavar="TYPE", action="append", default=[], help=f"{known}, or the type's address")
    paths = ("--provenance-path", "--attestations-path", "--attestation-path")
    parser.add_argument(*paths, metavar="FILE", dest="bundle", type=Path, help="the same as --bundle")
    _provenance_flags(parser)
    parser.add_argument(
        "--condition", metavar="CEL", action="append", default=[], help="what must hold for the statement (repeatable)"
    )
    shown = "write the verified statements instead of the steps"
    parser.add_argument("--show", "--print-provenance", action="store_true", help=shown)


def _provenance_flags(parser: argparse.ArgumentParser) -> None:
    """What is expected of provenance, in the words of slsa-verifier."""
    built = parser.add_argument_group("provenance of GitHub's builders, of npm packages, of Google Cloud Build")
    built.add_argument("--source-uri", metavar="URI", default="", help="the source: github.com/OWNER/NAME")
    built.add_argument("--source-branch", metavar="NAME", default="", help="the branch that was built")
    built.add_argument("--source-tag", metavar="TAG", default="", help="the tag that was built")
    built.add_argument("--source-versioned-tag", metavar="V", default="", help="the same; v1 or v1.2 take a line")
    built.add_argument("--builder-id", metavar="ID", default="", help="the builder; by default a trusted one of SLSA's")
    inputs = "an input of the workflow (repeatable)"
    built.add_argument("--build-workflow-input", metavar="NAME=VALUE", action="append", default=[], help=inputs)
    built.add_argument("--package-name", metavar="NAME", default="", help="the npm package")
    built.add_argument("--package-version", metavar="VERSION", default="", help="its version")
    built.add_argument("--registry-keys", metavar="FILE", type=Path, help="the keys.json of another npm registry")
    summary = parser.add_argument_group("verification summaries (VSA)")
    summary.add_argument("--verifier-id", metavar="ID", default="", help="who verified")
    summary.add_argument("--resource-uri", metavar="URI", default="", help="what was verified")
    level = "a level that was reached (repeatable)"
    summary.add_argument("--verified-level", metavar="LEVEL", action="append", default=[], help=level)


def _expected(arguments: argparse.Namespace) -> Expected | None:
    from assay.engines.provenance import Expected

    branch, tag, line = arguments.source_branch, arguments.source_tag, arguments.source_versioned_tag
    builder, inputs = arguments.builder_id, _verifying.pairs(arguments.build_workflow_input)
    package, version = arguments.package_name, arguments.package_version
    if not arguments.source_uri:
        if any((branch, tag, line, builder, inputs, package, version)):
            raise UsageError("provenance is about a source", "add --source-uri github.com/OWNER/NAME")
        return None
    source = arguments.source_uri.removeprefix("git+").removeprefix("https://")
    return Expected(source, builder, branch, tag, line, inputs, package=package, version=version)


def _summary(arguments: argparse.Namespace) -> ExpectedSummary | None:
    from assay.engines.provenance.summary import ExpectedSummary

    if not arguments.verifier_id:
        if arguments.resource_uri or arguments.verified_level:
            raise UsageError("a verification summary is somebody's", "add --verifier-id ID")
        return None
    levels = [level for word in arguments.verified_level for level in word.split(",")]
    return ExpectedSummary(arguments.verifier_id, arguments.resource_uri, levels)


def _builder(policy: Policy | None, expected: Expected | None, key: str) -> Policy | None:
    """Whom the certificate must name: where only a source is asked for, the builder, which `_expected` holds it to."""
    from assay.engines.verify.identities import Policy

    return Policy((), "--source-uri and the builder") if policy is None and expected is not None and not key else policy


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Verify the attestations of every target and say how it went."""
    from assay.app import verifying

    asked, expected = _verifying.request(arguments, context), _expected(arguments)
    wanted = asked._replace(
        policy=_builder(asked.policy, expected, arguments.key),
        attestation=True,
        types=arguments.type,
        provenance=expected,
        summary=_summary(arguments),
        registry_keys=arguments.registry_keys,
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
