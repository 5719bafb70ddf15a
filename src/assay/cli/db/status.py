"""Says which advisory data is there, of which day, and what it can express.

CONFIRMED is the day on which an update last found the data current.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, date, datetime

from assay.cli import Context
from assay.errors import ExitCode
from assay.model.advisory_store import Shard


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("--all", action="store_true", help="also sources of which nothing is there")
    parser.add_argument("--ecosystems", action="store_true", help="also what each source speaks about")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Print the sources."""
    from assay import app

    settings = context.settings()
    data, cache = context.data_dir(settings), context.cache_dir(settings)
    with app.advisories(data, cache, starter=settings.switch("db.starter")) as store:
        shards, digest, refused = store.shards, store.digest, store.refused
        origins = {
            shard.feed: "store" if store.path(shard.feed).is_relative_to(data) else "starter" for shard in shards
        }
    if arguments.json:
        value = {
            "digest": digest,
            "shards": [shard._asdict() | {"place": origins[shard.feed]} for shard in shards],
            "refused": [item.shard._asdict() | {"reason": item.reason} for item in refused],
        }
        sys.stdout.write(json.dumps(value, indent=2) + "\n")
        return ExitCode.OK
    today = datetime.now(UTC).date()
    rows: list[tuple[str, ...]] = [
        ("SOURCE", "DATA OF", "AGE", "CONFIRMED", "RECORDS", "SKIPPED", "SAYS", "FROM", "LICENCE")
    ]
    rows += [_row(shard, today, origins[shard.feed]) for shard in shards]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        sys.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")
    for item in refused:
        sys.stdout.write(f"{item.shard.feed}: not used, {item.reason}\n")
    if arguments.ecosystems:
        for shard in shards:
            sys.stdout.write(f"{shard.feed}: {', '.join(shard.ecosystems) or 'facts about vulnerabilities'}\n")
    if arguments.all:
        _others({shard.feed for shard in shards})
    if not shards and not refused:
        context.warn("there is no advisory data", "run `assay db update` or `assay db import`")
    return ExitCode.OK


def _row(shard: Shard, today: date, origin: str) -> tuple[str, ...]:
    try:
        age = f"{(today - date.fromisoformat(shard.day)).days} d"
    except ValueError:
        age = "?"
    says = "facts" if not shard.records else "sample" if not shard.complete else _says(shard)
    count = shard.records or shard.facts or shard.releases
    told = (shard.day or "?", age, shard.confirmed[:10] or "?")
    return (shard.feed, *told, str(count), str(shard.skipped), says, origin, shard.licence)


def _says(shard: Shard) -> str:
    return "fixed and unfixed" if "not-fixed" in shard.states else "fixed only"


def _others(known: set[str]) -> None:
    from assay.feeds import discover

    for feed in discover():
        if feed.name not in known:
            how = "on request" if feed.large else "by default" if feed.default else "when named"
            sys.stdout.write(f"{feed.name}: {feed.title}; fetched {how}; proof: {feed.proof}\n")
