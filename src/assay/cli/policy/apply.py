"""Applies policies of every kind to objects or recorded reviews; says what rules found.

Exit code 1 where a policy denies. The objects are the cluster that policies look into; with --cluster it is the real
one, and what runs there is asked about, page by page.

    assay policy apply policies/ --resource deployment.yaml
    assay policy apply policies/ --reviews recorded.jsonl -o json
    assay policy apply policies/ --kubeconfig admin.conf --namespace shop --fail-only
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli import Context
from assay.cli.policy import _cluster, _files, _images
from assay.cli.policy._moment import moment
from assay.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from assay.adapters.kubernetes.client import Cluster
    from assay.app.policy_apply import ApplyRequest
    from assay.engines.policy.rego.source import Compiler


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay policy apply``."""
    parser.add_argument("policy", metavar="POLICY", nargs="+", type=Path, help="a file or folder of policies")
    _files.add_flag(parser, "--resource", "objects, as if they were created")
    _files.add_flag(parser, "--reviews", "AdmissionReviews, or .jsonl of them")
    _cluster.add_flags(parser, "what runs in the cluster, which policies look into, too")
    parser.add_argument("--fail-only", action="store_true", help="show only what breaks a policy")
    parser.add_argument("--at", metavar="DATE", help="decide as if it were then")
    parser.add_argument(
        "--namespace", metavar="N", default="", help="where none is named (default); of the cluster only this one"
    )
    _images.add_flags(parser)
    parser.add_argument("--opa", metavar="URL", help="an OPA server that evaluates Rego")
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text", help="how it is written")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Apply everything, and say how it went."""
    from assay.app.policy_apply import Applied, Applying
    from assay.app.rego_engine import engine
    from assay.report import decisions

    cluster = _cluster.cluster(arguments)
    if not arguments.resource and not arguments.reviews and cluster is None:
        raise UsageError("there is nothing to apply policies to", "name --resource, --reviews or --cluster")
    allowed = True
    with engine(context.settings().text("policy.opa"), os.environ) as rego:
        applying = Applying(_request(arguments, context, rego, cluster))
        for problem in applying.problems:
            context.fail(problem)
        found: list[Applied] = []
        for item in applying.apply():
            allowed = allowed and item.decision.allowed
            if arguments.fail_only and item.decision.verdict == "pass":
                continue
            if arguments.output == "json":
                found.append(item)
            if arguments.output == "text":
                sys.stdout.write(decisions.text(item.target, item.decision, context.style))
        applying.close()
    if arguments.output == "json":
        sys.stdout.buffer.write(decisions.as_json(found))
    if applying.problems:  # told above, before what the others say
        return applying.problems[0].exit_code
    return ExitCode.OK if allowed else ExitCode.NO


def _request(arguments: argparse.Namespace, context: Context, rego: Compiler, cluster: Cluster | None) -> ApplyRequest:
    from assay.app.policy_apply import ApplyRequest

    images = _images.images(arguments, context)
    return ApplyRequest(
        arguments.policy,
        arguments.resource,
        arguments.reviews,
        images.root,
        images.access,
        moment(arguments.at),
        arguments.namespace or "default",
        images.facts,
        rego,
        cluster,
        arguments.namespace,
    )
