"""Writes what clients need of an instance into a folder, for places without a network.

In it are trust_config.json, trusted_root.json, signing_config.json and root.json, and the TUF repository as a folder.
The instance may be serving meanwhile.

    assay sigstore export FOLDER
    assay verify FILE --trusted-root FOLDER/trusted_root.json --offline
    cosign initialize --mirror file:///FOLDER/tuf --root FOLDER/tuf/1.root.json
"""

from __future__ import annotations

import argparse
from pathlib import Path

from assay.cli import Context
from assay.cli.sigstore import _passwords
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="a new folder")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Open it and write them."""
    from assay.app import sigstore, sigstore_export

    folder = context.data_dir(context.settings()) / "sigstore"
    instance = sigstore.open_instance(folder, _passwords.of_instance(folder))
    sigstore_export.export(instance, arguments.folder)
    context.note(f"{arguments.folder} holds the trust root of {instance.url}; nothing in it is secret")
    return ExitCode.OK
