"""Keys in Google Cloud KMS, by cosign's addresses.

::

    gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/1     (or versions/1, or no version)

Without a version the newest that is enabled signs. Only the digest of what is signed goes there, but with Ed25519.
Credentials are found as Google's libraries find them (Application Default Credentials); another endpoint is named as
for gcloud: ``CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS``. Checksums go with every value, as Google's guidelines for
data integrity want. Wire form: Cloud KMS REST API v1, ``cryptoKeyVersions.getPublicKey`` and ``.asymmetricSign``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from assay.adapters.signers.rest import KeyService
from assay.errors import ExternalError, Malformed, UsageError
from assay.formats import pem
from assay.formats.crc32c import crc32c
from assay.model.signature import Scheme
from assay.trust import signing

_ENDPOINT = "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS"
_SCOPE = "https://www.googleapis.com/auth/cloudkms"
_PART = r"[A-Za-z0-9_.:-]{1,100}"
_NAME = re.compile(
    rf"(?P<key>projects/{_PART}/locations/{_PART}/keyRings/{_PART}/cryptoKeys/{_PART})"
    r"(?:/(?:cryptoKeyVersions|versions)/(?P<version>[0-9]{1,9}))?"
)
_ALGORITHMS = {
    "EC_SIGN_P256_SHA256": Scheme.ECDSA_P256,
    "EC_SIGN_P384_SHA384": Scheme.ECDSA_P384,
    "EC_SIGN_ED25519": Scheme.ED25519,
    **{f"RSA_SIGN_PKCS1_{bits}_SHA256": Scheme[f"RSA_{bits}"] for bits in (2048, 3072, 4096)},
    **{f"RSA_SIGN_PSS_{bits}_SHA256": Scheme[f"RSA_PSS_{bits}"] for bits in (2048, 3072, 4096)},
}
_TIMEOUT = 15


class GcpKey:
    """A key that signs inside Google Cloud KMS."""

    def __init__(self, rest: str) -> None:
        """`rest` is the address without ``gcpkms://``; the public key is asked for at once."""
        found = read_name(rest)
        self._service = service()
        version = found["version"] or self._newest(found["key"])
        self._name = f"{found['key']}/cryptoKeyVersions/{version}"
        answer = self._service.ask("GET", f"v1/{self._name}/publicKey")
        self.public_key: bytes = self._read(answer)
        self.scheme = _scheme(answer.get("algorithm"), self.public_key)

    def _newest(self, key: str) -> int:
        asked = "filter=state%3DENABLED&pageSize=1000"
        found = self._service.ask("GET", f"v1/{key}/cryptoKeyVersions?{asked}").get("cryptoKeyVersions")
        names = [str(item.get("name")) for item in found if isinstance(item, dict)] if isinstance(found, list) else []
        matches = [match for name in names if (match := _NAME.fullmatch(name)) and match["key"] == key]
        versions = [int(match["version"]) for match in matches if match["version"]]
        if not versions:
            raise UsageError(
                "that key in Google Cloud has no version that is enabled", "enable one, or name another key"
            )
        return max(versions)

    def _read(self, answer: Mapping[str, Any]) -> bytes:
        text = answer.get("pem")
        if answer.get("name") != self._name or not isinstance(text, str):
            raise Malformed("Google Cloud KMS answers for another key")
        _check(text.encode(), answer.get("pemCrc32c"))
        keys = [content for label, content in pem.blocks(text.encode()) if label == "PUBLIC KEY"]
        if not keys:
            raise Malformed("Google Cloud KMS gives no public key of that kind")
        return keys[0]

    def sign(self, message: bytes) -> bytes:
        """A signature over `message`, by the version whose public key is known."""
        what, data = "data", message
        if self.scheme.hash:
            what, data = "digest", hashlib.new(self.scheme.hash, message).digest()
        text = base64.b64encode(data).decode()
        body = {what: {self.scheme.hash: text} if self.scheme.hash else text, f"{what}Crc32c": str(crc32c(data))}
        answer = self._service.ask("POST", f"v1/{self._name}:asymmetricSign", body)
        if answer.get("name") != self._name:
            raise Malformed("Google Cloud KMS answers for another key")
        if answer.get(f"verified{what.capitalize()}Crc32c") is not True:
            raise ExternalError(
                "Google Cloud KMS did not get what was sent: the checksum is not confirmed", "try again"
            )
        signature = decoded(answer.get("signature"))
        _check(signature, answer.get("signatureCrc32c"))
        return signature


