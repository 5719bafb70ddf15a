"""Moves a policy's rollout on now: the next stage leaves the audit, or its grace period.

The policy is changed where it is: in its file, of which everything else stays as it is, or in the cluster. Exit code 1
where a gate does not hold, or the rollout is on hold.

    assay policy rollout advance release --policies policies/
    assay policy rollout advance release --kubeconfig admin.conf --stage 2 --force --reason 'agreed in SEC-42'
"""

from __future__ import annotations

import argparse
import sys

from assay.cli import Context
from assay.cli.policy.rollout import _place
from assay.errors import ExitCode, UsageError


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay policy rollout advance``."""
    parser.add_argument("policy", metavar="POLICY", help="the name of the policy")
    _place.add_flags(parser)
    parser.add_argument("--stage", metavar="N", type=int, help="this stage, from 1; by default the next")
    parser.add_argument("--force", action="store_true", help="although a gate does not hold")
    parser.add_argument("--reason", metavar="TEXT", default="", help="why; it is kept in the policy")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Change the policy."""
    from assay.app import policy_rollout
    from assay.report.console import printable

    if arguments.force and not arguments.reason.strip():
        raise UsageError("--force needs a reason", "--reason TEXT")
    place = _place.place(arguments, context)
    item = policy_rollout.one(place.manifests, arguments.policy)
    changed = policy_rollout.advance(
        item, place.known, place.now, arguments.stage, arguments.reason, force=arguments.force
    )
    sys.stdout.write(f"{place.write(item, changed)}: {printable(changed.what)}\n")
    return ExitCode.OK
