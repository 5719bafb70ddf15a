"""An API server that answers nonsense: an error of ours or nothing, never a foreign exception, never without end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path

import pytest

from assay.adapters.kubernetes import access, client
from assay.adapters.kubernetes.client import Cluster
from assay.app.cluster_policies import ClusterPolicies
from assay.errors import AssayError
from assay.model.policy import GroupVersionKind
from simulators.kubeconfig import kubeconfig

CONFIG = GroupVersionKind("", "v1", "ConfigMap")
DISCOVERY = b'{"resources": [{"name": "configmaps", "kind": "ConfigMap", "namespaced": true}]}'
BODIES = [
    *(b"", b"null", b"[]", b"7", b"{", b'"text"', b"\xff\xfe", b'{"a": 1}' * 2, b"[" * 100_000),
    *(b'{"items": 7}', b'{"items": [null, 7, []]}', b'{"items": [{"metadata": 7}, {"metadata": {"name": {}}}]}'),
    *(b'{"metadata": []}', b'{"metadata": {"continue": 7, "resourceVersion": {}}}', b'{"kind": "Status", "code": "x"}'),
    *(b'{"resources": [null, {"name": 3, "kind": []}], "versions": [7], "groups": "x", "preferredVersion": 1}',),
]
EVENTS = [
    *(b"", b"\n\n\n", b"nonsense\n", b"7\n", b'{"type": 7}\n', b'{"type": "ADDED"}\n'),
    *(
        b'{"type": "ADDED", "object": []}\n',
        b'{"type": "ERROR", "object": 7}\n',
        b'{"type": "DELETED", "object": {}}\n',
    ),
    *(b'{"type": "MODIFIED", "object": {"metadata": {"name": [], "namespace": {}, "resourceVersion": 7}}}\n',),
    *(b'{"type": "ADDED", "object": {"metadata": {"name": "a"}, "data": {"a.yaml": 7, "b.yaml": "- 1"}}}\n',),
]


@contextmanager
def answering(body: bytes, events: bytes | None = None) -> Iterator[str]:
    """A server that says the same to everything; with `events` it knows ConfigMaps, and those are its watches."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = body
            if events is not None:
                data = events if "watch=1" in self.path else body if "/configmaps" in self.path else DISCOVERY
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(data)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_answers(tmp_path: Path, number: int) -> None:
    with answering(BODIES[number]) as url:
        cluster = Cluster(access.kubeconfig(kubeconfig(tmp_path, url)), timeout=60)
        item = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b"}}
        for ask in (
            lambda: cluster.get(CONFIG, "a", "b"),
            lambda: cluster.list(CONFIG),
            lambda: cluster.versions("apps"),
            lambda: cluster.find("*", "Thing"),
            lambda: cluster.create(item),
            lambda: cluster.apply(item),
            lambda: cluster.delete(CONFIG, "a", "b"),
        ):
            with suppress(AssayError):
                ask()


@pytest.mark.parametrize("body", [b'{"items": []}', b'{"items": [7, {"metadata": {"name": []}}], "metadata": 7}', b"7"])
@pytest.mark.parametrize("number", range(len(EVENTS)))
def test_lists_and_watches(tmp_path: Path, body: bytes, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_PAUSE", 0.01)
    monkeypatch.setattr(client, "_LONGEST", 0.02)
    with answering(body, EVENTS[number]) as url:
        cluster = Cluster(access.kubeconfig(kubeconfig(tmp_path, url)), timeout=60)
        for event, found in islice(cluster.watch(CONFIG, threading.Event()), 12):
            assert isinstance(event, str)
            assert isinstance(found, dict)
        policies = ClusterPolicies(cluster, "assay-system")
        policies.start()
        policies.wait(0.3)
        policies.manifests()
        policies.own()
        policies.close()
        assert all(isinstance(text, str) for text in policies.complaints.values())


def test_an_event_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MAX_EVENT", 1 << 16)
    with answering(b'{"items": []}', b"x" * (1 << 20)) as url:
        cluster = Cluster(access.kubeconfig(kubeconfig(tmp_path, url)), timeout=60)
        for event, found in cluster.watch(CONFIG, threading.Event()):
            if event == "FAILED":
                assert "more than" in found["message"]
                break
