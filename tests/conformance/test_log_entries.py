"""Entries of the public Rekor v1, as it answered them once: `assay log` reads them with the embedded trusted root."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from assay.__main__ import main
from assay.formats import sigstore_bundle
from assay.model.bundle import LogEntry
from assay.trust import merkle
from conformance.suite import folder


def answer(entry: LogEntry) -> dict[str, Any]:
    """The entry as Rekor v1 answers it (``openapi.yaml``)."""
    assert entry.proof is not None
    proof = {
        "checkpoint": entry.proof.checkpoint,
        "hashes": [item.hex() for item in entry.proof.hashes],
        "logIndex": entry.proof.log_index,
        "rootHash": entry.proof.root.hex(),
        "treeSize": entry.proof.tree_size,
    }
    promise = base64.b64encode(entry.promise).decode()
    return {
        f"24296fb24b8ad77a{merkle.leaf(entry.body).hex()}": {
            "body": base64.b64encode(entry.body).decode(),
            "integratedTime": entry.integrated,
            "logID": entry.log_id.hex(),
            "logIndex": entry.log_index,
            "verification": {"inclusionProof": proof, "signedEntryTimestamp": promise},
        }
    }


@contextmanager
def rekor(found: dict[str, Any]) -> Iterator[str]:
    """A server that gives this entry to whoever asks for any."""

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here = self.path.startswith("/api/v1/log/entries")
            body = json.dumps(found).encode() if here else b"{}"
            self.send_response(200 if here else 404)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(60)
        server.server_close()


def entry_of(case: str) -> LogEntry:
    path = folder("sigstore-bundles") / "conformance" / case / "bundle.sigstore.json"
    (entry,) = sigstore_bundle.read(path.read_bytes()).entries
    return entry


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("happy-path-v0.2", 0),
        ("happy-path-v0.3", 0),
        ("happy-path-intoto-in-dsse-v3", 0),
        ("inclusion-proof-corrupted-hash_fail", 1),
    ],
)
def test_an_entry_of_the_public_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], case: str, code: int
) -> None:
    monkeypatch.setenv("ASSAY_DATA_DIR", str(tmp_path))
    entry = entry_of(case)
    with rekor(answer(entry)) as url:
        for wanted in (str(entry.log_index), next(iter(answer(entry)))):
            assert main(["log", "get", wanted, "--instance", url, "-o", "json"]) == code
            text = capsys.readouterr().out
            assert not text or json.loads(text)["origin"].startswith("rekor.sigstore.dev - ")
        assert main(["log", "get", "12", "--instance", url]) == 1  # it answers with another one
        assert main(["log", "get", "ab" * 32, "--instance", url]) == 1
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("part", ["body", "integratedTime", "logIndex", "hashes", "rootHash", "treeSize", "checkpoint"])
def test_a_changed_entry_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    monkeypatch.setenv("ASSAY_DATA_DIR", str(tmp_path))
    entry = entry_of("happy-path-v0.3")
    found = answer(entry)
    ((uuid, item),) = found.items()
    proof = item["verification"]["inclusionProof"]
    where = item if part in item else proof
    changed: dict[str, Any] = {
        "body": base64.b64encode(entry.body.replace(b"sha256", b"sha512")).decode(),
        "hashes": [*proof["hashes"][1:], "00" * 32],
        "rootHash": "00" * 32,
        "checkpoint": proof["checkpoint"].replace("\n", "\n1", 1),
    }
    where[part] = changed.get(part, where[part] if part in changed else where[part] + 1)
    with rekor(found) as url:
        assert main(["log", "get", uuid, "--instance", url]) == 1
