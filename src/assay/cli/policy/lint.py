"""Says what of policies cannot be loaded, and what their author will want otherwise.

Each POLICY is a file or a folder. A policy that cannot be evaluated is never passed over: it is named with file,
line and reason. Exit code 1 where anything is wrong.

    assay policy lint policies/
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assay.cli import Context
from assay.errors import ExitCode
from assay.formats.json import Json


def register(parser: argparse.ArgumentParser) -> None:
    """The flags of ``assay policy lint``."""
    parser.add_argument("policy", metavar="POLICY", nargs="+", type=Path, help="a file or folder of policies")
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text", help="how it is written")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Load everything, and list the problems."""
    from assay.app import policies
    from assay.formats import json_bytes
    from assay.report.console import printable

    found = policies.lint(arguments.policy)
    problems = [(error.what, error.remedy) for error in found.problems]
    problems += [(text, "take it out, or write it as it is meant") for text in found.remarks]
    if arguments.output == "json":
        listed: list[Json] = [{"what": what, "remedy": remedy} for what, remedy in problems]
        sys.stdout.buffer.write(json_bytes.dump({"policies": found.policies, "problems": listed}))
    else:
        for what, remedy in problems:
            sys.stdout.write(printable(what) + "\n" + (f"  remedy: {printable(remedy)}\n" if remedy else ""))
        sys.stdout.write(f"{found.policies} policies can be loaded, {len(problems)} problems\n")
    return ExitCode.NO if problems else ExitCode.OK
