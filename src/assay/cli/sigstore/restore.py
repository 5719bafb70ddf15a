"""Puts a backup of an instance back, unless it is behind a checkpoint that was published.

Give the newest checkpoint that a witness, a monitor or a client has seen: a log that takes back what it showed is lost.

    assay sigstore restore FOLDER --published checkpoint
"""

from __future__ import annotations

import argparse
from pathlib import Path

from assay.cli import Context
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="what assay sigstore backup wrote")
    parser.add_argument("--published", metavar="FILE", type=Path, help="the newest checkpoint that was seen outside")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Copy it back."""
    from assay.app import sigstore_backup

    folder = context.data_dir(context.settings()) / "sigstore"
    size = sigstore_backup.restore(arguments.folder, folder, arguments.published)
    if arguments.published is None:
        context.warn("nobody compared the backup with what was published", "--published FILE names a checkpoint")
    context.note(f"{folder} holds the instance with {size} log entries")
    return ExitCode.OK
