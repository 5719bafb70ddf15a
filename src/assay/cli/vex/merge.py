"""Merges VEX documents into one.

Of each vulnerability and product all statements are kept, the newest last.
"""

from __future__ import annotations

import argparse

from assay.cli import Context
from assay.cli.vex import _document
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("file", metavar="FILE", nargs="+", help="documents of any form")
    parser.add_argument("--author", default="", metavar="NAME", help="who says so")
    parser.add_argument("--id", default="", metavar="IRI", help="the document's own id")
    _document.add_output(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Write the merged document."""
    from assay import app
    from assay.engines.vex_lint import merge

    merged = merge([_document.read(name) for name in arguments.file], arguments.author, app.timestamp())
    _document.write(_document.named(merged._replace(id=arguments.id)), arguments.output)
    return ExitCode.OK
