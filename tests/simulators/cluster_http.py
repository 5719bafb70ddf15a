"""The HTTP of the simulated cluster, as https://kubernetes.io/docs/reference/using-api/api-concepts/ has it."""

from __future__ import annotations

import json
import re
import select
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from simulators.cluster_kinds import Kind

if TYPE_CHECKING:
    from simulators.cluster import SimulatedCluster

Object = dict[str, Any]
_NAMESPACED = re.compile(r"/(?:api|apis/([^/]+))/([^/]+)/namespaces/([^/]+)/([^/]+)(?:/([^/]+))?(?:/(status|scale))?")
_PLAIN = re.compile(r"/(?:api|apis/([^/]+))/([^/]+)()/([^/]+)(?:/([^/]+))?(?:/(status|scale))?")
_APPLY = "application/apply-patch+yaml"


class Failure(Exception):
    """An answer that is no success."""

    def __init__(self, code: int, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.reason = code, message, reason


class Place:
    """What a path names."""

    def __init__(self, kind: Kind, version: str, namespace: str, name: str, subresource: str) -> None:
        self.kind, self.version, self.subresource = kind, version, subresource
        self.namespace, self.name = (namespace if kind.namespaced else ""), name

    @property
    def key(self) -> tuple[str, str, str]:
        return self.kind.key, self.namespace, self.name


class Handler(BaseHTTPRequestHandler):
    cluster: SimulatedCluster
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        pass

    def handle(self) -> None:
        with suppress(OSError, ValueError):
            super().handle()

    def do_GET(self) -> None:
        self._served(self._get)

    def do_POST(self) -> None:
        self._served(self._create)

    def do_PUT(self) -> None:
        self._served(self._replace)

    def do_PATCH(self) -> None:
        self._served(self._patch)

    def do_DELETE(self) -> None:
        self._served(self._delete)

    def _served(self, method: Any) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body: Any = json.loads(self.rfile.read(length)) if length else None
        parts = urlsplit(self.path)
        self.query = {key: values[0] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
        try:
            self._refuse(parts.path)
            method(unquote(parts.path))
        except Failure as failure:
            status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": failure.code}
            self._answer(failure.code, {**status, "message": failure.message, "reason": failure.reason})

    def _refuse(self, path: str) -> None:
        faults = self.cluster.faults
        self.cluster.requests.append(f"{self.command} {self.path}")
        time.sleep(faults.slow)
        if faults.token and self.headers.get("Authorization") != f"Bearer {faults.token}":
            raise Failure(401, "Unauthorized")
        if faults.refuse:
            faults.refuse -= 1
            raise Failure(403, "pods is forbidden: User cannot list resource", "Forbidden")
        if faults.forbid(self.command, path):
            raise Failure(403, f"{path} is forbidden: User cannot {self.command.lower()} it", "Forbidden")

    def _answer(self, status: int, item: Object) -> None:
        data = json.dumps(item).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _place(self, path: str) -> Place:
        for pattern in (_NAMESPACED, _PLAIN):
            found = pattern.fullmatch(path)
            kind = self.cluster.kinds.at(found[1] or "", found[2], found[4]) if found else None
            if found and kind:
                return Place(kind, found[2], found[3] or "", found[5] or "", found[6] or "")
        raise Failure(404, "the server could not find the requested resource", "NotFound")

    # --- reading

    def _get(self, path: str) -> None:
        if self._discovered(path):
            return
        place = self._place(path)
        if place.name:
            self._answer(200, self._shown(place, self._there(place)))
        elif self.query.get("watch"):
            self._watch(place)
        else:
            self._list(place)

    def _there(self, place: Place) -> Object:
        item = self.cluster.objects.get(place.key)
        if item is None:
            raise Failure(404, f'{place.kind.resource} "{place.name}" not found', "NotFound")
        return item

    def _shown(self, place: Place, item: Object) -> Object:
        """An object in the version in which it was asked for."""
        group = place.kind.group
        return {**item, "apiVersion": f"{group}/{place.version}" if group else place.version}

    def _discovered(self, path: str) -> bool:
        groups = self.cluster.kinds.groups()
        if path == "/apis":
            self._answer(200, {"kind": "APIGroupList", "groups": [_group(*item) for item in groups.items() if item[0]]})
            return True
        if found := re.fullmatch(r"/apis/([^/]+)", path):
            if found[1] not in groups:
                raise Failure(404, "404 page not found")
            self._answer(200, {"kind": "APIGroup", **_group(found[1], groups[found[1]])})
            return True
        found = re.fullmatch(r"/(?:api|apis/([^/]+))/([^/]+)", path)
        if found is None:
            return False
        group, version = found[1] or "", found[2]
        rows = [row for row in self.cluster.kinds.rows if row.group == group and version in row.versions]
        if not rows:
            raise Failure(404, "the server could not find the requested resource", "NotFound")
        resources = [{"name": row.resource, "kind": row.kind, "namespaced": row.namespaced} for row in rows]
        resources += [{**item, "name": f"{item['name']}/status"} for item in resources]
        self._answer(200, {"kind": "APIResourceList", "resources": resources})
        return True

    def _selected(self, place: Place, item: Object) -> bool:
        metadata = item["metadata"]
        if place.namespace not in ("", metadata.get("namespace", "")):
            return False
        fields = {"metadata.name": metadata["name"], "metadata.namespace": metadata.get("namespace", "")}
        fields["spec.nodeName"] = item.get("spec", {}).get("nodeName", "") if isinstance(item.get("spec"), dict) else ""
        for term in filter(None, self.query.get("fieldSelector", "").split(",")):
            name, _, value = term.replace("==", "=").partition("=")
            if fields.get(name) != value:
                return False
        return selects(self.query.get("labelSelector", ""), metadata.get("labels") or {})

    def _list(self, place: Place) -> None:
        with self.cluster.changed:
            version = self.cluster.version
            items = [
                {key: value for key, value in item.items() if key not in ("apiVersion", "kind")}
                for (of, _, _), item in sorted(self.cluster.objects.items())
                if of == place.kind.key and self._selected(place, item)
            ]
        start, limit = int(self.query.get("continue") or 0), int(self.query.get("limit") or len(items) or 1)
        metadata = {"resourceVersion": str(version)}
        if start + limit < len(items):
            metadata["continue"] = str(start + limit)
        api = self._shown(place, {})["apiVersion"]
        page = {"kind": f"{place.kind.kind}List", "apiVersion": api, "metadata": metadata}
        self._answer(200, {**page, "items": items[start : start + limit]})

    def _watch(self, place: Place) -> None:
        faults, version = self.cluster.faults, int(self.query.get("resourceVersion") or 0)
        if faults.forget:
            faults.forget = False
            raise Failure(410, "too old resource version", "Expired")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        end = time.monotonic() + min(float(self.query.get("timeoutSeconds") or 60), 60)
        while time.monotonic() < end:
            with self.cluster.changed:
                due = [item for item in self.cluster.history if item[0] > version]
                if not due:
                    self.cluster.changed.wait(0.2)
            if self._is_alone():
                self.close_connection = True
                return
            for number, of, event, item in due:
                version = number
                if of == place.kind.key and self._selected(place, item):
                    self._chunk({"type": event, "object": self._shown(place, item)})
            if due and faults.drop_watches:
                faults.drop_watches -= 1
                self.close_connection = True
                self.connection.close()
                return
        self.wfile.write(b"0\r\n\r\n")

    def _is_alone(self) -> bool:
        """Whether the connection has ended, at whichever side: nobody waits for events any more."""
        waiting = select.poll()
        waiting.register(self.connection, select.POLLRDHUP)
        return bool(waiting.poll(0))

    def _chunk(self, item: Object) -> None:
        line = json.dumps(item).encode() + b"\n"
        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))

    # --- writing

    @property
    def _dry(self) -> bool:
        return self.query.get("dryRun") == "All"

    def _stored(self, status: int, place: Place, item: Object) -> None:
        self._answer(status, self._shown(place, item if self._dry else self.cluster.put(item)))

    def _create(self, path: str) -> None:
        place = self._place(path)
        metadata = {**self.body["metadata"], **({"namespace": place.namespace} if place.namespace else {})}
        if not metadata.get("name"):
            if not metadata.get("generateName"):
                raise Failure(422, "metadata.name: Required value: name or generateName is required", "Invalid")
            metadata["name"] = f"{metadata['generateName']}{self.cluster.version:05x}"
        place.name = metadata["name"]
        with self.cluster.changed:
            if place.key in self.cluster.objects:
                raise Failure(409, f'{place.kind.resource} "{place.name}" already exists', "AlreadyExists")
            self._stored(201, place, {**self.body, "metadata": metadata})

    def _changed(self, place: Place, old: Object, new: Object) -> None:
        """Store a change: under ``/status`` the status alone, else all but the status."""
        seen = new["metadata"].get("resourceVersion")
        if self.cluster.faults.stale and not self._dry:
            self.cluster.faults.stale -= 1
            raise Failure(
                409, "the object has been modified; please apply your changes to the latest version", "Conflict"
            )
        if seen and seen != old["metadata"]["resourceVersion"]:
            raise Failure(
                409, "the object has been modified; please apply your changes to the latest version", "Conflict"
            )
        metadata = new["metadata"]
        if place.subresource == "status":
            new, metadata = {**old, "status": new.get("status")}, old["metadata"]
        elif "status" in old:
            new = {**new, "status": old["status"]}
        with self.cluster.changed:
            now = self.cluster.objects.get(place.key)
            if now is None or (seen and seen != now["metadata"]["resourceVersion"]):
                raise Failure(409, "the object has been modified", "Conflict")
            self._stored(200, place, {**new, "metadata": {**metadata}})

    def _replace(self, path: str) -> None:
        place = self._place(path)
        self._changed(place, self._there(place), self.body)

    def _patch(self, path: str) -> None:
        place = self._place(path)
        if self.headers.get("Content-Type") == _APPLY:
            self._apply(place)
            return
        old = self._there(place)
        self._changed(place, old, _merged(old, self.body))

    def _apply(self, place: Place) -> None:
        manager, force = self.query["fieldManager"], self.query.get("force") == "true"
        old = self.cluster.objects.get(place.key)
        if old is not None and not force:
            for (key, other), fields in self.cluster.applied.items():
                if key == place.key and other != manager and (clash := _clash(fields, self.body)):
                    raise Failure(409, f'conflict with "{other}": {clash}', "Conflict")
        before = self.cluster.applied.get((place.key, manager), {})
        if not self._dry:
            self.cluster.applied[place.key, manager] = self.body
        if old is None:
            namespace = {"namespace": place.namespace} if place.namespace else {}
            item = {**self.body, "metadata": {**self.body["metadata"], "name": place.name, **namespace}}
            self._stored(201, place, item)
            return
        self._changed(place, old, _overlaid(_without(old, before, self.body), self.body))

    def _delete(self, path: str) -> None:
        place = self._place(path)
        self._there(place)
        if not self._dry:
            self.cluster.delete(*place.key)
        self._answer(200, {"kind": "Status", "apiVersion": "v1", "status": "Success"})


