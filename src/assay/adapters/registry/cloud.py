"""Registries of clouds, opened by the identity of the workload or machine that assay runs on; no program is run.

* Amazon (``ACCOUNT.dkr.ecr.REGION.amazonaws.com``): ``ecr:GetAuthorizationToken``, with what boto3 finds (IRSA, pod
  identity, instance profile).
* Azure (``NAME.azurecr.io``): Entra workload identity (``AZURE_FEDERATED_TOKEN_FILE``), else the instance metadata
  service; its token is exchanged at the registry (``/oauth2/exchange``) for a refresh token.
* Google (``gcr.io``, ``LOCATION-docker.pkg.dev``): the metadata server, which also speaks for Workload Identity.

Tokens are kept until a minute before they end.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from urllib.parse import quote, urlencode, urlsplit

from assay.adapters.registry.credentials import Credentials
from assay.adapters.registry.transport import Policy, Transport, is_loopback
from assay.errors import ExternalError, Malformed, UsageError
from assay.formats import json
from assay.formats.json import Object

NAMES = ("amazon", "azure", "google")
_MAX_ANSWER = 1 << 20
_SPARE = 60.0
_SHORTEST, _LONGEST = 60.0, 12 * 3600.0
_AMAZON = re.compile(r"[0-9]{12}\.dkr\.ecr(-fips)?\.([a-z0-9-]{4,40})\.amazonaws\.com(\.cn)?")
_AZURE = re.compile(r"[a-z0-9-]{5,63}\.azurecr\.(io|cn|us)")
_GOOGLE = re.compile(r"([a-z]{2,6}\.)?gcr\.io|[a-z0-9-]{2,40}-docker\.pkg\.dev")
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_RESOURCE = "https://management.azure.com/"
_NOBODY = "00000000-0000-0000-0000-000000000000"
Token = tuple[Credentials, float]
"""Credentials, and the seconds for which they are good."""


class Clouds:
    """Credentials for the registries of the clouds that are named; of others nothing is known."""

    def __init__(self, names: Sequence[str] = (), environment: Mapping[str, str] = os.environ) -> None:
        """Raises `UsageError` for a cloud that is not known."""
        wrong = [name for name in names if name not in (*NAMES, "default")]
        if wrong:
            raise UsageError(f"there is no cloud {wrong[0][:40]!r}", f"registry.credentials: {', '.join(NAMES)}")
        self._names, self._environment = frozenset(names), environment
        self._kept: dict[str, tuple[float, Credentials]] = {}
        self._lock = Lock()

    def find(self, host: str) -> Credentials | None:
        """The credentials for a registry; None for one that is of none of the clouds. Raises `ExternalError`."""
        ask = self._asking(host)
        if ask is None:
            return None
        with self._lock:
            kept = self._kept.get(host)
            if kept is not None and kept[0] > time.monotonic():
                return kept[1]
            found, seconds = ask()
            self._kept[host] = (time.monotonic() + min(max(seconds - _SPARE, 0), _LONGEST), found)
            return found

    def _asking(self, host: str) -> Callable[[], Token] | None:
        name = host.partition(":")[0]
        if "amazon" in self._names and (found := _AMAZON.fullmatch(name)) is not None:
            return lambda: _amazon(found[2])
        if "azure" in self._names and (_AZURE.fullmatch(name) or host == self._environment.get("ASSAY_AZURE_REGISTRY")):
            return lambda: self._azure(host)
        if "google" in self._names and _GOOGLE.fullmatch(name):
            return self._google
        return None

    def _google(self) -> Token:
        """``GET /computeMetadata/v1/instance/service-accounts/default/token``."""
        host = self._environment.get("GCE_METADATA_HOST", "metadata.google.internal")
        url = f"http://{host}/computeMetadata/v1/instance/service-accounts/default/token"
        found = _ask("GET", url, {"Metadata-Flavor": "Google"})
        return Credentials("oauth2accesstoken", _text(found, "access_token", host)), _seconds(found)

    def _azure(self, registry: str) -> Token:
        token = self._federated() if self._environment.get("AZURE_FEDERATED_TOKEN_FILE") else self._managed()
        form = {"grant_type": "access_token", "service": registry, "access_token": token}
        if tenant := self._environment.get("AZURE_TENANT_ID"):
            form["tenant"] = tenant
        scheme = "http" if is_loopback(registry.partition(":")[0]) else "https"
        found = _ask("POST", f"{scheme}://{registry}/oauth2/exchange", _FORM, urlencode(form).encode())
        # A refresh token of a registry is good for three hours.
        return Credentials(_NOBODY, identity=_text(found, "refresh_token", registry)), 3 * 3600.0

    def _federated(self) -> str:
        """Client credentials with a federated assertion (OAuth 2.0, RFC 7523)."""
        environment = self._environment
        file = Path(environment["AZURE_FEDERATED_TOKEN_FILE"])
        try:
            assertion = file.read_text("ascii")[:16384].strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ExternalError(f"{file} cannot be read", "mend AZURE_FEDERATED_TOKEN_FILE") from error
        authority = environment.get("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com/").rstrip("/")
        form = {
            "client_id": environment.get("AZURE_CLIENT_ID", ""),
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
            "scope": f"{_RESOURCE}.default",
        }
        url = f"{authority}/{quote(environment.get('AZURE_TENANT_ID', ''), safe='')}/oauth2/v2.0/token"
        return _text(_ask("POST", url, _FORM, urlencode(form).encode()), "access_token", authority)

    def _managed(self) -> str:
        """The instance metadata service."""
        base = self._environment.get("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://169.254.169.254").rstrip("/")
        asked = {"api-version": "2018-02-01", "resource": _RESOURCE}
        if client := self._environment.get("AZURE_CLIENT_ID"):
            asked["client_id"] = client
        found = _ask("GET", f"{base}/metadata/identity/oauth2/token?{urlencode(asked)}", {"Metadata": "true"})
        return _text(found, "access_token", base)


def _amazon(region: str) -> Token:
    """``GetAuthorizationToken`` of Amazon ECR's API, which is good for twelve hours."""
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as error:
        raise UsageError("registries of Amazon need the extra `aws`", "pip install 'assay[aws]'") from error
    limits = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2})
    try:
        answer = boto3.client("ecr", region_name=region, config=limits).get_authorization_token()
        packed = str(answer["authorizationData"][0]["authorizationToken"])
        user, colon, password = base64.b64decode(packed, validate=True).decode().partition(":")
        seconds = answer["authorizationData"][0]["expiresAt"].timestamp() - time.time()
    except (BotoCoreError, ClientError) as error:
        said = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        raise ExternalError(f"Amazon ECR gives no token: {said}", "check the role and its rights") from None
    except (LookupError, TypeError, AttributeError, ValueError, binascii.Error) as error:
        raise Malformed("Amazon ECR's answer is not of the documented form") from error
    if not colon:
        raise Malformed("Amazon ECR's answer is not of the documented form")
    return Credentials(user, password), seconds


def _ask(method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Object:
    """A JSON answer; no message holds a secret."""
    parts = urlsplit(url)
    plain = frozenset({parts.netloc, parts.hostname or ""}) if parts.scheme == "http" else frozenset[str]()
    transport = Transport(Policy(plain, timeout=3, attempts=3, patience=5))
    transport.require(url)
    response = transport.request(method, url, headers, body, follow=False)
    data = response.read(_MAX_ANSWER)
    if response.status != 200:
        raise ExternalError(f"{parts.netloc} answered {response.status}, and gave no token", "check the identity")
    return json.load_object(data)


def _text(found: Object, key: str, where: str) -> str:
    text = found.get(key)
    if not isinstance(text, str) or not text or not text.isascii() or not text.isprintable():
        raise Malformed(f"{where} gave no {key}")
    return text


def _seconds(found: Object) -> float:
    try:
        return float(str(found.get("expires_in")))
    except ValueError:
        return _SHORTEST
