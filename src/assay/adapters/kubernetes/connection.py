"""The way to an API server: certificates and tokens, which resource serves a kind, requests and what they answer."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Mapping
from threading import Lock
from urllib.parse import quote

from assay.adapters.kubernetes.access import ClusterAccess
from assay.adapters.registry.transport import Policy, Response, Transport
from assay.errors import AssayError, ExternalError, InputError, Malformed
from assay.formats import json
from assay.formats.json import as_list, as_object, as_text
from assay.model.policy import GroupVersionKind, Object

MAX_ANSWER = 64 << 20
_DISCOVERY_SECONDS = 300.0
_EMPTY_SECONDS = 5.0

Table = Mapping[str, tuple[str, bool]]
"""Resources and whether they are namespaced, by kind."""


class _Transport(Transport):
    """The project's HTTP with the cluster's certificates."""

    def __init__(self, access: ClusterAccess, policy: Policy) -> None:
        super().__init__(policy)
        self._access = access

    def _tls(self, authority: str = "") -> ssl.SSLContext:
        return self._access.context()


class Denied(ExternalError):
    """The API server answered, and it was no success; `status` is HTTP's."""

    def __init__(self, what: str, remedy: str, status: int) -> None:
        super().__init__(what, remedy)
        self.status = status


class Conflict(Denied):
    """The object is there already, or was changed by somebody else: get it again."""


class Connection:
    """Asks one API server, from many threads."""

    def __init__(self, access: ClusterAccess, timeout: float = 10) -> None:
        self._access = access
        self._transport = _Transport(access, Policy(timeout=timeout, attempts=3, patience=5))
        self._known: dict[str, tuple[float, Table]] = {}
        self._versions: dict[str, tuple[float, list[str]]] = {}
        self._lock = Lock()

    def transport(self, policy: Policy) -> Transport:
        """Further connections to the same server."""
        return _Transport(self._access, policy)

    def place(self, kind: GroupVersionKind, namespace: str = "") -> str | None:
        """The path of a kind's resource; None where the cluster serves none."""
        version = kind.version or next(iter(self.versions(kind.group)), "v1")
        base = _base(kind.group, version)
        found = self.resources(base).get(kind.kind)
        if found is None:
            return None
        resource, namespaced = found
        inside = f"/namespaces/{quote(namespace, safe='')}" if namespaced and namespace else ""
        return f"{base}{inside}/{resource}"

    def needed(self, kind: GroupVersionKind, namespace: str = "") -> str:
        """The same; raises `ExternalError` where the cluster serves none."""
        found = self.place(kind, namespace)
        if found is None:
            raise ExternalError(f"the cluster does not serve {kind.api_version} {kind.kind}", "install its definition")
        return found

    def versions(self, group: str) -> list[str]:
        """The versions of a group, the preferred one first; none where the cluster does not serve it."""
        if not group:
            return ["v1"]
        with self._lock:
            known = self._versions.get(group)
        if known is None or known[0] < time.monotonic():
            versions = _versions(self.json(f"/apis/{quote(group, safe='')}") or {})
            known = (_until(bool(versions)), versions)
            with self._lock:
                self._versions[group] = known
        return known[1]

    def find(self, group: str, kind: str) -> list[tuple[str, str]]:
        """The groups and resources that serve a kind: in one group, or with ``*`` in all that the cluster has."""
        found: dict[tuple[str, str], None] = {}
        for name in self.groups() if group == "*" else (group,):
            for version in self.versions(name):
                if row := self.resources(_base(name, version)).get(kind):
                    found[name, row[0]] = None
        return list(found)

    def groups(self) -> list[str]:
        """The groups that the cluster serves, the core group first."""
        return ["", *self._groups()]

    def _groups(self) -> dict[str, list[str]]:
        listed = map(as_object, as_list((self.json("/apis") or {}).get("groups")))
        return {name: _versions(item) for item in listed if (name := as_text(item.get("name")))}

    def kinds(self, group: str, version: str) -> list[str]:
        """The kinds that a version of a group serves, by name."""
        return sorted(self.resources(_base(group, version)))

    def resources(self, base: str) -> Table:
        """The discovery of one group and version."""
        with self._lock:
            known = self._known.get(base)
        if known is None or known[0] < time.monotonic():
            found = self.json(base) or {}
            table = {
                as_text(item.get("kind")): (as_text(item.get("name")), item.get("namespaced") is True)
                for item in map(as_object, as_list(found.get("resources")))
                if "/" not in as_text(item.get("name"))
            }
            known = (_until(bool(table)), table)
            with self._lock:
                self._known[base] = known
        return known[1]

    def forget(self) -> None:
        """Discover everything anew with the next question."""
        with self._lock:
            self._known.clear()
            self._versions.clear()

    def refresh(self, groups: Iterable[str]) -> None:
        """Ask anew which versions there are of groups, all at once, and with the next question which kinds."""
        served = self._groups()
        with self._lock:
            for group in groups:
                self._versions[group] = _until(True), served.get(group, [])
                for base in [base for base in self._known if base.startswith(f"/apis/{group}/")]:
                    del self._known[base]

    def json(self, path: str, method: str = "GET", body: bytes | None = None, kind: str = "") -> Object | None:
        """The object that is answered; None for 404. Raises `ExternalError`, `Denied`, `Conflict`."""
        response = self.ask(self._transport, path, method, body, kind)
        if response.status == 404:
            response.close()
            return None
        if response.status not in (200, 201, 202):
            raise self.denied(response, path, method)
        try:
            return json.load_object(response.read(MAX_ANSWER))
        except (Malformed, InputError) as error:
            raise ExternalError(f"{self._access.server} answered what is no object: {error.what}") from error

    def ask(
        self, transport: Transport, path: str, method: str = "GET", body: bytes | None = None, kind: str = ""
    ) -> Response:
        """The answer, whatever its status."""
        token = self._access.token()
        headers = {
            "Accept": "application/json",
            **({"Authorization": f"Bearer {token}"} if token else {}),
            **({"Content-Type": kind or "application/json"} if body is not None else {}),
        }
        return transport.request(method, f"{self._access.server}{path}", headers, body, follow=False)

    def denied(self, response: Response, path: str, method: str = "GET") -> Denied:
        """The error of an answer that is no success."""
        try:
            said = as_text(json.load_object(response.read(1 << 16)).get("message"))[:500]
        except AssayError:
            said = ""
        asked = path.partition("?")[0] if method == "GET" else f"{method} {path.partition('?')[0]}"
        what = f"the cluster answered {response.status} for {asked}" + (f": {said}" if said else "")
        if response.status == 409:
            return Conflict(what, "get it again, and change what is there now", 409)
        right = "read" if method == "GET" else "write"
        return Denied(what, f"give {self._access.origin or 'the account'} the right to {right} it", response.status)


def _versions(item: Object) -> list[str]:
    """The versions of an APIGroup, the preferred one first."""
    preferred = as_text(as_object(item.get("preferredVersion")).get("version"))
    served = [as_text(as_object(one).get("version")) for one in as_list(item.get("versions"))]
    return [one for one in dict.fromkeys((preferred, *served)) if one]


def _base(group: str, version: str) -> str:
    return f"/apis/{quote(group, safe='')}/{quote(version, safe='')}" if group else f"/api/{quote(version, safe='')}"


def _until(found: bool) -> float:
    """How long it counts; what is not there may come any moment."""
    return time.monotonic() + (_DISCOVERY_SECONDS if found else _EMPTY_SECONDS)
