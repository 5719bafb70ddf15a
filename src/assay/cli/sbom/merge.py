"""Makes one SBOM of several.

SBOM is a document of any format, or anything that assay sbom can look at. The merged one is about a new root: it
needs the old roots, or with --flat what those needed. Where documents contradict each other, the first one wins and
the contradiction is told.

    assay sbom merge api.cdx.json web.cdx.json --name shop --version 2.0 -o cyclonedx-json=shop.cdx.json
"""

from __future__ import annotations

import argparse
import sys

from assay.cli import Context
from assay.cli.sbom import _flags
from assay.errors import ExitCode

_SHOWN = 20


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay sbom merge``."""
    parser.add_argument("sboms", metavar="SBOM", nargs="+", help="what to merge")
    parser.add_argument("--name", default="merged", metavar="NAME", help="the name of the new root")
    parser.add_argument("--version", default="", metavar="VERSION", dest="root_version", help="its version")
    parser.add_argument("--flat", action="store_true", help="drop the old roots instead of keeping them as components")
    _flags.add_output(parser)
    parser.add_argument("--template", metavar="FILE", help="the Jinja2 template for `-o template`")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Merge, write, and tell contradictions."""
    from assay import app
    from assay.cli.sbom import _input, _output

    targets = _output.targets(arguments.output or (), arguments.template, sys.stdout.isatty())
    sboms = [_input.sbom(name, context) for name in arguments.sboms]
    merged = app.merged(sboms, arguments.name, arguments.root_version, flat=arguments.flat)
    for conflict in merged.conflicts[:_SHOWN]:
        context.warn(f"{conflict.component}: {conflict.field} is {conflict.kept!r} and {conflict.dropped!r}")
    if len(merged.conflicts) > _SHOWN:
        context.warn(f"{len(merged.conflicts) - _SHOWN} more contradictions")
    for line in merged.lost:
        context.note(line)
    _output.write(merged.sbom, targets, context)
    return ExitCode.OK
