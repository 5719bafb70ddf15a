"""Says why a vulnerability is reported for a source, or why it is not.

    assay scan explain CVE-2021-44228 app.cdx.json
    assay scan explain GHSA-jfh8-c2jp-5v3q . --package log4j-core

Every record that bears the id and names one of the components is shown with its range, the two versions compared, the
source package, and what VEX, ignore rules or the owning package say. Exit 0 whatever the answer is.
"""

from __future__ import annotations

import argparse
import sys

from assay.cli import Context
from assay.cli.scan import _flags
from assay.errors import ExitCode
from assay.model.explanation import Explanation, Verdict
from assay.report.console import printable


def register(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("id", metavar="ID", help="a CVE, GHSA, DSA ... id")
    parser.add_argument("source", metavar="SOURCE", help="what to look at, as for `assay scan`")
    parser.add_argument(
        "--package", "-p", metavar="NAME", default="", help="only this package; also where nothing names it"
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    _flags.add_source(parser)
    _flags.add_judgement(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Print the reasoning."""
    settings = _flags.settings(arguments, context)
    from assay import app
    from assay.engines.match.spelling import spelled

    name = spelled(arguments.id)
    request = _flags.request(arguments, settings, context)
    answers, known = app.explain(request, name, arguments.package)
    if arguments.json:
        import json

        sys.stdout.write(json.dumps([_plain(item) for item in answers], indent=2) + "\n")
        return ExitCode.OK
    for item in answers:
        sys.stdout.write(_text(item, context))
    if not answers:
        sys.stdout.write(_nothing(name, known, arguments.package))
    return ExitCode.OK


def _plain(item: Explanation) -> dict[str, object]:
    return {
        "vulnerability": item.vulnerability,
        "component": item.component,
        "verdict": item.verdict,
        "steps": [{"about": step.about, "found": step.found} for step in item.steps],
    }


def _text(item: Explanation, context: Context) -> str:
    style = context.style
    colour = {Verdict.REPORTED: style.red, Verdict.SUPPRESSED: style.yellow}.get(item.verdict, style.green)
    head = f"{item.vulnerability} in {printable(item.component)}: {colour}{item.verdict}{style.reset}\n"
    return head + "".join(f"  {step.about:<10} {printable(step.found)}\n" for step in item.steps)


def _nothing(name: str, known: list[str], package: str) -> str:
    if package:
        return f"{name}: no component is called {printable(package)}\n"
    if not known:
        return f"{name}: no record of the advisory data bears this id (`assay db status` shows what there is)\n"
    lines = "".join(f"  {printable(line)}\n" for line in known)
    return f"{name}: known, but none of its packages is among the components\n{lines}"
