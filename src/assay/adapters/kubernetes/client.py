"""Asks an API server: `Cluster` fulfils `assay.ports.Cluster`; lists are paged, watches go on where they broke off."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping
from threading import Event, Lock
from urllib.parse import quote, urlencode

from assay.adapters.kubernetes.access import ClusterAccess
from assay.adapters.registry.transport import Policy, Response, Transport
from assay.errors import AssayError, ExternalError, InputError, Malformed
from assay.formats import json
from assay.formats.json import as_list, as_object, as_text
from assay.model.policy import GroupVersionKind, Object

MAX_ANSWER = 64 << 20
MAX_EVENT = 8 << 20
PAGE = 500
MAX_ITEMS = 500_000
_DISCOVERY_SECONDS = 300.0
_WATCH_SECONDS = 240
_PAUSE, _LONGEST = 0.2, 30.0


Items = list[Object]
Version = list[str]


class _Transport(Transport):
    """The project's HTTP with the cluster's certificates."""

    def __init__(self, access: ClusterAccess, policy: Policy) -> None:
        super().__init__(policy)
        self._access = access

    def _tls(self) -> ssl.SSLContext:
        return self._access.context()


class Gone(ExternalError):
    """The API server has forgotten the version from which was to be watched: list again."""


class Cluster:
    """One cluster, asked by many threads."""

    def __init__(self, access: ClusterAccess, timeout: float = 10) -> None:
        self._access = access
        self._transport = _Transport(access, Policy(timeout=timeout, attempts=3, patience=5))
        self._watching = _Transport(access, Policy(timeout=_WATCH_SECONDS + 30, attempts=1))
        self._known: dict[tuple[str, str], tuple[float, dict[str, tuple[str, bool]]]] = {}
        self._versions: dict[str, tuple[float, str]] = {}
        self._lock = Lock()

    def get(self, kind: GroupVersionKind, namespace: str, name: str) -> Object | None:
        """The object, or None where there is none."""
        place = self._place(kind, namespace)
        if place is None or not name:
            return None
        return self._json(f"{place}/{quote(name, safe='')}")

    def list(self, kind: GroupVersionKind, namespace: str = "") -> Items:
        """The objects of a kind, by namespace and name."""
        return sorted(self.pages(kind, namespace), key=_name)

    def pages(self, kind: GroupVersionKind, namespace: str = "") -> Iterator[Object]:
        """The same as they come, some hundreds at a time; raises `ExternalError`."""
        place = self._place(kind, namespace)
        if place is None:
            return
        yield from self._listed(place, kind)[0]

    def snapshot(self, kind: GroupVersionKind, namespace: str = "") -> tuple[Items, str]:
        """All objects, and the version of the list, from which a watch goes on."""
        place = self._place(kind, namespace)
        if place is None:
            raise ExternalError(f"the cluster does not serve {kind.api_version} {kind.kind}", "install its definition")
        items, version = self._listed(place, kind)
        found = [*items]
        return found, version[0] if version else ""

    def _listed(self, place: str, kind: GroupVersionKind) -> tuple[Iterator[Object], Version]:
        version: Version = []
        return self._items(place, kind, version), version

    def _items(self, place: str, kind: GroupVersionKind, version: Version) -> Iterator[Object]:
        token, count = "", 0
        while True:
            query = {"limit": str(PAGE), **({"continue": token} if token else {})}
            page = self._json(f"{place}?{urlencode(query)}") or {}
            metadata = as_object(page.get("metadata"))
            version[:] = [as_text(metadata.get("resourceVersion"))]
            for item in map(as_object, as_list(page.get("items"))):
                count += 1
                yield {"apiVersion": kind.api_version, "kind": kind.kind, **item}
            token = as_text(metadata.get("continue"))
            if not token:
                return
            if count > MAX_ITEMS:
                raise ExternalError(f"the cluster has more than {MAX_ITEMS} of {kind.kind}", "look at one namespace")

    def watch(self, kind: GroupVersionKind, stop: Event, namespace: str = "") -> Iterator[tuple[str, Object]]:
        """What there is (``ADDED``), then every change as it comes, until `stop`; broken watches are taken up again.

        Where the server forgot what came between, everything is listed again, after a ``RESYNC``.
        """
        pause = _PAUSE
        version = ""
        while not stop.is_set():
            try:
                if not version:
                    items, version = self.snapshot(kind, namespace)
                    yield "RESYNC", {}
                    yield from (("ADDED", item) for item in items)
                for event, item in self._events(kind, namespace, version, stop):
                    version = as_text(as_object(item.get("metadata")).get("resourceVersion")) or version
                    pause = _PAUSE
                    if event != "BOOKMARK":
                        yield event, item
            except Gone:
                version = ""
            except AssayError:
                pause = min(pause * 2, _LONGEST)
            stop.wait(pause)

    def _events(
        self, kind: GroupVersionKind, namespace: str, version: str, stop: Event
    ) -> Iterator[tuple[str, Object]]:
        place = self._place(kind, namespace)
        query = {"watch": "1", "allowWatchBookmarks": "true", "timeoutSeconds": str(_WATCH_SECONDS)}
        response = self._ask(self._watching, f"{place}?{urlencode({**query, 'resourceVersion': version})}")
        if response.status == 410:
            response.close()
            raise Gone("the version is too old")
        if response.status != 200:
            raise self._refused(response, str(place))
        try:
            for line in _lines(response):
                if stop.is_set():
                    return
                event = json.load_object(line)
                item = as_object(event.get("object"))
                if event.get("type") == "ERROR":
                    raise Gone(as_text(item.get("message")) or "the watch ended")
                yield as_text(event.get("type")), item
        finally:
            response.close()

    def _place(self, kind: GroupVersionKind, namespace: str) -> str | None:
        """The path of a kind's resource; None where the cluster serves none."""
        version = kind.version or self._preferred(kind.group)
        base = f"/apis/{kind.group}/{version}" if kind.group else f"/api/{version}"
        found = self._resources(base).get(kind.kind)
        if found is None:
            return None
        resource, namespaced = found
        inside = f"/namespaces/{quote(namespace, safe='')}" if namespaced and namespace else ""
        return f"{base}{inside}/{resource}"

    def _preferred(self, group: str) -> str:
        if not group:
            return "v1"
        with self._lock:
            known = self._versions.get(group)
        if known is None or known[0] < time.monotonic():
            found = self._json(f"/apis/{quote(group, safe='')}") or {}
            version = as_text(as_object(found.get("preferredVersion")).get("version")) or "v1"
            known = (time.monotonic() + _DISCOVERY_SECONDS, version)
            with self._lock:
                self._versions[group] = known
        return known[1]

    def _resources(self, base: str) -> Mapping[str, tuple[str, bool]]:
        """Resources and whether they are namespaced, by kind: the discovery of one group and version."""
        with self._lock:
            known = self._known.get((base, ""))
        if known is None or known[0] < time.monotonic():
            found = self._json(base) or {}
            table = {
                as_text(item.get("kind")): (as_text(item.get("name")), item.get("namespaced") is True)
                for item in map(as_object, as_list(found.get("resources")))
                if "/" not in as_text(item.get("name"))
            }
            known = (time.monotonic() + (_DISCOVERY_SECONDS if table else 5), table)
            with self._lock:
                self._known[(base, "")] = known
        return known[1]

    def _json(self, path: str) -> Object | None:
        """The object at a path; None for 404. Raises `ExternalError`."""
        response = self._ask(self._transport, path)
        if response.status == 404:
            response.close()
            return None
        if response.status != 200:
            raise self._refused(response, path)
        try:
            return json.load_object(response.read(MAX_ANSWER))
        except (Malformed, InputError) as error:
            raise ExternalError(f"{self._access.server} answered what is no object: {error.what}") from error

    def _ask(self, transport: Transport, path: str) -> Response:
        token = self._access.token()
        headers = {"Accept": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        return transport.request("GET", f"{self._access.server}{path}", headers, follow=False)

    def _refused(self, response: Response, path: str) -> ExternalError:
        try:
            said = as_text(json.load_object(response.read(1 << 16)).get("message"))[:300]
        except AssayError:
            said = ""
        what = f"the cluster answered {response.status} for {path.partition('?')[0]}" + (f": {said}" if said else "")
        return ExternalError(what, f"give {self._access.origin or 'the account'} the right to read it")


def _name(item: Object) -> tuple[str, str]:
    metadata = as_object(item.get("metadata"))
    return as_text(metadata.get("namespace")), as_text(metadata.get("name"))


def _lines(response: Response) -> Iterator[bytes]:
    """The lines of an answer as they come; raises `ExternalError` for one without end."""
    kept = b""
    while data := response.some(64 << 10):
        *whole, kept = (kept + data).split(b"\n")
        yield from (line for line in whole if line.strip())
        if len(kept) > MAX_EVENT:
            raise ExternalError(f"an event of the cluster has more than {MAX_EVENT} bytes", "watch fewer kinds")
