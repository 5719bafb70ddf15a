"""Verifies who signed a file, a folder or an image, offline where it can.

The signature of a file is the bundle beside it (FILE.sigstore.json) or what --bundle or --signature name; an image's
hang on it, in whatever form. Say whom you expect: an identity and who vouches for it, or a key. Steps are numbered,
and the one that fails says what was found, what was wanted and what would mend it.

    assay verify app.tar.gz --certificate-identity ci@example.com --certificate-oidc-issuer https://accounts.example
    assay verify registry.example/team/app:1.2 --key cosign.pub
    assay verify registry.example/team/app:1.2 --policy release.yaml
    assay verify sha256:9f86d081... --bundle app.sigstore.json --trusted-root trusted_root.json ...
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assay.cli import Context, _registries, _verifying
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay verify``."""
    _verifying.add_flags(parser)
    parser.add_argument(
        "--policy",
        metavar="FILE",
        type=Path,
        action="append",
        help="hold images to these policies, at any date",
    )


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Verify every target and say how it went."""
    from assay.app import verifying

    if arguments.policy:
        return _held_to_policies(arguments, context)
    wanted = _verifying.request(arguments, context)
    judged = list(verifying.verify_all(arguments.target, wanted))
    return _verifying.tell(judged, wanted, arguments, context)


def _held_to_policies(arguments: argparse.Namespace, context: Context) -> int:
    """What the policies say of each target; the verdict counts, not what a rollout makes of it."""
    from assay.app.image_facts import Facts
    from assay.app.policy_check import Checking, CheckRequest
    from assay.report import decisions

    settings = context.settings()
    access, root = _registries.access(arguments, settings), _verifying.trusted_root(arguments, settings, context)
    facts = Facts(context.data_dir(settings), context.cache_dir(settings), access)
    checking = Checking(CheckRequest(arguments.policy, lambda: root.root, access, facts=facts))
    if checking.problems:
        raise checking.problems[0]
    found = [item for target in arguments.target for item in checking.check(target)]
    checking.close()
    if arguments.output == "json":
        sys.stdout.buffer.write(decisions.as_json(found))
    else:
        sys.stdout.write("".join(decisions.text(*item, context.style) for item in found))
    return ExitCode.OK if all(item.decision.verdict == "pass" for item in found) else ExitCode.NO
