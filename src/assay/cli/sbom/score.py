"""Says how good an SBOM is: the minimum elements, a score from 0 to 10, and what to mend.

SBOM is a document of any format, or anything that assay sbom can look at. The minimum elements are those of NTIA
(2021) and of CISA's draft of 2025; the weights are close to those of sbomqs.
"""

from __future__ import annotations

import argparse
import sys

from assay.cli import Context
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay sbom score``."""
    parser.add_argument("sbom", metavar="SBOM", help="the SBOM to judge")
    parser.add_argument("-o", "--format", choices=("table", "json"), default="table", help="how to show the verdict")
    parser.add_argument("--fail-under", type=float, metavar="SCORE", help="exit 1 for a lower score")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Judge and show."""
    from assay import app
    from assay.cli.sbom import _input
    from assay.report import sbom_score

    found = app.scored(_input.sbom(arguments.sbom, context))
    sys.stdout.write((sbom_score.to_json if arguments.format == "json" else sbom_score.table)(found))
    return ExitCode.NO if arguments.fail_under is not None and found.total < arguments.fail_under else ExitCode.OK
