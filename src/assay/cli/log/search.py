"""Finds entries of a log by artifact, identity or key, each with a proof.

Each must be about what was asked for. Rekor v1 has an index of hashes, e-mail addresses and keys. Tiles have none:
their entries are read, all of them or those from --from up to --to. An instance of assay finds every name in
certificates.

    assay log search --hash sha256:9f86d0… --instance https://rekor.sigstore.dev
    assay log search --identity you@example.org --instance mirror --from 100000
    assay log search --artifact app.tar.gz --key cosign.pub
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli import Context
from assay.cli.log import _place
from assay.errors import ExitCode, InputError, UsageError

if TYPE_CHECKING:
    from assay.app.log_entries import Query


def register(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("--hash", metavar="[ALGORITHM:]HEX", default="", help="the digest of an artifact or envelope")
    parser.add_argument("--artifact", metavar="FILE", type=Path, help="the same, of this file")
    parser.add_argument("--identity", "--email", metavar="NAME", default="", help="a name in the certificate")
    parser.add_argument("--key", metavar="FILE", type=Path, help="a public key or certificate in PEM")
    parser.add_argument("--from", metavar="N", dest="start", type=int, default=0, help="the first entry that is read")
    parser.add_argument("--to", metavar="N", dest="end", type=int, help="the one behind the last")
    _place.add_flags(parser)
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table", help="json: a line for each")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Find and print."""
    from assay.app import log_entries
    from assay.report import log_entries as report

    query = _query(arguments)
    if arguments.start < 0 or (arguments.end is not None and arguments.end < arguments.start):
        raise UsageError("--from and --to are numbers of entries, the smaller first", "--from 0 --to 1000")
    place = _place.place(arguments, context)
    count = 0
    with context.progress("entries") as bar:
        for found in log_entries.search(place, query, (arguments.start, arguments.end), bar.advance):
            count += 1
            entry = found.json()
            sys.stdout.write(json.dumps(entry) + "\n" if arguments.output == "json" else report.line(entry))
    context.note(f"{count} entries of {place.place}")
    return ExitCode.OK


def _query(arguments: argparse.Namespace) -> Query:
    from assay.app.log_entries import Query
    from assay.formats import pem

    wanted = arguments.hash
    if arguments.artifact is not None:
        try:
            with arguments.artifact.open("rb") as file:
                wanted = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
        except OSError as error:
            raise InputError(f"{arguments.artifact} cannot be read: {error.strerror}", "check the path") from error
    key = _place.read(arguments.key) if arguments.key is not None else b""
    if key:
        pem.blocks(key)
    if not (wanted or arguments.identity or key):
        raise UsageError("nothing is searched for", "--hash HEX, --artifact FILE, --identity NAME or --key FILE")
    return Query(wanted, arguments.identity, key)
