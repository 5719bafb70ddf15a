"""What is written to a cluster: made, replaced, patched, applied, deleted; conflicts, dry runs, what is forbidden."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from assay.adapters.kubernetes import access
from assay.adapters.kubernetes.client import Cluster, Conflict, Denied
from assay.errors import ExternalError
from assay.model.policy import GroupVersionKind
from simulators.cluster import SimulatedCluster, serve
from simulators.kubeconfig import kubeconfig
from simulators.processes import PATIENCE, free_port, within

CONFIG = GroupVersionKind("", "v1", "ConfigMap")
REPORT = GroupVersionKind("wgpolicyk8s.io", "v1alpha2", "PolicyReport")


def config(name: str = "c", **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"}, "data": data}


def test_an_object_is_made_once_and_replaced_only_as_it_was_seen(cluster: Cluster) -> None:
    first = cluster.create(config(a="1"))
    assert first["metadata"]["uid"]
    with pytest.raises(Conflict, match="already exists"):
        cluster.create(config(a="2"))
    second = cluster.replace({**first, "data": {"a": "2"}})
    assert second["metadata"]["resourceVersion"] != first["metadata"]["resourceVersion"]
    with pytest.raises(Conflict, match="has been modified"):
        cluster.replace({**first, "data": {"a": "3"}})
    assert cluster.get(CONFIG, "shop", "c") == second


def test_a_patch_changes_what_it_names(cluster: Cluster) -> None:
    cluster.create(config(a="1", b="2"))
    found = cluster.patch(CONFIG, "shop", "c", {"data": {"a": None, "c": "3"}})
    assert found["data"] == {"b": "2", "c": "3"}
    with pytest.raises(Denied) as caught:
        cluster.patch(CONFIG, "shop", "nobody", {"data": {}})
    assert caught.value.status == 404


def test_what_is_applied_takes_back_its_own_fields_only(cluster: Cluster) -> None:
    cluster.apply(config(a="1", b="2"))
    cluster.patch(CONFIG, "shop", "c", {"data": {"other": "x"}})
    assert cluster.apply(config(a="1"))["data"] == {"a": "1", "other": "x"}
    with pytest.raises(Conflict, match=r"\.data\.a"):
        cluster.apply(config(a="2"), manager="somebody", force=False)
    assert cluster.apply(config(a="2"), manager="somebody")["data"]["a"] == "2"


def test_the_status_is_written_apart(cluster: Cluster) -> None:
    policy = {"apiVersion": "assay.dev/v1alpha1", "kind": "AssayPolicy", "metadata": {"name": "p"}, "spec": {"a": 1}}
    made = cluster.create(policy)
    told = cluster.replace_status({**made, "spec": {"a": 2}, "status": {"conditions": []}})
    assert (told["spec"], told["status"]) == ({"a": 1}, {"conditions": []})
    changed = cluster.replace({**told, "spec": {"a": 3}, "status": {}})
    assert (changed["spec"], changed["status"]) == ({"a": 3}, {"conditions": []})
    assert changed["metadata"]["generation"] == 2
    kind = GroupVersionKind.of(policy)
    assert cluster.patch(kind, "", "p", {"status": {"x": 1}}, "status")["status"] == {"conditions": [], "x": 1}


def test_a_dry_run_changes_nothing(simulated: SimulatedCluster, cluster: Cluster) -> None:
    assert cluster.create(config(), dry_run=True)["metadata"]["name"] == "c"
    assert simulated.get("configmaps", "c", "shop") is None


def test_an_object_is_deleted_once(cluster: Cluster) -> None:
    cluster.create({"apiVersion": REPORT.api_version, "kind": REPORT.kind, "metadata": {"name": "r", "namespace": "s"}})
    assert cluster.delete(REPORT, "s", "r")
    assert not cluster.delete(REPORT, "s", "r")
    assert not cluster.delete(GroupVersionKind("nowhere.example", "v1", "Thing"), "s", "r")


def test_what_is_forbidden_says_which_right_is_missing(simulated: SimulatedCluster, cluster: Cluster) -> None:
    simulated.faults.forbid = lambda method, _: method == "POST"
    with pytest.raises(Denied, match=r"403 for POST .*configmaps") as caught:
        cluster.create(config())
    assert "the right to write it" in caught.value.remedy
    with pytest.raises(ExternalError, match="does not serve"):
        cluster.create({"apiVersion": "nowhere.example/v1", "kind": "Thing", "metadata": {"name": "a"}})


def test_a_kind_that_is_defined_later_is_found(simulated: SimulatedCluster, cluster: Cluster) -> None:
    kind = GroupVersionKind("later.example", "", "Thing")
    assert cluster.versions("later.example") == []
    names = {"kind": "Thing", "plural": "things"}
    spec = {"group": "later.example", "names": names, "scope": "Cluster", "versions": [{"name": "v1"}]}
    meta = {"name": "things.later.example"}
    simulated.put(
        {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": meta, "spec": spec}
    )
    cluster.refresh(["later.example"])
    assert cluster.kinds("later.example", "v1") == ["Thing"]
    simulated.put({"apiVersion": "later.example/v1", "kind": "Thing", "metadata": {"name": "a"}})
    (item,) = cluster.list(kind)
    assert item["apiVersion"] == "later.example/v1"


def test_a_watch_takes_labels_and_survives_a_server_that_starts_anew(tmp_path: Path) -> None:
    state, stop, seen = SimulatedCluster(), threading.Event(), list[str]()
    with serve(state, port=free_port()):
        cluster = Cluster(access.kubeconfig(kubeconfig(tmp_path, state.url)))

        def look() -> None:
            for event, item in cluster.watch(CONFIG, stop, labels="a=b"):
                seen.append(item["metadata"]["name"] if "metadata" in item else event)

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        state.put({**config("one"), "metadata": {"name": "one", "namespace": "shop", "labels": {"a": "b"}}})
        state.put(config("not"))
        _wait(lambda: "one" in seen)
    state.put({**config("two"), "metadata": {"name": "two", "namespace": "shop", "labels": {"a": "b"}}})
    _wait(lambda: "FAILED" in seen)
    with serve(state, port=state.port):
        _wait(lambda: "two" in seen)
        stop.set()
    thread.join(PATIENCE)
    assert "not" not in seen
    assert not thread.is_alive()


def _wait(test: Any) -> None:
    assert within(PATIENCE, test)
