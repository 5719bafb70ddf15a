"""Says whether an SBOM keeps the rules of its own format.

The format is found out. CycloneDX and SPDX are held against their schemas and models, which come from packages (the
extra assay[validate]); nothing is fetched. The others have none that could be had: of Syft's JSON and GitHub's
snapshots the fields that must be there, purls, ids and what they lead to are checked, of CSV and lists of purls every
line. The exit code is 0 for a valid document and 1 for one that is not.
"""

from __future__ import annotations

import argparse
import sys

from assay.cli import Context
from assay.errors import ExitCode, InputError

_STRICT = (
    "forbid unknown fields (CycloneDX 1.2 and 1.3, snapshots, CSV); of snapshots also ask for the commit and the job, "
    "as GitHub's API does"
)


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay sbom validate``."""
    parser.add_argument("document", metavar="DOCUMENT", nargs="+", help="the SBOM to check; `-` is standard input")
    parser.add_argument("--schema-strict", action="store_true", help=_STRICT)
    parser.add_argument("--json", action="store_true", help="the verdicts as JSON, one a line")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Check every document, and say what is wrong where."""
    import json

    from assay.cli.sbom import _input
    from assay.engines.validate import validate
    from assay.report.console import printable

    invalid = False
    for name in arguments.document:
        data = _input.document(name)
        try:
            found, problems = validate(data, arguments.schema_strict)
        except InputError as error:
            raise _input.named(error, name) from None
        invalid = invalid or bool(problems)
        if arguments.json:
            listed = [{"path": problem.path, "message": problem.message} for problem in problems]
            verdict = {"document": name, "format": found.format, "version": found.version, "problems": listed}
            sys.stdout.write(json.dumps(verdict, ensure_ascii=False) + "\n")
            continue
        sys.stdout.write(printable(f"{name}: {found} is {'not valid' if problems else 'valid'}") + "\n")
        for problem in problems:
            sys.stdout.write(f"  {printable(str(problem))}\n")
    return ExitCode.NO if invalid else ExitCode.OK
