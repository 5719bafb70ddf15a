"""Shows how far policies have come into force, what comes next, and what delays it.

Violations are those that the admission controller wrote down while a stage was not in force: out of its data folder on
this machine, or, of a cluster, out of the status of the AssayPolicies.

    assay policy rollout status --policies policies/
    assay policy rollout status release --kubeconfig admin.conf -o json
"""

from __future__ import annotations

import argparse
import sys

from assay.cli import Context
from assay.cli.policy.rollout import _place
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay policy rollout status``."""
    parser.add_argument("policy", metavar="POLICY", nargs="?", default="", help="the name of one; by default all")
    _place.add_flags(parser)
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text", help="how it is written")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Show it."""
    from assay.app import policy_rollout
    from assay.report import rollout

    place = _place.place(arguments, context)
    found = [
        policy_rollout.status(item, place.known, place.now)
        for item in policy_rollout.find(place.manifests, arguments.policy)
    ]
    if arguments.output == "json":
        sys.stdout.buffer.write(rollout.as_json(found))
    else:
        sys.stdout.write("".join(rollout.text(item, context.style) for item in found))
    return ExitCode.OK
