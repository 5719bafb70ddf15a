"""Copies an instance with its logs and encrypted keys into a folder, also while it serves.

The root keys are elsewhere and need a backup of their own.

    assay sigstore backup FOLDER
"""

from __future__ import annotations

import argparse
from pathlib import Path

from assay.cli import Context
from assay.cli.sigstore import _storage
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="a new folder")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Copy it."""
    from assay.app import sigstore_backup

    folder = context.data_dir(context.settings()) / "sigstore"
    _storage.no_copies(folder, "copy")
    size = sigstore_backup.save(folder, arguments.folder)
    context.note(f"{arguments.folder} holds the instance with {size} log entries")
    return ExitCode.OK
