"""Says in plain language what policies do, and why they pass or fail an object.

Whom a policy matches, what it asks, what happens where it is not met, from when on, and which exceptions there are.
With --resource or --review it goes step by step through match, preconditions and conditions, with the value that is
found, the one that is wanted, and what mends it.

    assay policy explain policies/require-labels.yaml
    assay policy explain policies/ --name require-labels --resource deployment.yaml
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli import Context
from assay.cli.policy import _files, _images
from assay.cli.policy._moment import moment
from assay.errors import ExitCode
from assay.formats.json import Json

if TYPE_CHECKING:
    from assay.app.policy_explain import Explained


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay policy explain``."""
    parser.add_argument("policy", metavar="POLICY", nargs="+", type=Path, help="a file or folder of policies")
    parser.add_argument("--name", default="", help="only the policy of this name")
    _files.add_flag(parser, "--resource", "objects, as if they were created")
    _files.add_flag(parser, "--review", "AdmissionReviews")
    parser.add_argument("--at", metavar="DATE", help="explain as if it were then")
    parser.add_argument("--namespace", metavar="N", default="default", help="the namespace, where none is named")
    _images.add_flags(parser)
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text", help="how it is written")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Explain every policy."""
    from assay.app import policy_explain
    from assay.formats import json_bytes

    images = _images.images(arguments, context)
    found, problems = policy_explain.explain(
        policy_explain.ExplainRequest(
            arguments.policy,
            images.root,
            arguments.name,
            arguments.resource,
            arguments.review,
            images.access,
            arguments.namespace,
            moment(arguments.at),
        )
    )
    for problem in problems:
        context.warn(problem.what, problem.remedy)
    if arguments.output == "json":
        sys.stdout.buffer.write(json_bytes.dump([_as_json(one) for one in found]))
    else:
        sys.stdout.write("\n".join(_text(one) for one in found))
    return ExitCode.OK


def _as_json(one: Explained) -> Json:
    return {
        "policy": one.title,
        "place": one.place,
        "about": [step.as_object() for step in one.about],
        "objects": [{"object": title, "steps": [step.as_object() for step in steps]} for title, steps in one.traces],
    }


def _text(one: Explained) -> str:
    from assay.report import explanations
    from assay.report.console import printable

    lines = [f"{printable(one.title)} ({printable(one.place)})", *explanations.lines(one.about)]
    for title, steps in one.traces:
        lines += ["", f"  {printable(title)}", *explanations.lines(steps, 2)]
    return "\n".join(lines) + "\n"
