"""External data: the providers that Rego's ``external_data`` and mutators ask (externaldata.gatekeeper.sh).

Request ``{"apiVersion": "externaldata.gatekeeper.sh/v1beta1", "kind": "ProviderRequest", "request": {"keys": [...]}}``;
answer ``{"response": {"idempotent": true, "items": [{"key", "value", "error"}], "systemError": ""}}``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from assay.engines.policy.cel.fields import mapping, only, text, wrong
from assay.engines.policy.world import World
from assay.errors import AssayError, ExternalError, Malformed
from assay.formats import json_bytes
from assay.model.policy import Object

GROUP = "externaldata.gatekeeper.sh"
API_VERSION = f"{GROUP}/v1beta1"
MAX_KEYS = 1000
_HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Provider:
    """Where to ask, and by whom the answer must be."""

    name: str
    url: str
    timeout: int
    ca: str = field(repr=False)
    """The certificates in PEM."""


def load(item: Object, place: str) -> Provider:
    """A Provider (v1beta1, v1alpha1); raises `Malformed`."""
    only(item, ("apiVersion", "kind", "metadata", "spec", "status"), place)
    spec, place = mapping(item, "spec", place), f"{place}: spec"
    only(spec, ("url", "timeout", "caBundle", "proxyURL"), place)
    url = text(spec, "url", place)
    if not url.startswith("https://"):
        wrong(f"{place}.url", f"{url!r:.80} does not begin with https://")
    timeout = spec.get("timeout", 1)
    if not isinstance(timeout, int) or not 0 < timeout <= 60:
        wrong(f"{place}.timeout", "must be 1 to 60 seconds")
    try:
        authorities = base64.b64decode(text(spec, "caBundle", place), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        wrong(f"{place}.caBundle", "not base64 of PEM")
    return Provider(text(mapping(item, "metadata", place), "name", place), url, timeout, authorities)


def ask(provider: Provider, keys: Sequence[str], world: World) -> Object:
    """The content of ``response``; raises `ExternalError` for what is no answer."""
    if world.http is None:
        raise ExternalError(f"provider {provider.name} cannot be asked: nothing here may call other services")
    if len(keys) > MAX_KEYS:
        raise Malformed(f"{len(keys)} keys for provider {provider.name} (at most {MAX_KEYS})")
    body: Object = {"apiVersion": API_VERSION, "kind": "ProviderRequest", "request": {"keys": list(keys)}}
    answer = world.http.call("POST", provider.url, json_bytes.encode(body), _HEADERS, provider.ca)
    response = answer.get("response") if isinstance(answer, dict) else None
    if not isinstance(response, dict) or not isinstance(response.get("items", []), list):
        raise ExternalError(f"provider {provider.name} gives no ProviderResponse")
    return response


@dataclass(frozen=True, slots=True)
class WorldCalls:
    """The calls of Rego, answered by the world."""

    world: World
    providers: Mapping[str, Provider]

    def now(self) -> datetime:
        """See `source.Calls`."""
        return self.world.now()

    def http_send(self, request: Mapping[str, Any]) -> Any:
        """``http.send``: status and body of the answer, or with ``raise_error: false`` why there is none."""
        method, url = str(request.get("method", "GET")).upper(), str(request.get("url", ""))
        headers = {str(key): str(value) for key, value in (request.get("headers") or {}).items()}
        body = json_bytes.encode(request["body"]) if "body" in request else None
        try:
            if self.world.http is None:
                raise ExternalError("http.send: nothing here may call other services")
            found: Any = self.world.http.call(method, url, body, headers, str(request.get("tls_ca_cert", "")))
        except AssayError as error:
            if request.get("raise_error") is False:
                return {"status_code": 0, "error": {"code": "eval_http_send_network_error", "message": error.what}}
            raise
        return {"status": "200 OK", "status_code": 200, "body": found, "raw_body": json_bytes.encode(found).decode()}

    def external_data(self, request: Mapping[str, Any]) -> Any:
        """``external_data({"provider", "keys"})``; what fails is said in ``system_error``, as Gatekeeper does."""
        provider = self.providers.get(str(request.get("provider")))
        keys = [str(key) for key in request.get("keys") or ()]
        try:
            if provider is None:
                raise Malformed(f"there is no provider {request.get('provider')!r:.80}")
            response = ask(provider, keys, self.world)
        except AssayError as error:
            return {"responses": [], "errors": [], "status_code": 500, "system_error": error.what}
        items = [item for item in response.get("items") or () if isinstance(item, dict)]
        return {
            "responses": [[item.get("key"), item.get("value")] for item in items if not item.get("error")],
            "errors": [[item.get("key"), item["error"]] for item in items if item.get("error")],
            "status_code": 200,
            "system_error": str(response.get("systemError") or ""),
        }
