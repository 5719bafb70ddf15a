"""What an instance rotates by itself, and what it complains of because only the root keys can mend it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from assay.app import sigstore, sigstore_rotation
from assay.app.sigstore import Instance
from assay.errors import UsageError
from assay.formats import certificate
from assay.model.transparency import NewLeaf
from assay.server import maintenance
from assay.server.log_shards import Shards
from assay.server.maintenance import Maintenance, Schedule

YEAR = timedelta(days=365)
pytestmark = pytest.mark.usefixtures("cheap_keys")


def made(folder: Path, age: timedelta) -> Instance:
    """An instance of that age."""
    now = sigstore.now() - age
    sigstore.make(sigstore.Making(folder / "data", folder / "roots", "http://127.0.0.1:1", b"p", b"r", now))
    return sigstore.open_instance(folder / "data", b"p")


def care(instance: Instance, schedule: Schedule | None = None) -> tuple[Maintenance, Shards]:
    logs = Shards(instance.logs)
    return Maintenance(instance, logs, Shards(instance.cts), schedule or Schedule(), None), logs


def test_a_young_instance_rotates_nothing_and_complains_of_nothing(tmp_path: Path) -> None:
    instance = made(tmp_path, timedelta(days=1))
    found, _ = care(instance)
    asyncio.run(found.rotate_due())
    assert (found.told, len(instance.material.authorities)) == ({}, 1)


def test_certificates_that_end_soon_are_followed_by_the_spare_ones(tmp_path: Path) -> None:
    instance = made(tmp_path, 4.2 * YEAR)
    old = instance.authority.chain[0], instance.timestamper.chain[0]
    found, _ = care(instance)
    asyncio.run(found.rotate_due())
    new = instance.authority.chain[0], instance.timestamper.chain[0]
    assert new != old
    assert all(certificate.read(item).not_after - sigstore.now() > 5 * YEAR for item in new)
    chains = instance.trust_config["trustedRoot"]["certificateAuthorities"]
    assert ["end" in item["validFor"] for item in chains] == [True, False]
    assert set(found.told) == {"root"}  # made 4 years ago, it has expired
    asyncio.run(found.rotate_due())
    assert len(instance.material.authorities) == 2


def test_what_only_the_root_keys_can_mend_is_told(tmp_path: Path) -> None:
    instance = made(tmp_path, 4.2 * YEAR)
    wanted = sigstore_rotation.Rotation(instance.folder, b"p", sigstore.now())
    for what in ("ca", "tsa"):
        sigstore_rotation.rotate(what, wanted)
        with pytest.raises(UsageError):
            sigstore_rotation.rotate(what, wanted)
    assert sigstore.refresh(instance)
    assert not sigstore.refresh(instance)
    late = sigstore.now() + 5 * YEAR
    told = maintenance.complaints(instance, late)
    assert set(told) == {"ca", "tsa", "root"}
    assert "assay sigstore rotate ca --root-keys DIR" in told["ca"]
    assert Schedule().due(instance, late) == []
    roots = sigstore_rotation.RootKeys([tmp_path / "roots"], b"r")
    sigstore_rotation.rotate("tuf-root", wanted, roots)
    assert "root" not in maintenance.complaints(instance, sigstore.now())


def test_shards_are_due_by_size_and_by_age(tmp_path: Path) -> None:
    instance, now = made(tmp_path, timedelta(days=3)), sigstore.now()
    assert Schedule(shard_days=2).due(instance, now) == []  # an empty log is not replaced
    instance.log.append([NewLeaf(b"one"), NewLeaf(b"two")])
    assert Schedule(shard_days=2).due(instance, now) == ["log"]
    assert Schedule(shard_days=4, shard_entries=3).due(instance, now) == []
    found, logs = care(instance, Schedule(shard_entries=2))
    asyncio.run(found.rotate_due())
    assert logs.active.log.origin == "log2.127.0.0.1"
    assert logs.active.offset == 2
    asyncio.run(found.rotate_due())
    assert len(logs.all) == 2


def test_a_shard_that_fills_while_it_serves_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "_LOOK", 0.02)
    monkeypatch.setattr(maintenance, "_DUE", 0.1)
    instance = made(tmp_path, timedelta(days=1))
    found, logs = care(instance, Schedule(shard_entries=2))

    async def serve() -> None:
        running = asyncio.create_task(found.run())
        async with asyncio.timeout(60):
            while not (instance.repository / "timestamp.json").exists():
                await asyncio.sleep(0.02)
            assert logs.active.log.origin == "127.0.0.1"
            instance.log.append([NewLeaf(b"one"), NewLeaf(b"two")])
            while logs.active.log.origin != "log2.127.0.0.1":
                await asyncio.sleep(0.02)
        running.cancel()

    asyncio.run(serve())
    assert len(logs.all) == 2


def test_failures_are_told_and_tried_again(tmp_path: Path) -> None:
    instance = made(tmp_path, timedelta(days=1))
    found, _ = care(instance)
    path = instance.folder / "instance.json"
    data = path.read_bytes()
    path.write_bytes(data[:40])
    asyncio.run(found._try("rotation", found.look))
    assert "tried again" in found.told["rotation"]
    path.write_bytes(data)
    asyncio.run(found._try("rotation", found.look))
    assert found.told == {}
