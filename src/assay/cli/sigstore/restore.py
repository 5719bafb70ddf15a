"""Puts a backup of an instance back, unless it is behind what was published.

What the instance has shown is known from the record beside its folder (sigstore.published, in the data directory), and
from the newest checkpoint that a witness, a monitor or a client has seen: a log that takes back what it showed is lost.
Without both nothing is restored, unless --unsafe-unpublished says that nobody has seen anything.

    assay sigstore restore FOLDER
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
    parser.add_argument("--unsafe-unpublished", action="store_true", help="restore although nothing can be compared")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Copy it back."""
    from assay.app import sigstore_backup

    folder = context.data_dir(context.settings()) / "sigstore"
    unsafe = arguments.unsafe_unpublished
    size = sigstore_backup.restore(arguments.folder, folder, arguments.published, unsafe=unsafe)
    if unsafe:
        context.warn("nobody compared the backup with what was published", "--published FILE names a checkpoint")
    context.note(f"{folder} holds the instance with {size} log entries")
    return ExitCode.OK
