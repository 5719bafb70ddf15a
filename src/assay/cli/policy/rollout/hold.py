"""Stops a policy's rollout where it is, or lets it go on.

Nothing comes into force and no grace period ends while it is held. With --release what lay ahead comes later by so
long as it was held, unless --as-planned.

    assay policy rollout hold release --policies policies/ --reason 'freeze of the year'
    assay policy rollout hold release --kubeconfig admin.conf --release
"""

from __future__ import annotations

import argparse
import sys

from assay.cli import Context
from assay.cli.policy.rollout import _place
from assay.errors import ExitCode, UsageError


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay policy rollout hold``."""
    parser.add_argument("policy", metavar="POLICY", help="the name of the policy")
    _place.add_flags(parser)
    parser.add_argument("--reason", metavar="TEXT", default="", help="why; it is kept in the policy")
    parser.add_argument("--release", action="store_true", help="let it go on")
    parser.add_argument("--as-planned", action="store_true", help="with --release: leave the dates as they are")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Change the policy."""
    from assay.app import policy_rollout
    from assay.report.console import printable

    if not arguments.release and not arguments.reason.strip():
        raise UsageError("a rollout is held for a reason", "--reason TEXT")
    place = _place.place(arguments, context)
    item = policy_rollout.one(place.manifests, arguments.policy)
    if arguments.release:
        changed = policy_rollout.release(item, place.now, place.known, as_planned=arguments.as_planned)
    else:
        changed = policy_rollout.hold(item, place.now, arguments.reason)
    sys.stdout.write(f"{place.write(item, changed)}: {printable(changed.what)}\n")
    return ExitCode.OK
