"""The witness over HTTP (C2SP tlog-witness): the statuses and types that a log is answered with."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette

from assay.adapters.log_store.seen_files import SeenFiles
from assay.adapters.log_store.sqlite_store import SqliteStore
from assay.engines.log.sequencer import Log
from assay.engines.log.witness import Witness
from assay.model.transparency import NewLeaf
from assay.server import witness
from simulators.asgi import ask
from simulators.log_keys import ed25519


def test_answers(tmp_path: Path) -> None:
    log = Log(SqliteStore(tmp_path / "log"), "log.example", (ed25519(),))
    log.append([NewLeaf(b"one"), NewLeaf(b"two")])
    known = {"log.example": [log.signers[0].public_key]}
    one = Witness("witness.example", ed25519(), known, SeenFiles(tmp_path / "seen"), lambda: 1000.0)
    app = Starlette(routes=witness.routes(one))
    body = b"old 0\n\n" + log.head.checkpoint
    first = ask(app, "POST", "/add-checkpoint", body)
    assert first.status == 200
    assert first.body.startswith("— witness.example ".encode())
    again = ask(app, "POST", "/add-checkpoint", body)
    assert (again.status, again.body, again.headers["content-type"]) == (409, b"2\n", "text/x.tlog.size")
    assert ask(app, "POST", "/add-checkpoint", b"junk").status == 400
    assert ask(app, "POST", "/add-checkpoint", body.replace(b"log.example", b"other.example")).status == 404
    assert ask(app, "GET", "/add-checkpoint").status == 405
