"""Copies a tiled log into a folder that is a log itself: verified, and taken up again.

    assay log mirror mirror --instance https://sigstore.example --trusted-root trusted_root.json
    assay log verify --instance mirror --trusted-root trusted_root.json --offline

Exit code 1: the log is not the one that was copied before; the copy stays as it was.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from assay.cli import Context
from assay.cli.log import _place
from assay.errors import ExitCode, UsageError


def register(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="where to")
    parser.add_argument("--shard", metavar="ORIGIN", default="", help="one of an instance's elder logs")
    _place.add_flags(parser)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Copy what is new."""
    from assay.app.log_mirror import Mirror

    place = _place.place(arguments, context)
    if not place.has_tiles():
        raise UsageError(
            f"{place.place} has no tiles to copy", "Rekor v1 cannot be copied; `assay log monitor` reads it"
        )
    with context.progress("entries") as bar:
        shown = Mirror(arguments.folder).update(place, bar.advance, arguments.shard)
    context.note(f"{arguments.folder} holds {shown.checkpoint.size} entries of {shown.checkpoint.origin}")
    return ExitCode.OK
