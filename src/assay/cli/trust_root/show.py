"""Shows the trusted root that verification uses: its services, and its age.

assay trust-root show
assay trust-root show --trusted-root trusted_root.json
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from assay.cli import Context, _verifying
from assay.errors import ExitCode


def register(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("--trusted-root", metavar="FILE", type=Path, help="look at this one")
    parser.add_argument("--instance", metavar="URL", default="", help="that of an instance of your own")
    parser.set_defaults(trust_config=None)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Print it."""
    found = _verifying.trusted_root(arguments, context.settings(), context)
    root = found.root
    sys.stdout.write(f"{found.age(datetime.now(UTC))}\n")
    for what, items in (
        ("certificate authority", root.authorities),
        ("timestamp authority", root.timestamp_authorities),
    ):
        for item in items:
            sys.stdout.write(f"  {what:<22} {item.uri or '-'}  {item.validity}\n")
    for what, logs in (("transparency log", root.logs), ("certificate log", root.ct_logs)):
        for log in logs:
            sys.stdout.write(f"  {what:<22} {log.url or '-'}  {log.validity}  {log.log_id.hex()[:16]}\n")
    return ExitCode.OK
