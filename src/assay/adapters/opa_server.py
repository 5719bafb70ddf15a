"""An OPA server by its REST interface: policies and data in, answers out (openpolicyagent.org, REST API)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from assay.adapters.registry.transport import Policy, Transport, host_of
from assay.errors import ExternalError, InputError, Malformed
from assay.formats import json as json_format
from assay.formats import json_bytes
from assay.formats.json import Json

MAX_ANSWER = 64 << 20


class OpaServer:
    """One server; used by many threads. `token` goes with every request where there is one."""

    def __init__(self, url: str, token: str = "", timeout: float = 5.0) -> None:
        """Raises `InputError` for an address that is none, or that is not TLS and not this machine."""
        self._url, self._timeout = url.rstrip("/"), timeout
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._transport = Transport(Policy(timeout=timeout, attempts=2, patience=timeout))
        self._transport.require(self._url)

    def put_policy(self, name: str, text: str) -> None:
        """Store a module; raises `Malformed` for one that the server does not compile, `ExternalError`."""
        status, found = self._send("PUT", f"/v1/policies/{quote(name, safe='')}", text.encode(), "text/plain")
        if status == 400:
            raise Malformed(_reason(found), "mend the module at that place")
        self._check(status, found)

    def put_data(self, path: tuple[str, ...], value: Json) -> None:
        """Store a document at `path`; raises `ExternalError`."""
        self._check(*self._send("PUT", _data(path), json_bytes.encode(value), "application/json"))

    def ask(self, path: tuple[str, ...], given: Json) -> Json:
        """The document at `path` for the input `given`, None where it is undefined.

        Raises `Malformed` for an evaluation without an answer, `ExternalError` for a server that does not give one.
        """
        body = json_bytes.encode({"input": given})
        status, found = self._send("POST", _data(path), body, "application/json")
        if status in (400, 500):
            raise Malformed(_reason(found))
        self._check(status, found)
        return found.get("result") if isinstance(found, dict) else None

    def _send(self, method: str, path: str, body: bytes, kind: str) -> tuple[int, Any]:
        headers = {**self._headers, "Content-Type": kind}
        answer = self._transport.request(method, self._url + path, headers, body, follow=False)
        try:
            data = answer.read(MAX_ANSWER)
        finally:
            answer.close()
        try:
            return answer.status, json_format.load(data) if data.strip() else None
        except InputError as error:
            raise ExternalError(f"{host_of(self._url)} gives no JSON", "is it an OPA server?") from error

    def _check(self, status: int, found: Any) -> None:
        if not 200 <= status < 300:
            raise ExternalError(f"{host_of(self._url)} answered {status}: {_reason(found)}", "look at the OPA server")


def _data(path: tuple[str, ...]) -> str:
    return "/v1/data/" + "/".join(quote(part, safe="") for part in path)


def _reason(found: Any) -> str:
    """What an error of the server says: ``{"message", "errors": [{"message", "location": {"row"}}]}``."""
    if not isinstance(found, dict):
        return "no reason given"
    first = next((item for item in found.get("errors") or () if isinstance(item, dict)), {})
    row = (first.get("location") or {}).get("row")
    said = str(first.get("message") or found.get("message") or "no reason given")[:500]
    return f"line {row}: {said}" if row else said
