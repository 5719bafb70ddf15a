"""What anybody may send to a log: Rekor v1 and v2 bodies, questions to Rekor v1, witness requests, paths of tiles."""

from __future__ import annotations

import json
import tempfile
from base64 import b64encode
from functools import cache
from pathlib import Path

from assay.app.transparency import open_log
from assay.engines.log import requests_v1, requests_v2
from assay.engines.log.requests_v2 import Admitted
from assay.engines.log.sequencer import Log
from assay.engines.log.witness import Answer, Witness
from assay.errors import AssayError
from assay.formats import dsse, pem, tlog_tile
from assay.model.signature import Scheme
from assay.model.transparency import NewLeaf
from assay.server import rekor_v1_search
from assay.server.log_shards import Shards
from assay.server.rekor_v1 import RekorV1
from assay.trust import signing

_ED25519 = signing.load(bytes.fromhex("302e020100300506032b657004220420") + bytes(range(32)))
_P256 = signing.generate(Scheme.ECDSA_P256)
_SIZE = 300


class _Forgets:
    """A witness's memory that always says the same."""

    def get(self, origin: str) -> tuple[int, bytes] | None:
        return _log().head.size - 40, _log().root(_log().head.size - 40)

    def put(self, origin: str, size: int, root: bytes) -> None:
        assert (size, root) == (_SIZE, _log().head.root), "a witness signed another tree"


@cache
def _log() -> Log:
    folder = tempfile.mkdtemp(prefix="assay-fuzz-")
    log = open_log(Path(folder, "log"), "log.example", (_P256, _ED25519))
    log.append([NewLeaf(b"%d" % number) for number in range(_SIZE)])
    return log


@cache
def _face() -> RekorV1:
    return RekorV1(Shards([_log()]))


@cache
def _witness() -> Witness:
    known = {"log.example": [_P256.public_key, _ED25519.public_key]}
    return Witness("witness.example", _ED25519, known, _Forgets(), lambda: 1000.0)


def run(data: bytes) -> None:
    """The first byte chooses who gets the rest."""
    if not data:
        return
    work = (_v1, _v2, _witnessed, _tile, _search, _retrieve)[data[0] % 6]
    try:
        work(data[1:])
    except (AssayError, Answer) as error:
        assert not isinstance(error, Answer) or error.status in (400, 403, 404, 409, 422)


def _v1(rest: bytes) -> None:
    _logged(requests_v1.admit(rest))


def _v2(rest: bytes) -> None:
    _logged(requests_v2.admit(rest))


def _logged(found: Admitted) -> None:
    """What is taken is JSON in the form of RFC 8785, and small things are found by a term."""
    body = json.loads(found.leaf.data)
    assert (body["kind"], body["apiVersion"]) == (found.kind, found.version)
    assert json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == found.leaf.data
    assert found.leaf.terms


def _witnessed(rest: bytes) -> None:
    assert _witness().add(rest).startswith("— witness.example ")


def _tile(rest: bytes) -> None:
    wanted = tlog_tile.parse(rest.decode("latin-1"))
    data = _log().tile(wanted)
    if wanted.level != tlog_tile.ENTRIES:
        assert len(data) == wanted.width * 32


def _search(rest: bytes) -> None:
    rekor_v1_search.search(_face().shards, rest)


def _retrieve(rest: bytes) -> None:
    rekor_v1_search.retrieve(_face(), rest)


def _text(data: bytes) -> str:
    return b64encode(data).decode()


def _seeds() -> list[bytes]:
    digest = signing.digest(b"artifact")
    signature, key = _text(_P256.sign(b"artifact")), pem.write("PUBLIC KEY", _P256.public_key).encode()
    v1 = {
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": {
            "data": {"hash": {"algorithm": "sha256", "value": digest}},
            "signature": {"content": signature, "publicKey": {"content": _text(key)}},
        },
    }
    verifier = {"publicKey": {"rawBytes": _text(_P256.public_key)}, "keyDetails": "PKIX_ECDSA_P256_SHA_256"}
    v2 = {"digest": _text(bytes.fromhex(digest)), "signature": {"content": signature, "verifier": verifier}}
    signed = _text(_P256.sign(dsse.encoded("text/plain", b"payload")))
    envelope = {"payload": _text(b"payload"), "payloadType": "text/plain", "signatures": [{"sig": signed}]}
    proposed = {"proposedContent": {"envelope": json.dumps(envelope), "verifiers": [_text(key)]}}
    twice = {"publicKey": _text(key), "sig": _text(signed.encode())}
    held = {"payload": _text(_text(b"payload").encode()), "payloadType": "text/plain", "signatures": [twice]}
    intoto = {"apiVersion": "0.0.2", "kind": "intoto", "spec": {"content": {"envelope": held}}}
    proof = "".join(f"{_text(item)}\n" for item in _log().consistency(_SIZE - 40, _SIZE))
    asked = f"old {_SIZE - 40}\n{proof}\n".encode() + _log().head.checkpoint
    return [
        b"\0" + json.dumps(v1).encode(),
        b"\0" + json.dumps({"apiVersion": "0.0.1", "kind": "dsse", "spec": proposed}).encode(),
        b"\0" + json.dumps(intoto).encode(),
        b"\1" + json.dumps({"hashedRekordRequestV002": v2}).encode(),
        b"\1" + json.dumps({"dsseRequestV002": {"envelope": envelope, "verifiers": [verifier]}}).encode(),
        b"\2" + asked,
        b"\2old 0\n\n" + _log().head.checkpoint,
        *(b"\3" + path for path in (b"tile/0/000", b"tile/entries/001.p/44", b"tile/1/000.p/1", b"tile/0/x001/234")),
        b"\4" + json.dumps({"hash": f"sha256:{digest}", "email": "a@b", "operator": "and"}).encode(),
        b"\4" + json.dumps({"publicKey": {"format": "x509", "content": _text(key)}}).encode(),
        b"\5" + json.dumps({"logIndexes": [1, 299], "entries": [v1], "entryUUIDs": ["ab" * 32]}).encode(),
    ]


SEEDS = _seeds()
