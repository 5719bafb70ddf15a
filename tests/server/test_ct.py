"""The CT log of an instance: what it promised is in it, provably, and its entries read as RFC 6962 has them."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from assay.formats import certificate
from assay.trust import keys, merkle
from simulators.running_instance import RunningInstance, running_instance


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningInstance]:
    with running_instance(tmp_path_factory.mktemp("instance")) as found:
        yield found


def issued(instance: RunningInstance) -> list[x509.Certificate]:
    """A new certificate and its chain."""
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(key, hashes.SHA256())
    body = {"certificateSigningRequest": b64encode(request.public_bytes(Encoding.PEM)).decode()}
    headers = {"authorization": f"Bearer {instance.token()}"}
    answer = requests.post(f"{instance.url}/api/v2/signingCert", json=body, headers=headers, timeout=60)
    chain = answer.json()["signedCertificateEmbeddedSct"]["chain"]["certificates"]
    return [x509.load_pem_x509_certificate(text.encode()) for text in chain]


def get(instance: RunningInstance, path: str) -> Any:
    return requests.get(f"{instance.url}/ct/ct/v1/{path}", timeout=60).json()


def test_promises_are_kept(instance: RunningInstance) -> None:
    chain = [issued(instance) for _ in range(3)][-1]
    head = get(instance, "get-sth")
    size, root = head["tree_size"], b64decode(head["sha256_root_hash"])
    assert size >= 3
    signed = b"\0\1" + head["timestamp"].to_bytes(8, "big") + size.to_bytes(8, "big") + root
    (sct,) = chain[0].extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps).value
    public = b64decode(ct_key(instance))
    assert sct.log_id == hashlib.sha256(public).digest()
    keys.check(keys.load(public), b64decode(head["tree_head_signature"])[4:], keys.Signed(signed))
    moment = milliseconds(sct.timestamp).to_bytes(8, "big")
    found = get(instance, f"get-entries?start=0&end={size}")["entries"]
    assert len(found) == size
    tbs = chain[0].tbs_precertificate_bytes
    issuer = hashlib.sha256(certificate.read(chain[1].public_bytes(Encoding.DER)).public_key).digest()
    wanted = issuer + len(tbs).to_bytes(3, "big") + tbs + b"\0\0"
    (leaf,) = [data for entry in found if (data := b64decode(entry["leaf_input"])).endswith(wanted)]
    assert leaf[:10] == b"\0\0" + moment
    text = quote(b64encode(merkle.leaf(leaf)).decode(), safe="")
    proof = get(instance, f"get-proof-by-hash?hash={text}&tree_size={size}")
    path = [b64decode(item) for item in proof["audit_path"]]
    assert merkle.root_of(proof["leaf_index"], size, merkle.leaf(leaf), path) == root
    both = get(instance, f"get-entry-and-proof?leaf_index={proof['leaf_index']}&tree_size={size}")
    assert (b64decode(both["leaf_input"]), both["audit_path"]) == (leaf, proof["audit_path"])
    precertificate(b64decode(both["extra_data"]), chain)


def milliseconds(moment: datetime) -> int:
    """Of a time in UTC without a zone, as `cryptography` gives it."""
    return round(moment.replace(tzinfo=UTC).timestamp() * 1000)


def ct_key(instance: RunningInstance) -> str:
    root = json.loads((instance.files / "trusted_root.json").read_text())
    return str(root["ctlogs"][0]["publicKey"]["rawBytes"])


def precertificate(extra: bytes, chain: list[x509.Certificate]) -> None:
    """It is the certificate's, poisoned, and signed by the same authority."""
    size = int.from_bytes(extra[:3], "big")
    found = x509.load_der_x509_certificate(extra[3 : 3 + size])
    found.verify_directly_issued_by(chain[1])
    assert found.serial_number == chain[0].serial_number
    assert found.extensions.get_extension_for_class(x509.PrecertPoison).critical
    rest = extra[3 + size + 3 :]
    assert rest == b"".join(len(der := item.public_bytes(Encoding.DER)).to_bytes(3, "big") + der for item in chain[1:])


def test_trees_grow_out_of_each_other_and_nonsense_is_refused(instance: RunningInstance) -> None:
    issued(instance), issued(instance)
    size = get(instance, "get-sth")["tree_size"]
    assert get(instance, f"get-sth-consistency?first={size}&second={size}") == {"consistency": []}
    assert get(instance, f"get-sth-consistency?first=1&second={size}")["consistency"]
    assert len(get(instance, "get-roots")["certificates"]) == 1
    many = f"get-entries?start={size}&end={size}"
    for path in (
        many,
        "get-entries?start=1&end=0",
        "get-proof-by-hash?hash=!&tree_size=1",
        "get-sth-consistency?first=x",
    ):
        answer = requests.get(f"{instance.url}/ct/ct/v1/{path}", timeout=60)
        assert (answer.status_code, list(answer.json())) == (400, ["error_message"]), path
    assert requests.post(f"{instance.url}/ct/ct/v1/add-pre-chain", json={"chain": []}, timeout=60).status_code == 404
    assert requests.post(f"{instance.url}/ct/ct/v1/get-sth", timeout=60).status_code == 405
