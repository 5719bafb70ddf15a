"""Checks that every file of the advisory data is what the manifest says."""

from __future__ import annotations

import argparse
import sys

from assay.cli import Context
from assay.errors import ExitCode


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Verify; exit 1 when something is wrong."""
    from assay import app
    from assay.adapters.advisories import sharing

    settings = context.settings()
    cache = context.cache_dir(settings)
    with app.advisories(context.data_dir(settings), cache, starter=settings.switch("db.starter")) as store:
        faults = sharing.verify(store)
        for feed, fault in faults:
            sys.stdout.write(f"{feed}: {fault}\n")
        for item in store.refused:
            sys.stdout.write(f"{item.shard.feed}: not used, {item.reason}\n")
        if not faults:
            sys.stdout.write(f"{len(store.shards)} sources are whole ({store.digest})\n")
    return ExitCode.NO if faults else ExitCode.OK
