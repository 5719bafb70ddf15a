"""Keys in AWS KMS, by cosign's addresses: ``awskms://[ENDPOINT]/KEY``, KEY an id, ``alias/NAME`` or an ARN.

Only the digest of what is signed goes there. Credentials and region are found as boto3 finds them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from assay.errors import ExternalError, Malformed, UsageError
from assay.model.signature import Scheme
from assay.trust import signing

_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 10, 30, 3
_ALGORITHMS = {
    Scheme.ECDSA_P256: "ECDSA_SHA_256",
    Scheme.ECDSA_P384: "ECDSA_SHA_384",
    Scheme.ECDSA_P521: "ECDSA_SHA_512",
    Scheme.RSA_2048: "RSASSA_PKCS1_V1_5_SHA_256",
    Scheme.RSA_3072: "RSASSA_PKCS1_V1_5_SHA_256",
    Scheme.RSA_4096: "RSASSA_PKCS1_V1_5_SHA_256",
}


class AwsKey:
    """A key that signs inside AWS KMS."""

    def __init__(self, rest: str) -> None:
        """`rest` is the address without ``awskms://``; the public key is asked for at once."""
        endpoint, _, self._id = rest.partition("/")
        if not self._id:
            raise UsageError("the address of the AWS key names no key", "write awskms:///alias/NAME, or an id or ARN")
        with _told():
            self._client = _client(endpoint, self._id)
            self.public_key: bytes = self._client.get_public_key(KeyId=self._id)["PublicKey"]
        self.scheme = signing.scheme_of(self.public_key)
        if self.scheme not in _ALGORITHMS:
            raise Malformed(f"AWS keys of the kind {self.scheme.value} are not signed with")

    def sign(self, message: bytes) -> bytes:
        """A signature over `message`."""
        digest = hashlib.new(self.scheme.hash, message).digest()
        with _told():
            answer = self._client.sign(
                KeyId=self._id, Message=digest, MessageType="DIGEST", SigningAlgorithm=_ALGORITHMS[self.scheme]
            )
        found: bytes = answer["Signature"]
        return found


def decrypt(rest: str, ciphertext: bytes) -> bytes:
    """What a key in AWS KMS has encrypted (``Decrypt``); `rest` is its address without ``awskms://``."""
    endpoint, _, key = rest.partition("/")
    with _told():
        answer = _client(endpoint, key).decrypt(KeyId=key, CiphertextBlob=ciphertext)
    found: bytes = answer["Plaintext"]
    return found


def _client(endpoint: str, key: str) -> Any:
    import boto3
    from botocore.config import Config

    parts = key.split(":")
    region = parts[3] if parts[0] == "arn" and len(parts) > 3 else None
    limits = Config(
        connect_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS, retries={"total_max_attempts": _ATTEMPTS}
    )
    url = f"https://{endpoint}" if endpoint else None
    return boto3.client("kms", region_name=region, endpoint_url=url, config=limits)


@contextmanager
def _told() -> Iterator[None]:
    """What AWS says, by its code alone: its sentences name accounts and credentials."""
    try:
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as error:
        raise UsageError("keys in AWS need the extra `aws`", "pip install 'assay[aws]'") from error

    try:
        yield
    except (BotoCoreError, ClientError, ValueError) as error:
        said = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        raise ExternalError(f"AWS KMS does not do it: {said}", "check key, region, credentials and rights") from None
