"""Asks an API server: `Cluster` fulfils `assay.ports.Cluster`; lists are paged, watches go on where they broke off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from threading import Event
from urllib.parse import quote, urlencode

from assay.adapters.kubernetes.access import ClusterAccess
from assay.adapters.kubernetes.connection import Conflict, Denied
from assay.adapters.kubernetes.writing import Writer
from assay.adapters.registry.transport import Policy, Response
from assay.errors import AssayError, ExternalError
from assay.formats import json
from assay.formats.json import as_list, as_object, as_text
from assay.model.policy import GroupVersionKind, Object

__all__ = ["Cluster", "Conflict", "Denied", "Gone"]

MAX_EVENT = 8 << 20
PAGE = 500
MAX_ITEMS = 500_000
_WATCH_SECONDS = 60
_SILENCE = 15
_PAUSE, _LONGEST = 0.2, 5.0


Items = list[Object]
Version = list[str]


class Gone(ExternalError):
    """The API server has forgotten the version from which was to be watched: list again."""


class Cluster(Writer):
    """One cluster, asked by many threads."""

    def __init__(self, access: ClusterAccess, timeout: float = 10) -> None:
        super().__init__(access, timeout)
        self._watching = self.transport(Policy(timeout=_WATCH_SECONDS + _SILENCE, attempts=1))

    def get(self, kind: GroupVersionKind, namespace: str, name: str) -> Object | None:
        """The object, or None where there is none."""
        place = self.place(kind, namespace)
        if place is None or not name:
            return None
        return self.json(f"{place}/{quote(name, safe='')}")

    def list(self, kind: GroupVersionKind, namespace: str = "") -> Items:
        """The objects of a kind, by namespace and name."""
        return sorted(self.pages(kind, namespace), key=_name)

    def pages(self, kind: GroupVersionKind, namespace: str = "", labels: str = "") -> Iterator[Object]:
        """The same as they come, some hundreds at a time; raises `ExternalError`."""
        place = self.place(kind, namespace)
        if place is None:
            return
        yield from self._items(place, kind, [], {"labelSelector": labels} if labels else {})

    def snapshot(self, kind: GroupVersionKind, namespace: str = "", labels: str = "") -> tuple[Items, str]:
        """All objects (that a selector of labels takes), and the version of the list, from which a watch goes on."""
        version: Version = []
        query = {"labelSelector": labels} if labels else {}
        found = [*self._items(self.needed(kind, namespace), kind, version, query)]
        return found, version[0] if version else ""

    def _items(
        self, place: str, kind: GroupVersionKind, version: Version, selected: Mapping[str, str]
    ) -> Iterator[Object]:
        token, count = "", 0
        while True:
            query = {"limit": str(PAGE), **selected, **({"continue": token} if token else {})}
            page = self.json(f"{place}?{urlencode(query)}") or {}
            metadata = as_object(page.get("metadata"))
            version[:] = [as_text(metadata.get("resourceVersion"))]
            api = kind.api_version if kind.version else as_text(page.get("apiVersion"))
            for item in map(as_object, as_list(page.get("items"))):
                count += 1
                yield {"apiVersion": api, "kind": kind.kind, **item}
            token = as_text(metadata.get("continue"))
            if not token:
                return
            if count > MAX_ITEMS:
                raise ExternalError(f"the cluster has more than {MAX_ITEMS} of {kind.kind}", "look at one namespace")

    def watch(
        self, kind: GroupVersionKind, stop: Event, namespace: str = "", labels: str = ""
    ) -> Iterator[tuple[str, Object]]:
        """What there is (``ADDED``), then every change as it comes, until `stop`; broken watches are taken up again.

        Where the server forgot what came between, everything is listed again, after a ``RESYNC``; ``SYNCED`` says that
        the list is through, ``WATCHING`` that changes are heard from now on. Where the server could not be asked,
        ``FAILED`` comes with the reason as ``message``.
        """
        pause = _PAUSE
        version = ""
        while not stop.is_set():
            try:
                if not version:
                    items, version = self.snapshot(kind, namespace, labels)
                    yield "RESYNC", {}
                    yield from (("ADDED", item) for item in items)
                    yield "SYNCED", {}
                for event, item in self._events(kind, namespace, version, stop, labels):
                    version = as_text(as_object(item.get("metadata")).get("resourceVersion")) or version
                    pause = _PAUSE
                    if event != "BOOKMARK":
                        yield event, item
            except Gone:
                version = ""
            except AssayError as error:
                yield "FAILED", {"message": error.what}
                pause = min(pause * 2, _LONGEST)
            stop.wait(pause)

    def _events(
        self, kind: GroupVersionKind, namespace: str, version: str, stop: Event, labels: str
    ) -> Iterator[tuple[str, Object]]:
        place = self.needed(kind, namespace)
        query = {"watch": "1", "allowWatchBookmarks": "true", "timeoutSeconds": str(_WATCH_SECONDS)}
        selected = {"labelSelector": labels} if labels else {}
        path = f"{place}?{urlencode({**query, **selected, 'resourceVersion': version})}"
        response = self.ask(self._watching, path)
        if response.status == 410:
            response.close()
            raise Gone("the version is too old")
        if response.status != 200:
            raise self.denied(response, path)
        try:
            yield "WATCHING", {}
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
