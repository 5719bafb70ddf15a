"""A cluster is asked as its API says: discovery, pages, watches that break and go on, certificates and tokens."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from pathlib import Path
from typing import Any

import pytest

from assay.adapters.kubernetes import access
from assay.adapters.kubernetes.client import PAGE, Cluster
from assay.app import admission_tls
from assay.errors import AssayError, ExternalError, InputError, UsageError
from assay.model.policy import GroupVersionKind
from simulators.cluster import SimulatedCluster, serve
from simulators.kubeconfig import kubeconfig
from simulators.native_samples import deployment, pod
from simulators.processes import PATIENCE, within

AT = {"server": "https://127.0.0.1:1"}
POD, NAMESPACE = GroupVersionKind("", "v1", "Pod"), GroupVersionKind("", "v1", "Namespace")


def test_objects_are_got_and_listed(simulated: SimulatedCluster, cluster: Cluster) -> None:
    simulated.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"a": "b"}}})
    simulated.put(pod("a", name="two"))
    simulated.put(pod("a", name="one"))
    simulated.put(pod("a", name="one", namespace="other"))
    found = cluster.get(NAMESPACE, "", "shop")
    assert found is not None
    assert found["metadata"]["labels"] == {"a": "b"}
    assert cluster.get(POD, "shop", "nobody") is None
    assert [item["metadata"]["name"] for item in cluster.list(POD, "shop")] == ["one", "two"]
    assert len(cluster.list(POD)) == 3
    assert cluster.list(POD)[0]["kind"] == "Pod"
    assert cluster.list(GroupVersionKind("nowhere.example", "v1", "Thing")) == []
    assert cluster.get(GroupVersionKind("nowhere.example", "v1", "Thing"), "shop", "x") is None


def test_any_version_of_a_group_is_found(simulated: SimulatedCluster, cluster: Cluster) -> None:
    simulated.put(deployment("a"))
    assert cluster.get(GroupVersionKind("apps", "", "Deployment"), "shop", "app") is not None


def test_lists_come_in_pages(simulated: SimulatedCluster, cluster: Cluster) -> None:
    for number in range(2 * PAGE + 1):
        simulated.put(pod("a", name=f"p{number:05}"))
    simulated.requests.clear()
    assert len(cluster.list(POD)) == 2 * PAGE + 1
    assert sum("limit=" in path for path in simulated.requests) == 3


def test_what_is_not_allowed_is_told(simulated: SimulatedCluster, cluster: Cluster) -> None:
    cluster.list(POD)
    simulated.faults.refuse = 1
    with pytest.raises(ExternalError, match=r"403 .*forbidden") as caught:
        cluster.list(POD)
    assert "the right to read it" in caught.value.remedy


def test_a_cluster_that_is_away_is_an_error(tmp_path: Path) -> None:
    with serve(SimulatedCluster()) as gone:
        url = gone.url
    with pytest.raises(ExternalError):
        Cluster(access.kubeconfig(kubeconfig(tmp_path, url))).list(POD)


def test_watches_go_on_where_they_broke_and_begin_anew_where_the_server_forgot(
    simulated: SimulatedCluster, cluster: Cluster
) -> None:
    simulated.put(pod("a", name="first"))
    seen: list[str] = []
    there: dict[str, str] = {}
    stop = threading.Event()

    def look() -> None:
        for event, item in cluster.watch(POD, stop):
            seen.append(event)
            name = item.get("metadata", {}).get("name", "")
            if event == "RESYNC":
                there.clear()
            elif event == "DELETED":
                there.pop(name, None)
            elif event in ("ADDED", "MODIFIED"):
                there[name] = item["spec"]["containers"][0]["image"]

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    _wait(lambda: there == {"first": "a"})
    simulated.faults.drop_watches = 2
    for name in ("second", "third", "fourth"):
        simulated.put(pod("a", name=name))
        _wait(lambda name=name: name in there)
    assert seen.count("RESYNC") == 1
    simulated.faults.drop_watches, simulated.faults.forget = 1, True
    simulated.delete("pods", "shop", "first")
    simulated.put(pod("a", name="fifth"))
    simulated.put(pod("b", name="fifth"))
    _wait(lambda: there == {"second": "a", "third": "a", "fourth": "a", "fifth": "b"})
    _wait(lambda: seen.count("RESYNC") == 2)
    stop.set()
    simulated.put(pod("a", name="last"))
    thread.join(PATIENCE)
    assert not thread.is_alive()


def _wait(test: Any) -> None:
    assert within(PATIENCE, test)


def test_certificates_and_tokens_of_a_kubeconfig_are_used(tmp_path: Path) -> None:
    made = admission_tls.files(tmp_path / "tls", ("127.0.0.1",))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    with serve(SimulatedCluster(), context) as simulated:
        simulated.faults.token = "secret"
        ca = base64.b64encode(made.ca.read_bytes()).decode()
        good = kubeconfig(tmp_path, simulated.url, {"token": "secret"}, **{"certificate-authority-data": ca})
        assert Cluster(access.kubeconfig(good)).list(POD) == []
        (tmp_path / "token").write_text("secret\n")
        files = {"certificate-authority": str(made.ca)}
        assert (
            Cluster(access.kubeconfig(kubeconfig(tmp_path, simulated.url, {"tokenFile": "token"}, **files))).list(POD)
            == []
        )
        with pytest.raises(ExternalError, match="401"):
            Cluster(access.kubeconfig(kubeconfig(tmp_path, simulated.url, {"token": "x"}, **files))).list(POD)
        with pytest.raises(ExternalError, match="not trusted"):
            Cluster(access.kubeconfig(kubeconfig(tmp_path, simulated.url, {"token": "secret"}))).list(POD)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"current-context": "nowhere"}, InputError),
        ({"clusters": []}, InputError),
        ({"clusters": [{"name": "c", "cluster": {"server": "ftp://x"}}]}, InputError),
        ({"users": [{"name": "u", "user": {"exec": {"command": "x"}}}]}, UsageError),
        (
            {"clusters": [{"name": "c", "cluster": {"server": "https://x", "certificate-authority-data": "%"}}]},
            InputError,
        ),
        (
            {"clusters": [{"name": "c", "cluster": {"server": "https://x", "certificate-authority-data": "AAAA"}}]},
            AssayError,
        ),
        ({"users": [{"name": "u", "user": {"client-certificate-data": "AAAA"}}]}, InputError),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_says_why(tmp_path: Path, change: Any, error: type[AssayError]) -> None:
    path = kubeconfig(tmp_path, "https://127.0.0.1:1")
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(error):
        access.kubeconfig(path)


def test_outside_of_a_cluster_there_is_no_service_account(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no pod"):
        access.in_cluster({}, tmp_path)
