"""Rekor v2: what the real one answered to the same requests, and what our own verifier says of the answers."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from assay.formats import tlog_note, tlog_tile
from assay.trust import merkle
from simulators.running_log import RunningLog, running_log

ANSWERS = Path(__file__).parent / "data" / "rekor-v2.jsonl"
ROWS = [json.loads(line) for line in ANSWERS.read_text().splitlines()]
DSSE_TAKEN = {"DSSE": 201, "DSSE again": 409}
"""The real one does not take them any more; npm's clients still send them."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLog]:
    with running_log(tmp_path_factory.mktemp("log")) as found:
        yield found


def post(log: RunningLog, request: Any) -> requests.Response:
    if isinstance(request, dict) and set(request) == {"raw"}:
        body = request["raw"].encode() if request["raw"] != "5 MB" else b" " * 5_000_000
    else:
        body = json.dumps(request).encode()
    return requests.post(f"{log.url}/api/v2/log/entries", data=body, timeout=60)


def test_answers_are_those_of_the_real_one(log: RunningLog) -> None:
    for row in ROWS:
        if row["method"] != "POST" or not row["path"].startswith("/api/v2"):
            continue
        answer = post(log, row["request"])
        assert answer.status_code == DSSE_TAKEN.get(row["name"], row["status"]), (row["name"], answer.text)
        assert answer.headers["content-type"] == row["content_type"]
        if row["name"] in DSSE_TAKEN:
            continue
        assert list(answer.json()) == list(row["response"]), row["name"]
        if answer.status_code == 201:
            wanted = row["response"]
            assert answer.json()["canonicalizedBody"] == wanted["canonicalizedBody"]
            check_entry(log, answer.json())
        else:
            assert answer.json()["code"] == row["response"]["code"], row["name"]


def check_entry(log: RunningLog, entry: dict[str, Any]) -> None:
    proof = entry["inclusionProof"]
    note = tlog_note.checkpoint(proof["checkpoint"]["envelope"])
    body = b64decode(entry["canonicalizedBody"])
    hashes = [b64decode(item) for item in proof["hashes"]]
    root = merkle.root_of(int(proof["logIndex"]), int(proof["treeSize"]), merkle.leaf(body), hashes)
    assert (note.origin, note.size, note.root) == (log.origin, int(proof["treeSize"]), root)
    assert note.note.signatures[0][1] == b64decode(entry["logId"]["keyId"])[:4]


def test_other_methods_and_paths(log: RunningLog) -> None:
    url = f"{log.url}/api/v2/log/entries"
    assert requests.get(url, timeout=60).json() == {"code": 12, "message": "Method Not Allowed", "details": []}
    assert requests.put(url, timeout=60).status_code == 501
    assert requests.get(f"{log.url}/healthz", timeout=60).json() == {"status": "SERVING"}
    assert requests.get(f"{log.url}/nope", timeout=60).status_code == 404


def test_tiles_are_those_of_the_tree(log: RunningLog) -> None:
    for row in ROWS:
        post(log, row["request"])
    note = tlog_note.checkpoint(requests.get(f"{log.url}/checkpoint", timeout=60).text)
    assert len(note.note.signatures) == 2
    for prefix in ("", "/api/v2"):
        base = f"{log.url}{prefix}/tile"
        hashes = requests.get(f"{base}/0/000.p/{note.size}", timeout=60)
        assert "immutable" in hashes.headers["cache-control"]
        bundle = requests.get(f"{base}/entries/000.p/{note.size}", timeout=60, headers={"Accept-Encoding": "gzip"})
        assert bundle.headers["content-encoding"] == "gzip"
        leaves = [merkle.leaf(entry) for entry in tlog_tile.entries(bundle.content, note.size)]
        assert b"".join(leaves) == hashes.content
        plain = requests.get(f"{base}/entries/000.p/{note.size}", timeout=60, headers={"Accept-Encoding": "identity"})
        assert plain.content == bundle.content != gzip.compress(bundle.content)
    for path in (
        "0/000",
        "0/001",
        "0/000.p/256",
        "9/000",
        "64/000",
        "entries/../../log.sqlite",
        "0/x000/000",
        "0/%2e%2e",
    ):
        assert requests.get(f"{log.url}/tile/{path}", timeout=60).status_code == 404, path
    assert requests.post(f"{log.url}/checkpoint", timeout=60).status_code == 405


HOSTILE = (
    b"",
    b"[]",
    b"null",
    b"{" * 100_000,
    b'{"hashedRekordRequestV002": {"digest": 5}}',
    b'{"hashedRekordRequestV002": [], "dsseRequestV002": null}',
    b'{"dsseRequestV002": {"envelope": {"signatures": 5}}}',
    b'{"dsseRequestV002": {}, "dsseRequestV002": {}}',
    b'{"dsseRequestV002": {}, "dsse_request_v002": {}}',
    b'{"hashedRekordRequestV002": {"digest": "\\ud800"}}',
    b'{"hashedRekordRequestV002": {"signature": {"verifier": {"keyDetails": 1e999}}}}',
    b'{"hashedRekordRequestV002": {"signature": {"verifier": {"keyDetails": true}}}}',
    b"\xff\xfe\x00",
)


@pytest.mark.parametrize("body", HOSTILE)
def test_hostile_requests_are_told_what_is_wrong(log: RunningLog, body: bytes) -> None:
    answer = requests.post(f"{log.url}/api/v2/log/entries", data=body, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    answer = requests.post(f"{log.url}/api/v1/log/entries", data=body, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (400, 400)
