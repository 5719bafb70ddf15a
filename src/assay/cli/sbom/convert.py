"""Writes an SBOM in another format.

DOCUMENT is an SBOM of any format but table, html and template, `-` for standard input. Fields that assay has no name
for survive within a family (CycloneDX, SPDX, Syft's JSON, GitHub's snapshots); what the target cannot hold is told on
standard error.

    assay sbom convert sbom.spdx.json -o cyclonedx-json@1.6=sbom.cdx.json
"""

from __future__ import annotations

import argparse
import sys

from assay.cli import Context
from assay.cli.sbom import _flags
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay sbom convert``."""
    parser.add_argument("document", metavar="DOCUMENT", help="the SBOM to convert")
    _flags.add_output(parser, required=True)
    parser.add_argument("--template", metavar="FILE", help="the Jinja2 template for `-o template`")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Read, write, and say what was lost."""
    from assay import app
    from assay.cli.sbom import _input, _output

    targets = _output.targets(arguments.output, arguments.template, sys.stdout.isatty())
    found = _input.read(arguments.document, context)
    _output.write(app.converted(found), targets, context)
    return ExitCode.OK
