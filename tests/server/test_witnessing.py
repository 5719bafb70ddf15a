"""A log with its witnesses over HTTP: cosigned checkpoints, a quorum, and witnesses that are slow, dead or wrong."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette

from assay.adapters.log_store.seen_files import SeenFiles
from assay.adapters.witness import WitnessClient, configured
from assay.app.transparency import open_log
from assay.engines.log.sequencer import Log
from assay.engines.log.witness import Witness
from assay.errors import Refused, UsageError
from assay.formats import note_key, tlog_note
from assay.model.transparency import NewLeaf
from assay.server import witness
from assay.server.log_shards import Shards
from assay.server.witnessing import Witnesses, Witnessing
from assay.trust import notes
from simulators.log_keys import MemorySigner, ed25519
from simulators.processes import free_port

ORIGIN = "log.example"


@contextmanager
def serving(name: str, log: Log, folder: Path, known: bool = True) -> Iterator[WitnessClient]:
    """A witness of ours on a free port of loopback."""
    key = ed25519()
    logs = {ORIGIN if known else "other.example": [log.signers[0].public_key]}
    one = Witness(name, key, logs, SeenFiles(folder / name), lambda: 1000.0)
    with socket.create_server(("127.0.0.1", 0)) as bound:
        config = uvicorn.Config(Starlette(routes=witness.routes(one)), log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([bound])))
        thread.start()
        try:
            yield client(f"http://127.0.0.1:{bound.getsockname()[1]}", name, key)
        finally:
            server.should_exit = True
            thread.join(60)


def client(url: str, name: str, key: MemorySigner, seconds: float = 30) -> WitnessClient:
    return WitnessClient(url, note_key.of_ed25519(name, key.public_key, note_key.COSIGNATURE), seconds)


@contextmanager
def silent(name: str) -> Iterator[WitnessClient]:
    """A witness that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        yield client(f"http://127.0.0.1:{bound.getsockname()[1]}", name, ed25519(), 8)


def new_log(folder: Path) -> Log:
    log = open_log(folder / "log", ORIGIN, (ed25519(),))
    log.append([NewLeaf(b"%d" % number) for number in range(5)])
    return log


def names(log: Log) -> tuple[int, list[str]]:
    """Size and signers of what is published."""
    shown = tlog_note.checkpoint(log.published.decode())
    return shown.size, [name for name, _, _ in shown.note.signatures]


def test_checkpoints_are_cosigned(tmp_path: Path) -> None:
    log = new_log(tmp_path)
    with serving("one.example", log, tmp_path) as one, serving("two.example", log, tmp_path) as two:
        rounds = Witnessing(Shards([log]), Witnesses((one, two), 2), patience=30)
        asyncio.run(rounds.round(log))
        assert names(log) == (5, [ORIGIN, "one.example", "two.example"])
        log.append([NewLeaf(b"%d" % number) for number in range(5, 300)])
        assert names(log) == (300, [ORIGIN])
        asyncio.run(rounds.round(log))
        shown = tlog_note.checkpoint(log.published.decode())
        assert (shown.size, notes.witnessed(shown, (one.key, two.key), 2)) == (300, ["one.example", "two.example"])
        assert notes.cosigned_by(shown, one.key) == 1000
        restarted = WitnessClient(one.url, one.key)  # knows nothing of what the witness has seen
        assert restarted.cosign(log.head.checkpoint, log.consistency).startswith("— one.example ")
        assert rounds.told == {}


def test_a_slow_and_a_dead_witness_hold_nobody_up(tmp_path: Path) -> None:
    log = new_log(tmp_path)
    dead = client(f"http://127.0.0.1:{free_port()}", "dead.example", ed25519())
    with serving("one.example", log, tmp_path) as one, silent("slow.example") as slow:

        async def rounds() -> Witnessing:
            found = Witnessing(Shards([log]), Witnesses((slow, dead, one), 1), patience=5)
            log.require_witnesses(True)
            for number in range(3):
                while names(log) != (log.head.size, [ORIGIN, "one.example"]):
                    await found.round(log)  # another one where the machine was too busy for the witness that answers
                log.append([NewLeaf(b"more %d" % number)])  # the log goes on, witnesses or not
            return found

        told = asyncio.run(asyncio.wait_for(rounds(), 120)).told
    assert set(told) == {"slow.example", "dead.example"}


def test_without_a_quorum_nothing_newer_is_published_and_nothing_goes_back(tmp_path: Path) -> None:
    log = new_log(tmp_path)
    log.require_witnesses(True)
    first = log.published
    with serving("one.example", log, tmp_path, known=False) as one:
        rounds = Witnessing(Shards([log]), Witnesses((one,), 1), patience=30)
        log.append([NewLeaf(b"more")])
        asyncio.run(rounds.round(log))
        assert log.published == first
        assert rounds.told["quorum"] == "0 witnesses signed, 1 are wanted"
        assert "answered 404" in rounds.told["one.example"]
    with serving("two.example", log, tmp_path) as two:
        asyncio.run(Witnessing(Shards([log]), Witnesses((two,), 1), patience=30).round(log))
        log.append([NewLeaf(b"still more")])
        assert names(log) == (6, [ORIGIN, "two.example"])
        assert log.head.size == 7


def test_a_log_behind_what_its_witness_has_seen_is_told(tmp_path: Path) -> None:
    log = new_log(tmp_path)
    old = log.head.checkpoint
    log.append([NewLeaf(b"more")])
    with serving("one.example", log, tmp_path) as one:
        one.cosign(log.head.checkpoint, log.consistency)
        with pytest.raises(Refused, match="has seen 6 entries, the log has 5"):
            WitnessClient(one.url, one.key).cosign(old, log.consistency)


def test_an_answer_that_is_no_signature_of_the_witness_is_refused(tmp_path: Path) -> None:
    log = new_log(tmp_path)
    with serving("one.example", log, tmp_path) as one:
        other = client(one.url, "one.example", ed25519())
        with pytest.raises(Refused, match=r"bears no signature of one\.example"):
            other.cosign(log.head.checkpoint, log.consistency)


@pytest.mark.parametrize("text", ["https://witness.example", "witness=a+b+c", "https://w.example=a+00000000+AAAA"])
def test_what_names_no_witness_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        configured(text)
