"""Keys in HashiCorp Vault's transit engine, by cosign's addresses: ``hashivault://KEY``.

Only the digest of what is signed goes there. ``VAULT_ADDR`` and ``VAULT_TOKEN`` say where and as whom,
``TRANSIT_SECRET_ENGINE_PATH`` where the engine is mounted. Wire form: Vault's HTTP API, "Transit secrets engine".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from typing import Any
from urllib.parse import quote

from assay.adapters.registry.transport import Policy, Transport
from assay.errors import ExternalError, Malformed, UsageError
from assay.formats import pem
from assay.model.signature import Scheme
from assay.trust import signing

_MAX_ANSWER = 1 << 20
_HASHES = {"sha256": "sha2-256", "sha384": "sha2-384", "sha512": "sha2-512"}


class VaultKey:
    """A key that signs inside Vault."""

    def __init__(self, name: str) -> None:
        """`name` is the address without ``hashivault://``; the newest version's public key is asked for at once."""
        self._name, self._engine = quote(name, safe=""), _Engine(name)
        data = self._engine.ask("GET", f"keys/{self._name}")
        try:
            self._version = int(data["latest_version"])
            text = data["keys"][str(self._version)]["public_key"]
            self.public_key: bytes = pem.blocks(text.encode())[0][1]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Malformed("Vault names no public key of that kind") from error
        self.scheme = signing.scheme_of(self.public_key)
        if self.scheme.hash not in _HASHES or self.scheme is Scheme.ED25519:
            raise Malformed(f"keys of the kind {self.scheme.value} in Vault are not signed with")

    def sign(self, message: bytes) -> bytes:
        """A signature over `message`, by the version whose public key is known."""
        digest = hashlib.new(self.scheme.hash, message).digest()
        wanted = {"input": base64.b64encode(digest).decode(), "prehashed": True, "key_version": self._version}
        wanted |= {"signature_algorithm": "pkcs1v15", "marshaling_algorithm": "asn1"}
        data = self._engine.ask("POST", f"sign/{self._name}/{_HASHES[self.scheme.hash]}", json.dumps(wanted).encode())
        try:
            return base64.b64decode(data["signature"].split(":")[2], validate=True)
        except (KeyError, IndexError, AttributeError, TypeError, binascii.Error) as error:
            raise Malformed("Vault's answer holds no signature") from error


def decrypt(name: str, ciphertext: bytes) -> bytes:
    """What a key has encrypted (``vault:v1:...``); `name` is its address without ``hashivault://``."""
    body = json.dumps({"ciphertext": ciphertext.decode("ascii", "replace")}).encode()
    data = _Engine(name).ask("POST", f"decrypt/{quote(name, safe='')}", body)
    try:
        return base64.b64decode(data["plaintext"], validate=True)
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed("Vault's answer holds no plain text") from error


class _Engine:
    """The transit engine that the environment names."""

    def __init__(self, name: str) -> None:
        address, self._token = os.environ.get("VAULT_ADDR", ""), os.environ.get("VAULT_TOKEN", "")
        if not (name and address and self._token):
            raise UsageError("the key in Vault is not to be found", "set VAULT_ADDR and VAULT_TOKEN; hashivault://KEY")
        mount = os.environ.get("TRANSIT_SECRET_ENGINE_PATH") or "transit"
        self._base = f"{address.rstrip('/')}/v1/{mount.strip('/')}"
        self._transport = Transport(Policy())

    def ask(self, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        """The ``data`` of an answer."""
        headers = {"X-Vault-Token": self._token, "Content-Type": "application/json"}
        url = f"{self._base}/{path}"
        self._transport.require(url)  # or the token would be read on the way
        response = self._transport.request(method, url, headers, body)
        answer = response.read(_MAX_ANSWER)
        if response.status != 200:
            raise ExternalError(f"Vault does not sign: HTTP {response.status}", "check key, address, token and rights")
        try:
            found = json.loads(answer)["data"]
        except (ValueError, KeyError, TypeError) as error:
            raise Malformed("Vault's answer is not of the documented form") from error
        return found if isinstance(found, dict) else {}
