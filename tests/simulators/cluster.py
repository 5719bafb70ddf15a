"""A cluster in this process that speaks the API of Kubernetes: discovery, get, list, watch, create, patch, delete.

Its watches can be dropped, its history forgotten (410), its answers slow or refused.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]
_PATH = re.compile(r"/(?:api|apis/([^/]+))/([^/]+)(?:/namespaces/([^/]+))?/([^/]+)(?:/([^/]+))?(?:/(status|scale))?")
_CORE = "v1"
KINDS: dict[str, tuple[str, str, bool]] = {
    "pods": ("", "Pod", True),
    "namespaces": ("", "Namespace", False),
    "configmaps": ("", "ConfigMap", True),
    "secrets": ("", "Secret", True),
    "events": ("", "Event", True),
    "replicasets": ("apps", "ReplicaSet", True),
    "deployments": ("apps", "Deployment", True),
    "statefulsets": ("apps", "StatefulSet", True),
    "daemonsets": ("apps", "DaemonSet", True),
    "jobs": ("batch", "Job", True),
    "cronjobs": ("batch", "CronJob", True),
    "leases": ("coordination.k8s.io", "Lease", True),
    "assaypolicies": ("assay.dev", "AssayPolicy", False),
    "policyreports": ("wgpolicyk8s.io", "PolicyReport", True),
    "validatingwebhookconfigurations": ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration", False),
}
VERSIONS = {"assay.dev": "v1alpha1", "wgpolicyk8s.io": "v1alpha2"}


@dataclass
class ClusterFaults:
    """What goes wrong; counts are used up."""

    token: str = ""
    refuse: int = 0
    slow: float = 0
    drop_watches: int = 0
    forget: bool = False


@dataclass
class SimulatedCluster:
    """Objects by resource, namespace and name; every change has a number and is told to watches."""

    objects: dict[tuple[str, str, str], Object] = field(default_factory=dict)
    history: list[tuple[int, str, str, Object]] = field(default_factory=list)
    faults: ClusterFaults = field(default_factory=ClusterFaults)
    requests: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    version: int = 1
    port: int = 0
    secure: bool = False

    @property
    def url(self) -> str:
        return f"{'https' if self.secure else 'http'}://127.0.0.1:{self.port}"

    def put(self, item: Object) -> Object:
        """Create an object, or change the one of its name."""
        resource = next(name for name, (_, kind, _) in KINDS.items() if kind == item["kind"])
        metadata = item["metadata"]
        key = (resource, metadata.get("namespace", ""), metadata["name"])
        with self.changed:
            self.version += 1
            event = "MODIFIED" if key in self.objects else "ADDED"
            uid = metadata.get("uid") or (
                self.objects[key]["metadata"]["uid"] if key in self.objects else f"uid-{self.version}"
            )
            stored = {**item, "metadata": {**metadata, "uid": uid, "resourceVersion": str(self.version)}}
            self.objects[key] = stored
            self.history.append((self.version, resource, event, stored))
            self.changed.notify_all()
        return stored

    def delete(self, resource: str, namespace: str, name: str) -> bool:
        """Delete an object."""
        with self.changed:
            item = self.objects.pop((resource, namespace, name), None)
            if item is None:
                return False
            self.version += 1
            gone = {**item, "metadata": {**item["metadata"], "resourceVersion": str(self.version)}}
            self.history.append((self.version, resource, "DELETED", gone))
            self.changed.notify_all()
        return True


@contextmanager
def serve(cluster: SimulatedCluster, context: ssl.SSLContext | None = None) -> Iterator[SimulatedCluster]:
    """The cluster on a free port of loopback."""
    handler = type("Handler", (_Handler,), {"cluster": cluster})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    cluster.port, cluster.secure = server.server_address[1], context is not None
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield cluster
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    cluster: SimulatedCluster
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        pass

    def handle(self) -> None:
        with suppress(OSError):
            super().handle()

    def _answer(self, status: int, item: Object) -> None:
        data = json.dumps(item).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _status(self, code: int, message: str) -> None:
        self._answer(
            code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message}
        )

    def _refused(self) -> bool:
        faults = self.cluster.faults
        self.cluster.requests.append(f"{self.command} {self.path}")
        time.sleep(faults.slow)
        if faults.token and self.headers.get("Authorization") != f"Bearer {faults.token}":
            self._status(401, "Unauthorized")
            return True
        if faults.refuse:
            faults.refuse -= 1
            self._status(403, "pods is forbidden: User cannot list resource")
            return True
        return False

    def do_GET(self) -> None:
        if self._refused():
            return
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if self._discovered(parts.path):
            return
        found = _PATH.fullmatch(parts.path)
        if found is None or found[4] not in KINDS or KINDS[found[4]][0] != (found[1] or ""):
            self._status(404, "the server could not find the requested resource")
            return
        resource, namespace, name = found[4], found[3] or "", found[5]
        if name:
            item = self.cluster.objects.get((resource, namespace, name))
            self._answer(200, item) if item else self._status(404, f'{resource} "{name}" not found')
        elif query.get("watch"):
            self._watch(resource, namespace, int(query.get("resourceVersion") or 0), float(query["timeoutSeconds"]))
        else:
            self._list(resource, namespace, query)

    def _discovered(self, path: str) -> bool:
        if found := re.fullmatch(r"/apis/([^/]+)", path):
            version = VERSIONS.get(found[1], "v1")
            self._answer(200, {"kind": "APIGroup", "name": found[1], "preferredVersion": {"version": version}})
            return True
        found = re.fullmatch(r"/(?:api|apis/([^/]+))/([^/]+)", path)
        if found is None:
            return False
        group = found[1] or ""
        if found[2] != (VERSIONS.get(group, "v1") if group else _CORE):
            self._status(404, "not found")
            return True
        resources = [
            {"name": name, "kind": kind, "namespaced": namespaced}
            for name, (of, kind, namespaced) in KINDS.items()
            if of == group
        ]
        resources += [
            {"name": f"{item['name']}/status", "kind": item["kind"], "namespaced": True} for item in resources
        ]
        self._answer(200, {"kind": "APIResourceList", "resources": resources})
        return True

    def _list(self, resource: str, namespace: str, query: dict[str, str]) -> None:
        with self.cluster.changed:
            version = self.cluster.version
            items = [
                {key: value for key, value in item.items() if key not in ("apiVersion", "kind")}
                for (of, where, _), item in sorted(self.cluster.objects.items())
                if of == resource and namespace in ("", where)
            ]
        start, limit = int(query.get("continue") or 0), int(query.get("limit") or len(items) or 1)
        metadata = {"resourceVersion": str(version)}
        if start + limit < len(items):
            metadata["continue"] = str(start + limit)
        self._answer(200, {"kind": "List", "metadata": metadata, "items": items[start : start + limit]})

    def _watch(self, resource: str, namespace: str, version: int, seconds: float) -> None:
        if self.cluster.faults.forget:
            self.cluster.faults.forget = False
            self._status(410, "too old resource version")
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        end = time.monotonic() + min(seconds, 60)
        while time.monotonic() < end:
            with self.cluster.changed:
                due = [item for item in self.cluster.history if item[0] > version]
                if not due:
                    self.cluster.changed.wait(0.05)
            for number, of, event, item in due:
                version = number
                if of == resource and namespace in ("", item["metadata"].get("namespace", "")):
                    line = json.dumps({"type": event, "object": item}).encode() + b"\n"
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            if due and self.cluster.faults.drop_watches:
                self.cluster.faults.drop_watches -= 1
                self.close_connection = True
                self.connection.close()
                return
        self.wfile.write(b"0\r\n\r\n")

    def _body(self) -> Object:
        found: Object = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        return found

    def do_POST(self) -> None:
        body = self._body()
        if not self._refused():
            found = _PATH.fullmatch(urlsplit(self.path).path)
            assert found is not None
            metadata = {**body["metadata"], **({"namespace": found[3]} if found[3] else {})}
            if (found[4], found[3] or "", metadata["name"]) in self.cluster.objects:
                self._status(409, "already exists")
            else:
                self._answer(201, self.cluster.put({**body, "metadata": metadata}))

    def do_PUT(self) -> None:
        body = self._body()
        if not self._refused():
            found = _PATH.fullmatch(urlsplit(self.path).path)
            assert found is not None
            old = self.cluster.objects.get((found[4], found[3] or "", found[5]))
            seen = body["metadata"].get("resourceVersion")
            if old is not None and seen and seen != old["metadata"]["resourceVersion"]:
                self._status(409, "the object has been modified")
            else:
                self._answer(200, self.cluster.put(body))

    def do_PATCH(self) -> None:
        body = self._body()
        if not self._refused():
            found = _PATH.fullmatch(urlsplit(self.path).path)
            assert found is not None
            old = self.cluster.objects.get((found[4], found[3] or "", found[5]))
            if old is None:
                self._status(404, "not found")
            else:
                self._answer(200, self.cluster.put(_merged(old, body)))

    def do_DELETE(self) -> None:
        if not self._refused():
            found = _PATH.fullmatch(urlsplit(self.path).path)
            assert found is not None
            gone = self.cluster.delete(found[4], found[3] or "", found[5])
            self._answer(200, {"kind": "Status", "status": "Success"}) if gone else self._status(404, "not found")


def _merged(old: Any, new: Any) -> Any:
    """A merge patch (RFC 7386)."""
    if not isinstance(new, dict) or not isinstance(old, dict):
        return new
    found = {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}
    return {key: value for key, value in found.items() if value is not None}
