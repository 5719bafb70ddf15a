"""Holds images and manifests to policies as the webhook would: verdict and action.

The verdict is the same wherever the same is asked; the action depends on the rollout of each policy, and --at,
--namespace and --existing say when and where. Exit code 1 where the action is deny.

    assay policy check registry.example/team/app:1.2 --policies policies/
    assay policy check deployment.yaml --policies release.yaml --at 2026-12-01 --namespace shop --existing
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assay.cli import Context
from assay.cli.policy import _images
from assay.cli.policy._moment import moment
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay policy check``."""
    parser.add_argument("target", metavar="IMAGE|MANIFEST", nargs="+", help="an image in a registry, or a file")
    parser.add_argument(
        "--policies", metavar="PATH", type=Path, action="append", required=True, help="a file or folder of policies"
    )
    parser.add_argument("--at", metavar="DATE", help="decide as if it were then")
    parser.add_argument("--namespace", metavar="N", default="default", help="the namespace, where none is named")
    parser.add_argument("--existing", action="store_true", help="the workload was there before the rollout")
    parser.add_argument("--gate-open", action="store_true", help="the gates of rollouts hold, which nobody knows here")
    _images.add_flags(parser)
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text", help="how it is written")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Check every target and say how it went."""
    from assay.app import open_gates
    from assay.app.policy_check import Checked, Checking, CheckRequest
    from assay.report import decisions

    images = _images.images(arguments, context)
    checking = Checking(
        CheckRequest(
            arguments.policies,
            images.root,
            images.access,
            moment(arguments.at),
            arguments.namespace,
            arguments.existing,
            images.facts,
            rollouts=open_gates.OpenGates() if arguments.gate_open else None,
        )
    )
    if checking.problems:  # a verdict without them would say less than the policies do
        for problem in checking.problems[1:]:
            context.warn(problem.what, problem.remedy)
        checking.close()
        raise checking.problems[0]
    if not arguments.gate_open and open_gates.are_needed(checking.policies):
        context.note("whether the gates of rollouts hold is not known here: --gate-open takes it that they do")
    found: list[Checked] = []
    for target in arguments.target:
        for item in checking.check(target):
            found.append(item)
            if arguments.output == "text":
                sys.stdout.write(decisions.text(item.target, item.decision, context.style))
    checking.close()
    if arguments.output == "json":
        sys.stdout.buffer.write(decisions.as_json(found))
    return ExitCode.OK if all(item.decision.allowed for item in found) else ExitCode.NO
