"""Finds advisories by id, alias or package name."""

from __future__ import annotations

import argparse
import json
import sys

from assay.cli import Context
from assay.errors import ExitCode
from assay.report.console import printable


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("word", metavar="ID|PACKAGE", help="an id (CVE, GHSA ...) or the name of a package")
    parser.add_argument("--ecosystem", metavar="NAME", default="", help="only in this one (`PyPI`, `Debian:12`)")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Print what the records say."""
    from assay import app
    from assay.engines.match.spelling import spelled

    settings = context.settings()
    cache = context.cache_dir(settings)
    with app.advisories(context.data_dir(settings), cache, starter=settings.switch("db.starter")) as store:
        found = app.search(store, arguments.word, arguments.ecosystem)
        if not found and (word := spelled(arguments.word)) != arguments.word:
            found = app.search(store, word, arguments.ecosystem)
    if arguments.json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
        return ExitCode.OK
    for item in found:
        aliases = f" ({', '.join(item['aliases'])})" if item["aliases"] else ""
        sys.stdout.write(f"{item['feed']}:{item['id']}{aliases} {printable(item['summary'])}\n")
        for claim in item["affected"]:
            sys.stdout.write(
                printable(f"  {claim['ecosystem']} {claim['package']}: {claim['range']}; {claim['state']}") + "\n"
            )
    if not found:
        sys.stdout.write(f"nothing is known as {printable(arguments.word)}\n")
    return ExitCode.OK