def _group(name: str, versions: list[str]) -> Object:
    rows = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": rows, "preferredVersion": rows[0]}


def selects(selector: str, labels: Object) -> bool:
    """Whether a selector of labels takes them: ``a=b``, ``a!=b``, ``a``, ``!a``, ``a in (b,c)``, ``a notin (b)``."""
    for term in filter(None, (part.strip() for part in re.split(r",(?![^(]*\))", selector))):
        if found := re.fullmatch(r"(\S+) (in|notin) \(([^)]*)\)", term):
            inside = labels.get(found[1]) in [value.strip() for value in found[3].split(",")]
            if inside != (found[2] == "in"):
                return False
        elif found := re.fullmatch(r"([^!=]+)(!=|==?)(.*)", term):
            if (labels.get(found[1]) == found[3]) != (found[2] != "!="):
                return False
        elif (term.lstrip("!") in labels) != (not term.startswith("!")):
            return False
    return True


def _merged(old: Any, new: Any) -> Any:
    """A merge patch (RFC 7386)."""
    if not isinstance(new, dict):
        return new
    base = old if isinstance(old, dict) else {}
    found = {**base, **{key: _merged(base.get(key), value) for key, value in new.items() if value is not None}}
    return {key: value for key, value in found.items() if not (key in new and new[key] is None)}


def _overlaid(old: Any, new: Any) -> Any:
    """The fields of `new` over those of `old`; lists as a whole."""
    if not isinstance(new, dict) or not isinstance(old, dict):
        return new
    return {**old, **{key: _overlaid(old.get(key), value) for key, value in new.items()}}


def _without(item: Any, before: Any, now: Any) -> Any:
    """`item` without the fields that were applied before and are no more."""
    if not (isinstance(item, dict) and isinstance(before, dict) and isinstance(now, dict)):
        return item
    return {
        key: _without(value, before.get(key), now.get(key))
        for key, value in item.items()
        if not (key in before and key not in now)
    }


def _clash(one: Any, other: Any, path: str = "") -> str:
    """A field that both set, and differently."""
    if isinstance(one, dict) and isinstance(other, dict):
        found = (_clash(one[key], other[key], f"{path}.{key}") for key in one if key in other)
        return next(filter(None, found), "")
    return "" if one == other else path
