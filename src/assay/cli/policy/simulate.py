"""Says whom policies would keep out: asked of recorded admissions and of what runs now.

By owner (the controller on top) and namespace: how often, since when, compared to what happened, and the command that
mends it. Without --fail-on-denied the exit code is 0 whatever comes out.

    assay policy simulate policies/ --cluster --html who.html
    assay policy simulate release.yaml --audit-log audit.log --at 2026-12-01
    assay policy simulate policies/ --reviews recorded/ --decisions -o json --fail-on-denied
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
    from assay.app.policy_simulate import SimulateRequest
    from assay.engines.policy.rego.source import Compiler
    from assay.model.simulation import Simulation

_SHOWN = 10


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay policy simulate``."""
    parser.add_argument("policy", metavar="POLICY", nargs="+", type=Path, help="a file or folder of policies")
    _files.add_flag(parser, "--reviews", "AdmissionReviews: a file or folder", "PATH")
    _files.add_flag(parser, "--audit-log", "an audit log of the API server", "PATH")
    parser.add_argument("--decisions", action="store_true", help="what the admission controller recorded here")
    _cluster.add_flags(parser, "what runs in the cluster, which policies may look into, too")
    _files.add_flag(parser, "--resource", "objects that policies may look into")
    parser.add_argument("--namespace", metavar="N", default="", help="of the cluster only this namespace")
    parser.add_argument("--at", metavar="DATE", help="decide as if it were then")
    parser.add_argument("--existing", action="store_true", help="every workload was there before the rollout")
    parser.add_argument("--gate-open", action="store_true", help="the gates of rollouts hold")
    parser.add_argument("--fail-on-denied", action="store_true", help="exit with 1 where anything would be denied")
    parser.add_argument("--html", metavar="FILE", type=Path, help="write a page that needs nothing besides itself")
    _images.add_flags(parser)
    parser.add_argument("--opa", metavar="URL", help="an OPA server that evaluates Rego")
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table", help="how it is written")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Ask everything, and say whom it would keep out."""
    from assay.app.rego_engine import engine
    from assay.report import simulation

    with engine(context.settings().text("policy.opa"), os.environ) as rego:
        found = _simulated(_request(arguments, context, rego), context)
    if arguments.output == "json":
        sys.stdout.buffer.write(simulation.as_json(found))
    else:
        sys.stdout.write(simulation.table(found, context.style))
    if arguments.html is not None:
        _page(arguments.html, found)
    return ExitCode.NO if arguments.fail_on_denied and found.counts.denied else ExitCode.OK


def _simulated(asked: SimulateRequest, context: Context) -> Simulation:
    from assay.app.policy_simulate import Simulating

    told: list[str] = []

    def hear(what: str) -> None:
        told.append(what)
        if len(told) <= _SHOWN:
            context.warn(what, "it is left out")

    simulating = Simulating(asked, hear)
    try:
        for problem in simulating.problems:
            context.warn(problem.what, problem.remedy)
        if simulating.problems:  # without them the others would say less than all of them do
            raise simulating.problems[0]
        if simulating.waits:
            context.note("whether the gates of rollouts hold is not known here: --gate-open takes it that they do")
        with context.progress("asking") as bar:
            return simulating.run(bar.advance)
    finally:
        simulating.close()


def _page(path: Path, found: Simulation) -> None:
    from assay.adapters import output
    from assay.report.html import simulation

    with output.writing(path) as file:
        file.write(simulation.write(found))


def _request(arguments: argparse.Namespace, context: Context, rego: Compiler) -> SimulateRequest:
    from assay.app.open_gates import OpenGates
    from assay.app.policy_simulate import SimulateRequest

    cluster = _cluster.cluster(arguments)
    if not (arguments.reviews or arguments.audit_log or arguments.decisions or cluster):
        raise UsageError("there is nothing to ask policies about", "--cluster, --reviews, --audit-log or --decisions")
    images = _images.images(arguments, context)
    decisions = context.data_dir(context.settings()) / "admission" / "requests" if arguments.decisions else None
    return SimulateRequest(
        arguments.policy,
        images.root,
        arguments.reviews,
        arguments.audit_log,
        decisions,
        arguments.resource,
        cluster,
        cluster,
        arguments.namespace,
        moment(arguments.at),
        arguments.existing,
        images.access,
        images.facts,
        rego,
        OpenGates() if arguments.gate_open else None,
    )
