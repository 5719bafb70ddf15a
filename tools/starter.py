"""Builds the advisory data inside the package: ``python -m tools.starter [ADVISORIES]``.

Facts only: ids, aliases, packages, ranges, states, severities and dates; no summaries, no references. The digests of
the inputs go into ``src/assay/starter/inputs.json``.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import zstandard

from assay.adapters.advisories import importer, manifest
from assay.adapters.advisories.builder import ShardBuilder
from assay.adapters.advisories.store import FOLDER
from assay.adapters.advisories.writer import writing
from assay.model.advisory import Advisory, Enrichment, Record
from assay.model.sbom import Skipped

TARGET = Path(__file__).parents[1] / "src" / "assay" / "starter"
MAX_BYTES = 12 << 20
LEFT_OUT = frozenset(("LICENSES",))


class FactsOnly(ShardBuilder):
    """A builder that leaves prose out."""

    def add(self, record: Record | Skipped) -> None:
        """Take the facts of a record."""
        super().add(_facts(record))


def _facts(record: Record | Skipped) -> Record | Skipped:
    if isinstance(record, Advisory):
        affected = tuple(item._replace(symbols=()) for item in record.affected)
        return record._replace(summary="", references=(), related=(), affected=affected)
    if isinstance(record, Enrichment):
        said = record.exploited
        return record._replace(summary="", exploited=said._replace(name="") if said is not None else None)
    return record


def main(source: Path) -> int:
    """Build, compress, and say how large it became."""
    today = date.fromisoformat(_newest(source))
    with tempfile.TemporaryDirectory() as folder:
        batch = importer.Batch(today, builder=FactsOnly)
        batch.add(source)
        with writing(Path(folder)) as writer:
            batch.finish(writer)
            made = writer.commit(f"{today}T00:00:00Z")
        shutil.rmtree(TARGET, ignore_errors=True)
        TARGET.mkdir(parents=True)
        for name, shard in sorted(made.shards.items()):
            data = (Path(folder) / FOLDER / f"{shard.digest.removeprefix('sha256:')}.sqlite").read_bytes()
            packed = _compress(data)
            (TARGET / f"{name}.sqlite.zst").write_bytes(packed)
            sys.stdout.write(f"{name:<20} {len(data):>10} -> {len(packed):>9}\n")
        (TARGET / manifest.NAME).write_bytes(manifest.dump(made.shards, made.created))
    inputs = dict(_digests(source))
    (TARGET / "inputs.json").write_text(json.dumps(inputs, indent=1, sort_keys=True) + "\n")
    total = sum(path.stat().st_size for path in TARGET.iterdir())
    sys.stdout.write(f"{total / 2**20:.1f} MiB\n")
    return 0 if total <= MAX_BYTES else 1


def _newest(source: Path) -> str:
    lines = (source / importer.INDEX).read_text().splitlines()
    return max(str(json.loads(line)["date"]) for line in lines)


def _compress(data: bytes) -> bytes:
    level = zstandard.ZstdCompressionParameters.from_level(22, window_log=27, enable_ldm=True)
    return zstandard.ZstdCompressor(compression_params=level).compress(data)


def _digests(source: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(source.iterdir()):
        if path.is_file() and path.suffix in (".zst", ".json", ".jsonl"):
            yield path.name, hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    default = os.environ.get("ASSAY_SUITES", str(Path(__file__).parents[2] / "shared" / "data"))
    raise SystemExit(main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(default) / "advisories")))
