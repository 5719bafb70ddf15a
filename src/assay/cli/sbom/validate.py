"""Says whether an SBOM keeps the rules of its own format.

The format is found out; the schemas come from packages (the extra assay[validate]), nothing is fetched. The exit
code is 0 for a valid document and 1 for one that is not.
"""

from __future__ import annotations

import argparse
import sys

from assay.cli import Context
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay sbom validate``."""
    parser.add_argument("document", metavar="DOCUMENT", nargs="+", help="the SBOM to check; `-` is standard input")
    parser.add_argument("--schema-strict", action="store_true", help="forbid unknown fields (CycloneDX 1.2 and 1.3)")
    parser.add_argument("--json", action="store_true", help="the verdicts as JSON, one a line")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Check every document, and say what is wrong where."""
    import json

    from assay.cli.sbom import _input
    from assay.engines.validate import validate

    invalid = False
    for name in arguments.document:
        found, problems = validate(_input.document(name), arguments.schema_strict)
        invalid = invalid or bool(problems)
        if arguments.json:
            listed = [{"path": problem.path, "message": problem.message} for problem in problems]
            verdict = {"document": name, "format": found.format, "version": found.version, "problems": listed}
            sys.stdout.write(json.dumps(verdict, ensure_ascii=False) + "\n")
            continue
        sys.stdout.write(f"{name}: {found} is {'not valid' if problems else 'valid'}\n")
        for problem in problems:
            sys.stdout.write(f"  {problem}\n")
    return ExitCode.NO if invalid else ExitCode.OK
