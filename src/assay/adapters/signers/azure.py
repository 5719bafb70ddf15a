"""Keys in Azure Key Vault and Managed HSM, by cosign's addresses: ``azurekms://VAULT/KEY[/VERSION]``.

VAULT is a name (``team`` is ``team.vault.azure.net``) or a whole host. Without a version the newest signs. Only the
digest of what is signed goes there. Credentials are found as Azure's own tools find them (`DefaultAzureCredential`);
``ASSAY_AZURE_KEYVAULT_URL`` names another endpoint. Wire form: Key Vault REST API 7.4, "Get Key" and "Sign".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import os
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from assay.adapters.signers.rest import KeyService
from assay.errors import ExternalError, Malformed, UsageError
from assay.model.signature import Scheme
from assay.trust import keys, signing

_ENDPOINT = "ASSAY_AZURE_KEYVAULT_URL"
_VERSION = "api-version=7.4"
_ADDRESS = re.compile(
    r"(?P<vault>[A-Za-z0-9-]{1,127}(?:\.[A-Za-z0-9-]{1,63}){0,8})/(?P<key>[A-Za-z0-9-]{1,127})"
    r"(?:/(?P<version>[A-Za-z0-9]{1,64}))?"
)
_CURVES = {"P-256": "SECP256R1", "P-384": "SECP384R1", "P-521": "SECP521R1"}
_ALGORITHMS = {
    Scheme.ECDSA_P256: "ES256",
    Scheme.ECDSA_P384: "ES384",
    Scheme.ECDSA_P521: "ES512",
    Scheme.RSA_2048: "RS256",
    Scheme.RSA_3072: "RS256",
    Scheme.RSA_4096: "RS256",
}


class AzureKey:
    """A key that signs inside Azure Key Vault."""

    def __init__(self, rest: str) -> None:
        """`rest` is the address without ``azurekms://``; the public key is asked for at once."""
        address = read_address(rest)
        self._service = service(address["vault"])
        path = f"keys/{address['key']}" + (f"/{address['version']}" if address["version"] else "")
        held = self._service.ask("GET", f"{path}?{_VERSION}").get("key")
        if not isinstance(held, dict):
            raise Malformed("the answer of Azure Key Vault is not of the documented form")
        self._path = f"keys/{address['key']}/{_version(held, address)}"
        self.public_key: bytes = _public_key(held)
        self.scheme = signing.scheme_of(self.public_key)
        if self.scheme not in _ALGORITHMS:
            raise Malformed(f"keys of the kind {self.scheme.value} in Azure are not signed with")

    def sign(self, message: bytes) -> bytes:
        """A signature over `message`, by the version whose public key is known."""
        digest = hashlib.new(self.scheme.hash, message).digest()
        body = {"alg": _ALGORITHMS[self.scheme], "value": base64.urlsafe_b64encode(digest).rstrip(b"=").decode()}
        answer = self._service.ask("POST", f"{self._path}/sign?{_VERSION}", body)
        if not str(answer.get("kid")).endswith(f"/{self._path}"):
            raise Malformed("Azure Key Vault answers for another key")
        signature = decoded(answer.get("value"))
        return signing.ecdsa_der(signature, self.scheme) if body["alg"].startswith("ES") else signature


def decrypt(rest: str, ciphertext: bytes) -> bytes:
    """What an RSA key has encrypted with OAEP and SHA-256 ("Decrypt"); `rest` is its address, with the version."""
    address = read_address(rest)
    if not address["version"]:
        raise UsageError("the address of the key in Azure names no version", "write azurekms://VAULT/KEY/VERSION")
    body = {"alg": "RSA-OAEP-256", "value": base64.urlsafe_b64encode(ciphertext).rstrip(b"=").decode()}
    path = f"keys/{address['key']}/{address['version']}/decrypt?{_VERSION}"
    return decoded(service(address["vault"]).ask("POST", path, body).get("value"))


def read_address(rest: str) -> re.Match[str]:
    """An address without ``azurekms://``: its `vault`, `key` and `version`; raises `UsageError`."""
    found = _ADDRESS.fullmatch(rest.rstrip("/"))
    if found is None:
        raise UsageError("the address of the key in Azure is incomplete", "write azurekms://VAULT/KEY or .../VERSION")
    return found


def _version(held: Mapping[str, Any], address: re.Match[str]) -> str:
    """The version that answered; only that part of the key's id is believed, and never its host."""
    found = re.search(r"/keys/([A-Za-z0-9-]{1,127})/([A-Za-z0-9]{1,64})\Z", str(held.get("kid")))
    wanted = address["key"].lower(), address["version"]
    if found is None or found[1].lower() != wanted[0] or wanted[1] not in (None, found[2]):
        raise Malformed("Azure Key Vault answers for another key")
    return found[2]


def _public_key(held: Mapping[str, Any]) -> bytes:
    """A JSON Web Key as SubjectPublicKeyInfo; raises `Malformed`."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    kind, curve = str(held.get("kty")).removesuffix("-HSM"), _CURVES.get(str(held.get("crv")))
    try:
        if kind == "EC" and curve is not None:
            x, y = (_number(held.get(name)) for name in "xy")
            return keys.spki(ec.EllipticCurvePublicNumbers(x, y, getattr(ec, curve)()).public_key())
        if kind == "RSA":
            return keys.spki(rsa.RSAPublicNumbers(_number(held.get("e")), _number(held.get("n"))).public_key())
    except ValueError as error:
        raise Malformed("Azure Key Vault gives a public key that is none") from error
    raise Malformed(f"keys of the kind {kind[:20]} {str(held.get('crv'))[:20]} in Azure are not signed with")


def _number(value: object) -> int:
    return int.from_bytes(decoded(value), "big")


def decoded(value: object) -> bytes:
    """Base64url without padding, as Azure writes it; raises `Malformed`."""
    text = str(value)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("the answer of Azure Key Vault is not of the documented form") from error


def service(vault: str) -> KeyService:
    """The vault of that name or host, with the credentials of this environment."""
    host = vault if "." in vault else f"{vault}.vault.azure.net"
    return KeyService("Azure Key Vault", os.environ.get(_ENDPOINT) or f"https://{host}", _headers(host))


def _headers(host: str) -> Callable[[], Mapping[str, str]]:
    try:
        from azure.core.exceptions import AzureError
        from azure.identity import DefaultAzureCredential
    except ImportError as error:
        raise UsageError("keys in Azure need the extra `azure`", "pip install 'assay[azure]'") from error
    logging.getLogger("azure").setLevel(logging.CRITICAL)  # what it says is told below
    credential = DefaultAzureCredential(process_timeout=15)
    scope = f"https://{host.partition('.')[2]}/.default"
    held: list[Any] = []

    def headers() -> Mapping[str, str]:
        if not held or held[0].expires_on < time.time() + 60:
            try:
                held[:] = [credential.get_token(scope)]
            except (AzureError, LookupError, TypeError, AttributeError, ValueError, OSError, RecursionError) as error:
                what = f"there are no credentials for Azure: {type(error).__name__}"
                raise ExternalError(what, "az login, or AZURE_TENANT_ID, AZURE_CLIENT_ID and a secret") from None
        return {"Authorization": f"Bearer {held[0].token}"}

    return headers
