"""Shows an entry of a log by its number, UUID or bundle, with its inclusion proof, checked.

assay log get 1234 --instance https://sigstore.example --trusted-root trusted_root.json
assay log get 24296fb24b8ad77a…  --instance https://rekor.sigstore.dev -o json
assay log get app.tar.gz.sigstore.json --instance https://sigstore.example
assay log get 1234 --instance mirror --log-key log.pub --offline
"""

from __future__ import annotations

import argparse
import json
import sys

from assay.cli import Context
from assay.cli.log import _place
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("entry", metavar="NUMBER|UUID|BUNDLE", help="which one")
    _place.add_flags(parser)
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table", help="how it is written")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Show it."""
    from assay.app import log_entries
    from assay.report import log_entries as report

    found = log_entries.get(_place.place(arguments, context), arguments.entry).json()
    sys.stdout.write(json.dumps(found, indent=1) + "\n" if arguments.output == "json" else report.whole(found))
    return ExitCode.OK
