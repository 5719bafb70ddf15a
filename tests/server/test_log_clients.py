"""The log with Sigstore's own Python client: its Rekor clients write, its verifier reads checkpoints and promises."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from assay.engines.log import checkpoint
from simulators.log_keys import MemorySigner
from simulators.running_log import RunningLog, running_log


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLog]:
    with running_log(tmp_path_factory.mktemp("log")) as found:
        yield found


def certificate() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """A certificate of nobody, for user@org.example."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1)
    )
    names = x509.SubjectAlternativeName([x509.RFC822Name("User@org.example")])
    return key, builder.add_extension(names, critical=True).sign(key, hashes.SHA256())


@pytest.mark.parametrize("version", [1, 2])
def test_sigstore_python_logs_an_artifact_and_accepts_the_proof(log: RunningLog, version: int) -> None:
    from sigstore._internal.merkle import verify_merkle_inclusion
    from sigstore._internal.rekor.checkpoint import SignedCheckpoint
    from sigstore._internal.rekor.client import RekorClient
    from sigstore._internal.rekor.client_v2 import RekorV2Client
    from sigstore.hashes import Hashed
    from sigstore_models.common.v1 import HashAlgorithm

    key, signer = certificate()
    digest = hashlib.sha256(b"artifact %d" % version).digest()
    signature = key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    client = RekorClient(log.url) if version == 1 else RekorV2Client(log.url)
    hashed = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=digest)
    entry = client.create_entry(client._build_hashed_rekord_request(hashed, signature, signer))
    verify_merkle_inclusion(entry)
    inner: Any = entry._inner
    note = SignedCheckpoint.from_text(inner.inclusion_proof.checkpoint.envelope).signed_note
    by: MemorySigner = log.ecdsa if version == 1 else log.ed
    (line,) = [one for one in note.signatures if one.sig_hash == inner.log_id.key_id[:4]]
    assert inner.log_id.key_id == checkpoint.log_id(by, log.origin)
    verify(by, base64.b64decode(line.signature), note.note.encode())
    if version == 1:
        body = base64.b64encode(inner.canonicalized_body).decode()
        promised = {
            "body": body,
            "integratedTime": inner.integrated_time,
            "logID": inner.log_id.key_id.hex(),
            "logIndex": inner.log_index,
        }
        text = json.dumps(promised, sort_keys=True, separators=(",", ":")).encode()
        verify(by, inner.inclusion_promise.signed_entry_timestamp, text)


def verify(by: MemorySigner, signature: bytes, data: bytes) -> None:
    from assay.trust import keys

    keys.check(keys.load(by.public_key), signature, keys.Signed(data))


def test_rekor_v1_finds_what_was_logged(log: RunningLog) -> None:
    key, signer = certificate()
    digest = hashlib.sha256(b"to be found").digest()
    signature = key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    pem = signer.public_bytes(Encoding.PEM)
    public = base64.b64encode(pem).decode()
    spec: Any = {
        "data": {"hash": {"algorithm": "sha256", "value": digest.hex()}},
        "signature": {"content": base64.b64encode(signature).decode(), "publicKey": {"content": public}},
    }
    proposed: Any = {"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": spec}
    api = f"{log.url}/api/v1"
    first = requests.post(f"{api}/log/entries", json=proposed, timeout=60)
    assert first.status_code == 201
    ((uuid, entry),) = first.json().items()
    assert (len(uuid), first.headers["location"]) == (80, f"/api/v1/log/entries/{uuid}")
    again = requests.post(f"{api}/log/entries", json=proposed, timeout=60)
    assert (again.status_code, again.headers["location"]) == (409, first.headers["location"])
    for path in (f"/{uuid}", f"/{uuid[16:]}", f"?logIndex={entry['logIndex']}"):
        url = f"{api}/log/entries{path}"
        found = requests.get(url, timeout=60).json()[uuid]
        assert (found["body"], found["integratedTime"]) == (entry["body"], entry["integratedTime"])
    for path in ("retrieve", "retrieve/"):
        asked = requests.post(f"{api}/log/entries/{path}", json={"entries": [proposed]}, timeout=60)
        assert [*asked.json()[0]] == [uuid]
    key_query = {"format": "x509", "content": public}
    queries = ({"email": "user@ORG.example"}, {"hash": f"sha256:{digest.hex()}"}, {"hash": digest.hex()})
    both = {"email": "user@org.example", "hash": digest.hex(), "operator": "and"}
    for query in (*queries, {"publicKey": key_query}, both):
        assert uuid in requests.post(f"{api}/index/retrieve", json=query, timeout=60).json(), query
    assert requests.post(f"{api}/index/retrieve", json={"email": "no@org.example"}, timeout=60).json() == []
    wrong = {"publicKey": {"format": "x509", "url": "http://169.254.1.1/"}}
    assert requests.post(f"{api}/index/retrieve", json=wrong, timeout=60).status_code == 400
    info = requests.get(f"{api}/log", timeout=60).json()
    assert info["treeSize"] > entry["logIndex"]
    assert info["inactiveShards"] == []
    proof = requests.get(f"{api}/log/proof?firstSize=1&lastSize={info['treeSize']}", timeout=60).json()
    assert proof["rootHash"] == info["rootHash"]
    spki = log.ecdsa.public_key
    text = requests.get(f"{api}/log/publicKey", timeout=60).text
    assert base64.b64decode("".join(text.splitlines()[1:-1])) == spki
    for path in ("log/entries?logIndex=99", f"log/entries/{'0' * 80}", f"log/entries/{'0' * 64}"):
        assert requests.get(f"{api}/{path}", timeout=60).status_code == 404
    wrong_paths = ("log/entries?logIndex=-1", "log/entries?logIndex=x", "log/entries/zz")
    for path in (*wrong_paths, "log/proof?firstSize=9&lastSize=1", "log/proof?firstSize=1&lastSize=99"):
        assert requests.get(f"{api}/{path}", timeout=60).status_code == 400


def test_envelopes_are_logged_as_dsse_and_as_intoto(log: RunningLog) -> None:
    key, _ = certificate()
    payload, kind = b'{"_type": "https://in-toto.io/Statement/v1"}', "application/vnd.in-toto+json"
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    signature = base64.b64encode(key.sign(signed, ec.ECDSA(hashes.SHA256()))).decode()
    text = base64.b64encode(payload).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    pem = base64.b64encode(public).decode()
    envelope = {"payload": text, "payloadType": kind, "signatures": [{"sig": signature}]}
    dsse = {"proposedContent": {"envelope": json.dumps(envelope), "verifiers": [pem]}}
    twice = {"sig": base64.b64encode(signature.encode()).decode(), "publicKey": pem}
    inner: Any = {"payload": base64.b64encode(text.encode()).decode(), "payloadType": kind, "signatures": [twice]}
    for name, version, spec in (("dsse", "0.0.1", dsse), ("intoto", "0.0.2", {"content": {"envelope": inner}})):
        proposed: Any = {"apiVersion": version, "kind": name, "spec": spec}
        answer = requests.post(f"{log.url}/api/v1/log/entries", json=proposed, timeout=60)
        assert answer.status_code == 201, answer.text
        (entry,) = answer.json().values()
        body = json.loads(base64.b64decode(entry["body"]))
        assert (body["kind"], body["apiVersion"]) == (name, version)
    inner["payload"] = base64.b64encode(base64.b64encode(payload + b" ")).decode()
    refused = requests.post(f"{log.url}/api/v1/log/entries", json=proposed, timeout=60)
    assert refused.status_code == 400
