"""Small advisory stores for tests, made by the importer from records in OSV's form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from assay.adapters.advisories import AdvisoryStore, manifest
from assay.adapters.advisories.importer import Batch, Told, named
from assay.adapters.advisories.writer import writing
from assay.formats import sbom_document
from assay.model.feed import Document
from assay.model.sbom import Sbom

TODAY = date(2026, 11, 23)
Osv = Mapping[str, Any]


def osv(name: str, ecosystem: str, package: str, *events: tuple[str, str], **more: Any) -> Osv:
    """A record: ``osv("X-1", "PyPI", "a", ("introduced", "0"), ("fixed", "2"))``."""
    affected = {
        "package": {"ecosystem": ecosystem, "name": package},
        "ranges": [{"type": "ECOSYSTEM", "events": [{key: value} for key, value in events]}] if events else [],
        "versions": more.pop("versions", []),
        **more.pop("affected", {}),
    }
    return {"id": name, "modified": "2026-11-20T00:00:00Z", "affected": [affected], **more}


def store(folder: Path, files: Mapping[str, Sequence[Osv] | bytes], day: str = "2026-11-22") -> AdvisoryStore:
    """A store of feeds: records, or the bytes of a file in the feed's own form."""
    batch = Batch(TODAY)
    for feed, content in files.items():
        data = content if isinstance(content, bytes) else "\n".join(map(json.dumps, content)).encode()
        suffix = "json" if isinstance(content, bytes) else "jsonl"
        batch.read(Document(f"{feed}.{suffix}", data), Told(day), named(feed))
    with writing(folder) as writer:
        batch.finish(writer)
        writer.commit("2026-11-22T00:00:00Z")
    return AdvisoryStore.open(folder)


def made_by_another(folder: Path, **changes: Any) -> None:
    """Let the manifest say of every shard that another assay made it: ``orders=()``, ``schema=0``."""
    path = folder / manifest.NAME
    made = manifest.load(path)
    assert made is not None
    manifest.write(path, {name: shard._replace(**changes) for name, shard in made.shards.items()}, made.created)


def purls(*lines: str) -> Sbom:
    """An SBOM of package URLs."""
    return sbom_document.read("\n".join(lines).encode())
