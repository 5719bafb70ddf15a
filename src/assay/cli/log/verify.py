"""Checks a log: its signature and witnesses, that it only grew, and that it holds an entry.

Checkpoints are files, or `live`: the newest one that the log shows. The log's tiles (or its proofs, in Rekor v1) must
lead from the first to the second. The entry is a number, a UUID, or a bundle whose entry must be in the log now.

    assay log verify --instance https://sigstore.example --old checkpoint.yesterday
    assay log verify --instance mirror --log-key log.pub --entry app.sigstore.json --offline
    assay log verify --witness witness.example+12345678+BAAA… --witness-quorum 1
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from assay.cli import Context
from assay.cli.log import _place
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    _place.add_flags(parser)
    parser.add_argument(
        "--old", metavar="FILE", type=Path, help="an elder checkpoint, out of which the log must have grown"
    )
    parser.add_argument("--new", metavar="FILE|live", default="live", help="the newer one; by default the log's own")
    parser.add_argument("--entry", metavar="NUMBER|UUID|FILE", help="what must be in it")
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table", help="how it is written")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Check, and tell."""
    from assay.app import log_checks

    place = _place.place(arguments, context)
    old = _place.read(arguments.old) if arguments.old is not None else None
    new = None if arguments.new == "live" else _place.read(Path(arguments.new))
    steps = log_checks.verify(place, old, new, arguments.entry or "")
    if arguments.output == "json":
        sys.stdout.write(json.dumps({"place": place.place, "steps": dict(steps)}, indent=1) + "\n")
    else:
        sys.stdout.write("".join(f"{name:<12} {text}\n" for name, text in steps))
    return ExitCode.OK
