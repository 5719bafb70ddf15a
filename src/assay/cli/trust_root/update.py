"""Brings the trusted root up to date from its TUF repository.

Without --mirror it is the public-good instance's. A repository of your own needs, the first time, the root metadata
that its operator handed to you.

    assay trust-root update
    assay trust-root update --mirror https://sigstore.example --root root.json
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from assay.cli import Context
from assay.errors import ExitCode, UsageError


def register(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("--mirror", metavar="URL", default=os.environ.get("TUF_MIRROR", ""), help="the TUF repository")
    parser.add_argument("--root", metavar="FILE", type=Path, help="the root metadata to begin with")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Fetch it, verify it, keep it."""
    from assay.adapters.trust_roots import PUBLIC_GOOD, read_file
    from assay.adapters.trust_roots.update import Repository, update

    settings = context.settings()
    if settings.switch("offline"):
        raise UsageError("a TUF repository is asked over the network", "leave --offline away, or use --trusted-root")
    root = read_file(arguments.root) if arguments.root is not None else b""
    found = update(context.data_dir(settings), Repository(arguments.mirror or PUBLIC_GOOD, root))
    sys.stdout.write(f"{found.age(datetime.now(UTC))}\n")
    return ExitCode.OK