def decrypt(rest: str, ciphertext: bytes) -> bytes:
    """What a symmetric key has encrypted (``cryptoKeys.decrypt``); `rest` is its address without ``gcpkms://``."""
    body = {"ciphertext": base64.b64encode(ciphertext).decode(), "ciphertextCrc32c": str(crc32c(ciphertext))}
    answer = service().ask("POST", f"v1/{read_name(rest)['key']}:decrypt", body)
    found = decoded(answer.get("plaintext", ""))
    _check(found, answer.get("plaintextCrc32c"))
    return found


def read_name(rest: str) -> re.Match[str]:
    """An address without ``gcpkms://``: its `key` and `version`; raises `UsageError`."""
    found = _NAME.fullmatch(rest)
    if found is None:
        remedy = "write gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/1"
        raise UsageError("the address of the key in Google Cloud is incomplete", remedy)
    return found


def _scheme(algorithm: object, public_key: bytes) -> Scheme:
    scheme = _ALGORITHMS.get(str(algorithm))
    if scheme is None:
        raise Malformed(f"keys of the kind {str(algorithm)[:60]} in Google Cloud are not signed with")
    kind = signing.scheme_of(public_key)
    if kind is not scheme and kind.name.replace("RSA_", "RSA_PSS_") != scheme.name:
        raise Malformed(f"Google Cloud KMS gives a key of another kind than {algorithm}")
    return scheme


def decoded(value: object) -> bytes:
    """Base64 of an answer; raises `Malformed`."""
    try:
        return base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("the answer of Google Cloud KMS is not of the documented form") from error


def _check(data: bytes, checksum: object) -> None:
    """Raise `ExternalError` for what was changed on the way; 64-bit numbers are text in Google's JSON."""
    if str(checksum) != str(crc32c(data)):
        raise ExternalError("what Google Cloud KMS sent was changed on the way: the checksum differs", "try again")


def service() -> KeyService:
    """The service, with the credentials of this environment; raises `UsageError` where there are none."""
    try:
        import google.auth
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request
    except ImportError as error:
        raise UsageError("keys in Google Cloud need the extra `gcp`", "pip install 'assay[gcp]'") from error
    logging.getLogger("google.auth").setLevel(logging.ERROR)  # it misses a project, which nobody needs here
    with _told(GoogleAuthError):
        credentials, _ = google.auth.default(scopes=[_SCOPE])
    request, held = Request(), cast("Any", credentials)

    def bounded(*words: Any, **named: Any) -> Any:
        return request(*words, **{**named, "timeout": min(named.get("timeout") or _TIMEOUT, _TIMEOUT)})

    def headers() -> dict[str, str]:
        with _told(GoogleAuthError):
            if not held.valid:
                held.refresh(bounded)
        quota = getattr(held, "quota_project_id", None)
        return {"Authorization": f"Bearer {held.token}", **({"X-Goog-User-Project": quota} if quota else {})}

    domain = getattr(held, "universe_domain", None) or "googleapis.com"
    return KeyService("Google Cloud KMS", os.environ.get(_ENDPOINT) or f"https://cloudkms.{domain}", headers)


@contextmanager
def _told(kind: type[Exception]) -> Iterator[None]:
    """What is wrong with credentials, by its kind alone: the sentences name accounts and files.

    The library lets through whatever an answer of another form makes Python raise.
    """
    try:
        yield
    except (kind, LookupError, TypeError, AttributeError, ValueError, OSError, RecursionError) as error:
        remedy = "gcloud auth application-default login, or GOOGLE_APPLICATION_CREDENTIALS"
        raise UsageError(f"there are no credentials for Google Cloud: {type(error).__name__}", remedy) from None
