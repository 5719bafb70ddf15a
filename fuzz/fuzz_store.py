"""What a store is made of when others made it: its manifest, and VEX-like reports to compare with."""

from __future__ import annotations

from assay.adapters.advisories import manifest
from assay.errors import AssayError
from assay.formats import scan_report
from assay.model.advisory_store import Shard

_SHARD = Shard("pypa", f"sha256:{'ab' * 32}", 10, "2026-11-22", "2026-11-22", 1)
SEEDS: list[bytes] = [
    b"\x00" + manifest.dump({"pypa": _SHARD}, "2026-11-22T00:00:00Z"),
    b'\x01{"findings": [{"id": "CVE-1", "component": {"id": "pkg:pypi/a@1", "purl": "pkg:pypi/a@1"}}]}',
    b'\x01{"matches": [{"vulnerability": {"id": "CVE-1"}, "artifact": {"purl": "pkg:pypi/a@1"}}]}',
]


def run(data: bytes) -> None:
    if not data:
        return
    try:
        if data[0] % 2:
            list(scan_report.keys(data[1:]))
        else:
            found = manifest.read(data[1:], "x")
            assert manifest.read(manifest.dump(found.shards, found.created), "y").digest == found.digest
    except AssayError:
        return
