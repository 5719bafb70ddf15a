"""Takes advisories from files and folders into the store.

FILE is anything that a source publishes (OSV as JSON, JSON lines, zip or folder; CSV, XML, YAML; compressed or not), a
folder of such files, with or without an index.jsonl that tells their day, or an exported store. The form is recognised;
--source names the feed where it is not. What the store holds of the same sources is replaced. Few records without an
index.jsonl are taken for a sample of their source (what they do not name stays unknown); --complete says otherwise.

    assay db import all.zip
    assay db import advisories/
    assay db import --source nvd nvdcve-2.0-2024.json.gz
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from assay.cli import Context
from assay.cli.db._request import signature_check
from assay.errors import ExitCode, InputError


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("file", metavar="FILE|DIR", nargs="+", help="files or folders of advisories")
    parser.add_argument("--source", metavar="NAME", default="", help="the feed they belong to")
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument(
        "--sample", dest="sample", action="store_true", default=None, help="they are only a sample of the source"
    )
    extent.add_argument(
        "--complete", dest="sample", action="store_false", default=None, help="they are all that the source has"
    )
    parser.add_argument("--strict", action="store_true", help="exit 3 when a record could not be read")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Import, and say what came in."""
    import gc

    from assay.adapters.advisories import sharing
    from assay.adapters.advisories.importer import Batch
    from assay.adapters.advisories.writer import writing

    gc.disable()  # nouns have no cycles
    settings = context.settings()
    folder = context.data_dir(settings) / "advisories"
    check = signature_check(settings, context)
    paths = [Path(name) for name in arguments.file]
    exported = [path for path in paths if sharing.is_store(path)]
    batch = Batch(datetime.now(UTC).date(), arguments.source, sample=arguments.sample)
    for path in paths:
        if path not in exported:
            batch.add(path)
    with writing(folder) as writer:
        adopted = [name for path in exported for name in sharing.adopt(writer, path, check and check.manifest)]
        imported = batch.finish(writer)
        if not adopted and not imported:
            raise InputError("nothing was imported: " + (batch.unknown or ["the files hold no advisories"])[0])
        writer.commit(datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"))
    for name in adopted:
        sys.stdout.write(f"{name:<20} taken over\n")
    skipped = 0
    for shard, missed, few in imported:
        count = shard.records + shard.facts + shard.releases
        sys.stdout.write(f"{shard.feed:<20} {count:>7} records, data of {shard.day or 'an unknown day'}\n")
        skipped += shard.skipped
        if few:
            context.warn(
                f"{shard.feed}: so few records are taken for a sample: what they do not name stays unknown",
                "--complete says that they are all that the source has",
            )
        for place, reason in missed[: len(missed) if context.verbose else 3]:
            context.warn(f"{shard.feed}: skipped {place}: {reason}")
        if shard.skipped > len(missed[:3]):
            context.warn(f"{shard.feed}: {shard.skipped} records skipped in all")
    for line in batch.unknown:
        context.warn(line, "name the feed with --source")
    if arguments.strict and (skipped or batch.unknown):
        raise InputError(
            f"{skipped + len(batch.unknown)} records or files could not be read, and --strict asks for all"
        )
    return ExitCode.OK
