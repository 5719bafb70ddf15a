"""The keys of trusted issuers (OpenID Connect Discovery 1.0), kept for a while and fetched anew for an unknown key id.

Only hosts of configured issuers are asked: redirects are not followed, and ``jwks_uri`` must be of the issuer's host
or at least be https.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from assay.adapters.registry.transport import Policy, Transport
from assay.errors import ExternalError, InputError, Refused
from assay.formats import strict_json

_FRESH, _PAUSE, _MAX = 3600.0, 10.0, 1 << 20
_TRANSPORT = Transport(Policy(timeout=10.0, patience=5.0))
BAD = "There was an error processing the identity token"


class IssuerKeys:
    """`own` are key sets of issuers in this very process, by their URL."""

    def __init__(self, own: Mapping[str, Mapping[str, Any]], steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, dict[str, Any]]] = {}
        self._own = {url: _parsed(keys) for url, keys in own.items()}

    def key(self, issuer: str, name: str) -> Any:
        """The `jwt.PyJWK`; raises `Refused` where the issuer has no such key, `ExternalError` where it is away."""
        keys = self._own.get(issuer)
        if keys is None:
            keys = self._fetched(issuer, name)
        found = keys.get(name) or (next(iter(keys.values())) if len(keys) == 1 and not name else None)
        if found is None:
            raise Refused(BAD, "its key is not one of its issuer's")
        return found

    def _fetched(self, issuer: str, name: str) -> dict[str, Any]:
        with self._lock:
            at, keys = self._known.get(issuer, (-_FRESH, {}))
            age = self._steady() - at
            if age > _FRESH or (name not in keys and age > _PAUSE):
                keys = _parsed(_get(_jwks_uri(issuer)))
                self._known[issuer] = (self._steady(), keys)
        return keys


def _jwks_uri(issuer: str) -> str:
    found = _get(issuer.rstrip("/") + "/.well-known/openid-configuration")
    url = found.get("jwks_uri")
    if found.get("issuer", "").rstrip("/") != issuer.rstrip("/") or not isinstance(url, str):
        raise ExternalError(f"the issuer {issuer} describes itself as another one")
    here, there = urlsplit(issuer), urlsplit(url)
    if there.netloc != here.netloc and there.scheme != "https":
        raise ExternalError(f"the issuer {issuer} has its keys elsewhere, without https")
    return url


def _get(url: str) -> dict[str, Any]:
    _TRANSPORT.require(url)
    answer = _TRANSPORT.request("GET", url, {"Accept": "application/json"}, follow=False)
    try:
        if answer.status != 200:
            raise ExternalError(f"{url} answers {answer.status}", "see whether the issuer is up")
        return dict(strict_json.load(answer.read(_MAX), url))
    except InputError as error:
        raise ExternalError(error.what, "see whether the issuer is up") from error
    finally:
        answer.close()


def _parsed(keys: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a set that are for signatures, by their ids; those that are not understood are left out."""
    import jwt

    found: dict[str, Any] = {}
    items = keys.get("keys")
    for item in items if isinstance(items, list) else []:
        try:
            key = jwt.PyJWK(item)
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
            continue
        if item.get("use", "sig") == "sig" and key.key_type != "oct":
            found[str(item.get("kid", ""))] = key
    return found
