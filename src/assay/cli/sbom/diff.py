"""Says what changed from one SBOM to another.

BEFORE and AFTER are SBOMs of any format, or anything that assay sbom can look at. Formats, times and the order of
things do not count. The exit code is 0 whatever changed, unless --exit-code asks for 1 on a difference.

    assay sbom diff old.cdx.json new.spdx.json
    assay sbom diff registry.example/app:1.0 registry.example/app:1.1 -o markdown
"""

from __future__ import annotations

import argparse
import sys

from assay.cli import Context
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay sbom diff``."""
    parser.add_argument("before", metavar="BEFORE", help="the older SBOM or source")
    parser.add_argument("after", metavar="AFTER", help="the newer SBOM or source")
    parser.add_argument(
        "-o", "--format", choices=("table", "json", "markdown"), default="table", help="how to show the difference"
    )
    parser.add_argument("--exit-code", action="store_true", help="exit 1 when there is a difference")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Compare and show."""
    from assay.cli.sbom import _input
    from assay.engines.sbom_diff import diff
    from assay.report import sbom_diff

    found = diff(_input.sbom(arguments.before, context), _input.sbom(arguments.after, context))
    show = {"table": sbom_diff.table, "json": sbom_diff.to_json, "markdown": sbom_diff.markdown}[arguments.format]
    sys.stdout.write(show(found))
    return ExitCode.NO if arguments.exit_code and not found.same else ExitCode.OK
