"""Writes the trusted root to a file, for machines without a network.

assay trust-root export -o trusted_root.json
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assay.cli import Context, _verifying
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="the file; standard output without it")
    parser.add_argument("--instance", metavar="URL", default="", help="that of an instance of your own")
    parser.set_defaults(trusted_root=None, trust_config=None)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Write it."""
    found = _verifying.trusted_root(arguments, context.settings(), context)
    if arguments.output is None:
        sys.stdout.buffer.write(found.data)
        return ExitCode.OK
    from assay.adapters.output import writing

    with writing(arguments.output) as file:
        file.write(found.data)
    return ExitCode.OK
