"""Policies out of a cluster: ConfigMaps, our own kinds, other engines'; in force within seconds, whatever breaks."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulators import processes
from simulators.cluster import SimulatedCluster, serve
from simulators.cluster_kinds import FOREIGN, Kinds
from simulators.kubeconfig import kubeconfig
from simulators.native_samples import pod
from simulators.running_admission import RunningAdmission, running_admission

Object = dict[str, Any]
BAD, GOOD = "evil.example/app:1", "allowed.example/app:1"


def assay_policy(name: str = "registries", registry: str = "allowed.example", **spec: Any) -> Object:
    spec = {"registries": [registry], "action": "enforce", **spec}
    return {"apiVersion": "assay.dev/v1alpha1", "kind": "AssayPolicy", "metadata": {"name": name}, "spec": spec}


def config_map(name: str, namespace: str = "assay-system", labels: Any = None, **data: str) -> Object:
    metadata = {"name": name, "namespace": namespace, "labels": labels or {"assay.dev/policies": "true"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def kyverno(name: str = "latest") -> Object:
    rule = {
        "name": "tag",
        "match": {"any": [{"resources": {"kinds": ["Pod"]}}]},
        "validate": {"message": "no latest", "pattern": {"spec": {"containers": [{"image": "!*:latest"}]}}},
    }
    spec = {"validationFailureAction": "Enforce", "rules": [rule]}
    return {"apiVersion": "kyverno.io/v1", "kind": "ClusterPolicy", "metadata": {"name": name}, "spec": spec}


def definition(group: str, kind: str, plural: str, scope: str = "Cluster") -> Object:
    names = {"kind": kind, "plural": plural}
    spec = {"group": group, "names": names, "scope": scope, "versions": [{"name": "v1", "served": True}]}
    metadata = {"name": f"{plural}.{group}"}
    api = "apiextensions.k8s.io/v1"
    return {"apiVersion": api, "kind": "CustomResourceDefinition", "metadata": metadata, "spec": spec}


@pytest.fixture
def cluster() -> Iterator[SimulatedCluster]:
    with serve(SimulatedCluster(kinds=Kinds.all(without=FOREIGN))) as found:
        yield found


def started(stack: ExitStack, cluster: SimulatedCluster, folder: Path, *flags: str | Path) -> RunningAdmission:
    folder.mkdir(exist_ok=True)
    config = kubeconfig(folder, cluster.url)
    return stack.enter_context(running_admission(folder, "--kubeconfig", config, *flags))


@pytest.fixture
def served(cluster: SimulatedCluster, tmp_path: Path) -> Iterator[RunningAdmission]:
    with ExitStack() as stack:
        yield started(stack, cluster, tmp_path / "one")


def denied(served: RunningAdmission, image: str) -> bool:
    return not served.review(pod(image))["allowed"]


def within(test: Callable[[], object]) -> None:
    """Wait until it is so."""
    assert processes.within(processes.PATIENCE, test)


def warnings(served: RunningAdmission) -> str:
    """What it complains of, seconds after it came to know."""
    return " ".join(served.get("/healthz").json().get("warnings", []))


def test_a_policy_is_in_force_within_seconds_and_out_of_force_too(
    cluster: SimulatedCluster, served: RunningAdmission
) -> None:
    assert not denied(served, BAD)
    cluster.put(assay_policy())
    within(lambda: denied(served, BAD))
    assert not denied(served, GOOD)
    cluster.put(assay_policy(registry="evil.example"))
    within(lambda: denied(served, GOOD) and not denied(served, BAD))
    cluster.delete("assaypolicies", "", "registries")
    within(lambda: not denied(served, GOOD))


def test_labelled_config_maps_of_the_own_namespace_hold_policies(
    cluster: SimulatedCluster, served: RunningAdmission
) -> None:
    text = yaml.safe_dump(assay_policy())
    cluster.put(config_map("elsewhere", "shop", **{"a.yaml": text}))
    cluster.put(config_map("unlabelled", labels={"a": "b"}, **{"a.yaml": text}))
    time.sleep(2.5)
    assert not denied(served, BAD)
    cluster.put(config_map("release", **{"a.yaml": text, "broken.yaml": "{", "odd.yaml": "kind: [x"}))
    within(lambda: denied(served, BAD))
    within(lambda: "cluster/ConfigMap/assay-system/release/broken.yaml" in warnings(served))
    cluster.delete("configmaps", "assay-system", "release")
    within(lambda: not denied(served, BAD))


def test_the_status_says_what_became_of_a_policy(cluster: SimulatedCluster, served: RunningAdmission) -> None:
    cluster.put(assay_policy("good"))
    cluster.put(assay_policy("bad", action="perhaps"))
    cluster.put({**assay_policy("glass", kind=""), "kind": "BreakGlass"})

    def ready(resource: str, name: str) -> Object:
        item = cluster.get(resource, name) or {}
        return next(iter(item.get("status", {}).get("conditions", [])), {})

    within(lambda: ready("assaypolicies", "good").get("status") == "True")
    within(lambda: ready("assaypolicies", "bad").get("status") == "False")
    wrong = ready("assaypolicies", "bad")
    assert "action" in wrong["message"]
    assert "enforce" in wrong["message"]
    within(lambda: ready("breakglasses", "glass").get("status") == "False")
    version = cluster.version
    cluster.put(assay_policy("bad"))
    within(lambda: ready("assaypolicies", "bad").get("status") == "True")
    assert ready("assaypolicies", "bad")["observedGeneration"] == 2
    time.sleep(2.5)
    assert cluster.version - version < 12, "what did not change is not written again and again"


def test_what_cannot_be_loaded_is_refused_where_it_is_written(served: RunningAdmission) -> None:
    for item, field in (
        (assay_policy(action="perhaps"), "action"),
        (assay_policy(conditions=[{"expression": "1 +"}]), "conditions"),
        (assay_policy(unknownField=1), "unknownField"),
        ({**assay_policy(), "kind": "AssayException", "spec": {}}, "spec"),
        ({**assay_policy(), "kind": "AssayPolicies"}, "AssayPolicies"),
    ):
        answer = served.review(item, name="registries", namespace="")
        assert not answer["allowed"], item
        assert field in answer["status"]["message"]
        assert answer["status"]["code"] == 422
    assert served.review(assay_policy(), name="registries", namespace="")["allowed"]
    bad = assay_policy(action="perhaps")
    labelled = {**bad, "metadata": {**bad["metadata"], "labels": {"a": "b"}}}
    assert served.review(labelled, name="registries", operation="UPDATE", oldObject=bad)["allowed"]


def test_about_policies_of_other_engines_that_are_not_evaluated_there_is_a_warning(served: RunningAdmission) -> None:
    wrong = kyverno()
    wrong["spec"]["rules"][0]["validate"]["cel"] = {"expressions": 7}
    answer = served.review(wrong, name="latest", namespace="")
    assert answer["allowed"]
    assert "assay does not evaluate it" in answer["warnings"][0]
    assert "warnings" not in served.review(kyverno(), name="latest", namespace="")


def test_other_engines_policies_come_with_their_definition_and_only_report(
    cluster: SimulatedCluster, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        lenient = started(stack, cluster, tmp_path / "a")
        strict = started(stack, cluster, tmp_path / "b", "--enforce", "kyverno")
        cluster.put(definition("kyverno.io", "ClusterPolicy", "clusterpolicies"))
        cluster.put(kyverno())
        within(lambda: denied(strict, "a.example/app:latest"))
        within(lambda: "assay_admission_policies 1" in lenient.get("/metrics").text)
        assert not denied(lenient, "a.example/app:latest")
        assert "latest" in json.dumps(lenient.review(pod("a.example/app:latest")).get("auditAnnotations"))


def test_nothing_is_lost_when_watches_break_and_the_server_starts_anew(tmp_path: Path) -> None:
    state = SimulatedCluster(kinds=Kinds.all(without=FOREIGN))
    with ExitStack() as stack:
        first = ExitStack()
        first.enter_context(serve(state, port=processes.free_port()))
        state.put(assay_policy())
        served = started(stack, state, tmp_path / "a")
        assert denied(served, BAD)
        state.faults.drop_watches = 3
        state.put(assay_policy("second", "second.example"))
        within(lambda: denied(served, GOOD))
        first.close()
        state.delete("assaypolicies", "", "second")
        time.sleep(1.5)
        assert denied(served, BAD)
        assert denied(served, GOOD), "what was seen last stays in force"
        state.faults.forget = True
        stack.enter_context(serve(state, port=state.port))
        within(lambda: not denied(served, GOOD))
        assert denied(served, BAD)
        within(lambda: "cannot be read" not in warnings(served))


def test_it_is_not_ready_before_everything_was_listed(tmp_path: Path) -> None:
    state = SimulatedCluster()
    state.put(assay_policy())
    hidden = {"/apis/assay.dev/v1alpha1/assaypolicies": True}
    state.faults.forbid = lambda _, path: path in hidden
    with serve(state), ExitStack() as stack:
        served = stack.enter_context(_unready(state, tmp_path / "b"))
        assert served.get("/readyz").status_code == 503
        within(lambda: "AssayPolicy cannot be read" in warnings(served))
        hidden.clear()
        within(lambda: served.get("/readyz").status_code == 200)
        assert denied(served, BAD)


def _unready(state: SimulatedCluster, folder: Path) -> Any:
    """One that is not waited for until it is ready."""
    folder.mkdir()
    return running_admission(folder, "--kubeconfig", kubeconfig(folder, state.url), ready=False)


def test_kinds_of_others_that_may_not_be_read_are_told_and_not_waited_for(tmp_path: Path) -> None:
    state = SimulatedCluster()
    state.faults.forbid = lambda _, path: path.startswith("/apis/kyverno.io/v1/")
    with serve(state), ExitStack() as stack:
        served = started(stack, state, tmp_path / "a")
        within(lambda: "403" in warnings(served))
