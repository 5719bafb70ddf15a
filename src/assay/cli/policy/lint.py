"""Says what of policies cannot be loaded, and what their author will want otherwise.

Each POLICY is a file or a folder. A policy that cannot be evaluated is never passed over: it is named with file,
line and field. Besides, it warns of expressions that are not anchored, policies that can never match, signers that
are anybody and tags that can move, and notes what is deprecated, with the command that converts it. Exit code 1
where there is an error or a warning.

    assay policy lint policies/
    assay policy lint -o sarif policies/ > lint.sarif
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
    parser.add_argument("-o", "--output", choices=("text", "json", "sarif"), default="text", help="how it is written")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Load everything, and list the problems."""
    from assay import __version__
    from assay.app import policy_lint
    from assay.engines.policy.linting import RULES, Level
    from assay.formats import json_bytes
    from assay.report import policy_lint as report
    from assay.report.console import printable

    policies, found = policy_lint.lint(arguments.policy)
    match arguments.output:
        case "json":
            listed: list[Json] = [
                {
                    "what": one.what,
                    "remedy": one.remedy,
                    "level": str(one.level),
                    "rule": one.rule,
                    "file": one.file,
                    "line": one.line,
                }
                for one in found
            ]
            sys.stdout.buffer.write(json_bytes.dump({"policies": policies, "problems": listed}))
        case "sarif":
            sys.stdout.buffer.write(report.sarif([(one, one.file, one.line) for one in found], RULES, __version__))
        case _:
            for one in found:
                mark = "" if one.level is Level.ERROR else f"{one.level}: "
                remedy = f"  remedy: {printable(one.remedy)}\n" if one.remedy else ""
                sys.stdout.write(f"{mark}{printable(one.what)}\n{remedy}")
            bad = sum(one.level is not Level.NOTE for one in found)
            sys.stdout.write(f"{policies} policies can be loaded, {bad} problems\n")
    return ExitCode.NO if any(one.level is not Level.NOTE for one in found) else ExitCode.OK
