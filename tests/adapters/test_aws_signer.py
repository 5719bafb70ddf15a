"""Keys in AWS KMS, against moto's server on loopback."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import boto3
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from moto.server import ThreadedMotoServer

from assay.adapters import signers
from assay.adapters.signers.aws import AwsKey
from assay.errors import ExternalError, UsageError
from assay.ports import Signer

HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}


def check(signer: Signer, signature: bytes, message: bytes) -> None:
    key = load_der_public_key(signer.public_key)
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, message, ec.ECDSA(HASHES[signer.scheme.hash]))
    else:
        assert isinstance(key, rsa.RSAPublicKey)
        key.verify(signature, message, padding.PKCS1v15(), HASHES[signer.scheme.hash])


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL_KMS": f"http://{host}:{port}",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "very-secret",
    }.items():
        monkeypatch.setenv(name, value)
    yield "awskms:///"
    server.stop()


@pytest.mark.parametrize("spec", ["ECC_NIST_P256", "ECC_NIST_P384", "RSA_2048"])
def test_a_key_in_aws_signs(kms: str, spec: str) -> None:
    key = boto3.client("kms").create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    signer = AwsKey("/" + key)
    sent: list[dict[str, object]] = []
    signer._client.meta.events.register("provide-client-params.kms.Sign", lambda params, **_: sent.append(params))
    signature = signer.sign(b"program")
    digest = hashlib.new(signer.scheme.hash, b"program").digest()
    assert (sent[0]["Message"], sent[0]["MessageType"]) == (digest, "DIGEST")
    check(signer, signature, digest)  # moto has no DIGEST and hashes what it gets once more; AWS signs it as it is
    with pytest.raises(InvalidSignature):
        check(signer, signature, b"another")


def test_a_key_that_is_not_there_is_told_without_secrets(kms: str) -> None:
    with pytest.raises(ExternalError, match="NotFoundException") as told:
        signers.open_signer(kms + "alias/none", lambda: b"")
    assert "very-secret" not in str(told.value)


def test_an_address_without_a_key() -> None:
    with pytest.raises(UsageError):
        signers.open_signer("awskms:///", lambda: b"")
