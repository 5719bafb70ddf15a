"""Key services that are spoken to in JSON over HTTP: one way to ask, and what their refusals mean."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from assay.adapters.registry.transport import Policy, Transport
from assay.errors import ExternalError, Malformed

_MAX_ANSWER = 1 << 20
_POLICY = Policy(timeout=20, attempts=3, patience=15)
_CODE = re.compile(r"[A-Za-z_]{1,40}")

_MEANINGS = {
    401: ("the credentials are not taken", "sign in again, or name other credentials"),
    403: ("this account may not use the key", "give it the right to view and to sign"),
    404: ("there is no such key", "check the address of the key"),
    429: ("too many requests", "wait a while, or raise the quota"),
}
_OTHER = ("it does not do it", "check key and address, then try again")


class KeyService:
    """A service at `base` (without a slash at the end), asked with what `headers` gives for each request."""

    def __init__(self, name: str, base: str, headers: Callable[[], Mapping[str, str]]) -> None:
        self._name, self._base, self._headers = name, base.rstrip("/"), headers
        self._transport = Transport(_POLICY)
        self._transport.require(self._base)  # or the token would be read on the way

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        """The answer; raises `ExternalError` for a refusal, by its status. No message holds a secret."""
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": "application/json", "Accept": "application/json", **self._headers()}
        response = self._transport.request(method, f"{self._base}/{path}", headers, data, follow=False)
        answer = response.read(_MAX_ANSWER)
        try:
            found = json.loads(answer)
        except (ValueError, RecursionError):
            found = None
        if response.status != 200:
            raise self._refusal(response.status, found)
        if not isinstance(found, dict):
            raise Malformed(f"the answer of {self._name} is not of the documented form", "is that the right address?")
        return found

    def _refusal(self, status: int, found: object) -> ExternalError:
        what, remedy = _MEANINGS.get(status, _OTHER)
        return ExternalError(f"{self._name}: HTTP {status}{_code(found)}: {what}", remedy)


def _code(found: object) -> str:
    """The word by which a service names its refusal; its sentences may name accounts."""
    error = found.get("error") if isinstance(found, dict) else None
    word = (error.get("status") or error.get("code")) if isinstance(error, dict) else None
    return f" {word}" if isinstance(word, str) and _CODE.fullmatch(word) else ""
