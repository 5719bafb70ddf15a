"""The advisory data inside the package: facts only, within its size, of told inputs, and usable at once."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from advisory_data import TODAY, purls
from assay.adapters.advisories import AdvisoryStore, sharing, starter
from assay.engines.match import Options, match
from conformance import suite


def test_it_is_whole_small_and_free_of_prose(tmp_path: Path) -> None:
    assert sum(path.stat().st_size for path in starter.PACKED.iterdir()) <= 12 << 20
    place = starter.unpacked(tmp_path)
    assert place is not None and starter.unpacked(tmp_path) == place
    with AdvisoryStore.open(place) as data:
        assert not sharing.verify(data)
        assert len(data.shards) >= 25 and all(shard.day for shard in data.shards)
        for shard in data.shards:
            connection = data.reader(shard.feed)._connection
            for (body,) in connection.execute("SELECT body FROM advisory LIMIT 300"):
                assert len(body) < 20_000 and b"://" not in body


def test_the_first_scan_needs_nothing_else(tmp_path: Path) -> None:
    place = starter.unpacked(tmp_path)
    assert place is not None
    with AdvisoryStore.open(place) as data:
        found = match(purls("pkg:pypi/django@3.2.0", "pkg:cargo/time@0.1.42"), data, Options(TODAY))
    assert len(found.findings) > 20
    assert {item.message for item in found.coverage} == {"unknown since 2026-07-23", "unknown since 2026-08-21"}


def test_its_inputs_are_the_ones_it_names() -> None:
    folder = suite.folder("advisories")
    told = json.loads((starter.PACKED / "inputs.json").read_text())
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.name in told}
    assert found == told
