"""Lists the entries of the evidence store, newest first."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from assay.cli import Context
from assay.cli.evidence import _query
from assay.errors import ExitCode
from assay.model.evidence import Evidence
from assay.report.console import printable

_SHORT = len("sha256:") + 12


def register(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    _query.add_filters(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Print the entries."""
    query = _query.query_of(arguments, datetime.now(UTC))
    with context.evidence(context.settings()) as store:
        entries = list(store.find(query))
    if arguments.json:
        import json

        sys.stdout.write(json.dumps([_query.entry(one) for one in entries], indent=2) + "\n")
    else:
        sys.stdout.write(_table(entries))
    return ExitCode.OK


def _table(entries: list[Evidence]) -> str:
    rows = [("TIME", "KIND", "SUBJECT", "DOCUMENT", "PRODUCER", "NAME"), *map(_row, entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


def _row(one: Evidence) -> tuple[str, ...]:
    cells = (one.time[:19] + "Z", one.kind, str(one.subject)[:_SHORT], str(one.digest)[:_SHORT], one.producer, one.name)
    return tuple(map(printable, cells))
