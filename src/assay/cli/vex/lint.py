"""Checks VEX documents: what is missing, what contradicts, what nobody can match.

Exit 1 when something is wrong.
"""

from __future__ import annotations

import argparse
import sys

from assay.cli import Context
from assay.cli.vex import _document
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("file", metavar="FILE", nargs="+", help="documents of any form")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Print the problems."""
    from assay.engines.vex_lint import lint

    wrong = 0
    for name in arguments.file:
        problems = lint(_document.read(name))
        wrong += len(problems)
        sys.stdout.write("".join(f"{name}: {text}\n" for text in problems) or f"{name}: nothing is wrong\n")
    return ExitCode.NO if wrong else ExitCode.OK
