"""Several shards behind one face: Rekor v1 counts through them, and only the last one takes entries."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from pathlib import Path

import pytest

from assay.adapters.log_store.sqlite_store import SqliteStore
from assay.engines.log.sequencer import Log
from assay.errors import AssayError, Refused, UsageError
from assay.model.transparency import NewLeaf
from assay.server import first_entry
from assay.server.log_shards import Shards
from assay.trust import keys
from simulators.log_keys import ed25519, p256


def log(folder: Path, origin: str, count: int) -> Log:
    found = Log(SqliteStore(folder / origin), origin, (p256(), ed25519()))
    if count:
        found.append([NewLeaf(f"{origin} {number}".encode()) for number in range(count)])
    return found


def test_numbers_count_through_all_shards(tmp_path: Path) -> None:
    shards = Shards([log(tmp_path, "one.example", 3), log(tmp_path, "two.example", 2)])
    found = [shards.by_index(total) for total in range(5)]
    assert [(shard.log.origin, index) for shard, index in found] == [
        *(("one.example", number) for number in range(3)),
        *(("two.example", number) for number in range(2)),
    ]
    assert shards.by_tree(shards.all[0].tree_id).log.origin == "one.example"
    with pytest.raises(Refused):
        shards.by_tree(1)
    with pytest.raises(AssayError):
        shard, index = shards.by_index(5)
        shard.log.entry(index)


def test_a_new_shard_takes_over(tmp_path: Path) -> None:
    shards = Shards([log(tmp_path, "one.example", 3)])
    shards.rotate(log(tmp_path, "two.example", 0))
    assert shards.active.log.origin == "two.example"
    assert (shards.active.offset, shards.commits.log) == (3, shards.active.log)
    shards.active.log.append([NewLeaf(b"first of the second")])
    shard, index = shards.by_index(3)
    assert shard.log.entry(index)[0] == b"first of the second"


@pytest.mark.parametrize(("origin", "count"), [("one.example", 0), ("three.example", 1)])
def test_a_shard_that_is_none_is_refused(tmp_path: Path, origin: str, count: int) -> None:
    shards = Shards([log(tmp_path, "one.example", 3)])
    with pytest.raises(UsageError):
        shards.rotate(log(tmp_path / "new", origin, count))


def test_the_first_entry_of_a_log_is_its_own(tmp_path: Path) -> None:
    """Clients that leave zeros out of their JSON and clients that miss them meet at no entry."""

    async def run() -> None:
        shards = Shards([log(tmp_path, "one.example", 0)], linger=0)
        shards.first = first_entry.of
        await shards.begin()
        await shards.begin()
        assert (await shards.add(NewLeaf(b"a client's")))[1].index == 1
        await shards.turn(log(tmp_path, "two.example", 0))
        assert (await shards.add(NewLeaf(b"a client's")))[1].index == 1
        for shard in shards.all:
            spec = json.loads(shard.log.entry(0)[0])["spec"]["hashedRekordV002"]
            signed = keys.Signed(shard.log.origin.encode())
            assert b64decode(spec["data"]["digest"]) == signed.digest("sha256")
            keys.check(keys.load(shard.v1.public_key), b64decode(spec["signature"]["content"]), signed)

    asyncio.run(run())
