"""Prints a document of the evidence store.

DIGEST is the digest of the document, or enough of its beginning: `assay evidence list` shows it.
"""

from __future__ import annotations

import argparse
import sys

from assay.cli import Context
from assay.cli.evidence import _query
from assay.errors import ExitCode, InputError, UsageError
from assay.model.evidence import EvidenceQuery


def register(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("digest", metavar="DIGEST", help="sha256:0123ab... or 0123ab...")
    parser.add_argument("--about", action="store_true", help="print the entries of the document instead, as JSON")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Print the document, byte for byte."""
    with context.evidence(context.settings()) as store:
        entries = list(store.find(EvidenceQuery(digest=arguments.digest)))
        found = {one.digest for one in entries}
        if not found:
            raise InputError(f"no evidence with the digest {arguments.digest}", "`assay evidence list` shows all")
        if len(found) > 1:
            raise UsageError(f"{arguments.digest} begins {len(found)} digests", "write more of it")
        document = store.document(found.pop())
    if arguments.about:
        import json

        sys.stdout.write(json.dumps([_query.entry(one) for one in entries], indent=2) + "\n")
    else:
        sys.stdout.buffer.write(document)
    return ExitCode.OK
