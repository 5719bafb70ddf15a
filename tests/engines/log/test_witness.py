"""The witness: it signs what grew, and nothing else."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from assay.adapters.log_store.seen_files import SeenFiles
from assay.adapters.log_store.sqlite_store import SqliteStore
from assay.engines.log.sequencer import Log
from assay.engines.log.witness import Answer, Witness
from assay.model.transparency import NewLeaf
from assay.trust import keys
from simulators.log_keys import ed25519


def ask(log: Log, old: int, note: bytes, size: int) -> bytes:
    proof = log.consistency(old, size) if 0 < old < size else []
    lines = [f"old {old}", *(b64encode(item).decode() for item in proof)]
    return "\n".join(lines).encode() + b"\n\n" + note


def test_a_witness_signs_what_grew(tmp_path: Path) -> None:
    log = Log(SqliteStore(tmp_path / "log"), "log.example", (ed25519(),))
    key = ed25519()
    known = {"log.example": [log.signers[0].public_key]}
    witness = Witness("witness.example", key, known, SeenFiles(tmp_path / "seen"), lambda: 1000.0)

    def status(body: bytes) -> tuple[int, str]:
        with pytest.raises(Answer) as caught:
            witness.add(body)
        return caught.value.status, caught.value.body

    log.append([NewLeaf(b"%d" % number) for number in range(5)])
    five = log.head
    name, data = witness.add(ask(log, 0, five.checkpoint, 5)).removeprefix("— ").split()
    raw = b64decode(data)
    signed = b"cosignature/v1\ntime 1000\n" + five.checkpoint.rpartition(b"\n\n")[0] + b"\n"
    assert (name, int.from_bytes(raw[4:12], "big")) == ("witness.example", 1000)
    keys.check(keys.load(key.public_key), raw[12:], keys.Signed(signed))
    log.append([NewLeaf(b"%d" % number) for number in range(5, 300)])
    note = log.head.checkpoint
    assert status(ask(log, 3, note, 300)) == (409, "5\n")
    assert status(b"old 5\n\n" + note)[0] == 422
    assert status(ask(log, 301, note, 300))[0] == 400
    assert status(b"junk")[0] == 400
    assert status(ask(log, 5, note.replace(b"log.example", b"other.example"), 300))[0] == 404
    assert status(ask(log, 5, note.replace(b"\n300\n", b"\n301\n"), 300))[0] == 403
    assert witness.add(ask(log, 5, note, 300))
    assert SeenFiles(tmp_path / "seen").get("log.example") == (300, log.head.root)
    assert status(ask(log, 5, note, 300)) == (409, "300\n")
