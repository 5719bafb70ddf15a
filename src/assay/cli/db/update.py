"""Brings the advisory data up to date from its sources.

Without --source the built store at db.url is taken, if one is configured, else the sources of db.source, else the
default set (at most 300 MB and five minutes in one call). Only what is new is fetched; an interrupted update goes on
where it was. Each source goes live as soon as it is whole, scans may run meanwhile. NVD_API_KEY and GITHUB_TOKEN are
used where they are set.

    assay db update
    assay db update --source nvd --source kev
    ASSAY_DB_URL=https://advisories.example/store assay db update
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from assay.cli import Context
from assay.cli.db._request import update_request
from assay.errors import ExitCode, ExternalError, UsageError

if TYPE_CHECKING:
    from assay.adapters.advisories.outcome import Outcome


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("--source", action="append", metavar="NAME", help="only this source; repeatable")
    parser.add_argument("--all", action="store_true", help="all sources but the large ones")
    parser.add_argument("--anew", action="store_true", help="fetch everything again, whatever is known")
    parser.add_argument("--plain-http", action="append", metavar="HOST", help="speak to this host without TLS")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Update, and say what came of each source."""
    import gc

    from assay.adapters.advisories.outcome import Happened
    from assay.adapters.advisories.update import update

    gc.disable()  # nouns have no cycles
    settings = context.settings()
    if settings.switch("offline"):
        raise UsageError("an update needs the network, and offline is set", "use `assay db import` with files")
    request = update_request(settings, context)._replace(anew=arguments.anew, everything=arguments.all)
    if arguments.source:
        request = request._replace(sources=arguments.source, url="")
    elif arguments.all:
        request = request._replace(sources=(), url="")
    result = update(context.data_dir(settings) / "advisories", request)
    for outcome in result.outcomes:
        sys.stdout.write(_line(outcome) + "\n")
        for place, why in outcome.skipped[: len(outcome.skipped) if context.verbose else 3]:
            context.warn(f"{outcome.source}: skipped {place}: {why}")
        if outcome.happened is Happened.FAILED and outcome.error is not None:
            context.warn(f"{outcome.source}: {outcome.error.what}", outcome.error.remedy)
    sys.stdout.write(f"{result.fetched / 1e6:.1f} MB fetched\n")
    left, failed = result.of(Happened.LEFT), result.of(Happened.FAILED)
    if left and left[0].error is not None:
        context.warn(f"{len(left)} sources are left: {left[0].error.what}", left[0].error.remedy)
    if failed:
        raise ExternalError(
            f"{len(failed)} of {len(result.outcomes)} sources could not be brought up to date",
            "what the store held of them is untouched; run `assay db update` again later",
        )
    return ExitCode.OK


def _line(outcome: Outcome) -> str:
    shard = outcome.shard
    if shard is None:
        return f"{outcome.source:<20} {outcome.happened}"
    count = shard.records + shard.facts + shard.releases
    return f"{outcome.source:<20} {outcome.happened}: {count} records, data of {shard.day or 'an unknown day'}"
