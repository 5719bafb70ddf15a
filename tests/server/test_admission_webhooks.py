"""The webhook configurations and their certificates, managed beside a cluster; replicas, rotation under load."""

from __future__ import annotations

import base64
import json
import ssl
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from assay.formats import pem
from server.test_admission_from_cluster import assay_policy, kyverno, started, within
from simulators.cluster import SimulatedCluster, serve
from simulators.native_samples import pod
from simulators.running_admission import RunningAdmission, review

Object = dict[str, Any]
NAME, SECRET = "assay-admission", "assay-admission-tls"
MANAGED = ("--manage-webhooks", "--tls-secret", SECRET, "--tls-overlap", "2")


@pytest.fixture
def cluster() -> Iterator[SimulatedCluster]:
    with serve(SimulatedCluster()) as found:
        yield found


def hooks(cluster: SimulatedCluster, kind: str = "validating") -> dict[str, Object]:
    item = cluster.get(f"{kind}webhookconfigurations", NAME) or {"webhooks": []}
    return {hook["name"]: hook for hook in item["webhooks"]}


def asked(hook: Object) -> set[tuple[str, str, tuple[str, ...]]]:
    return {
        (group, resource, tuple(rule["operations"]))
        for rule in hook["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


def bundle(cluster: SimulatedCluster) -> bytes:
    found = hooks(cluster).get("policies.admission.assay.dev", {})
    return base64.b64decode(found.get("clientConfig", {}).get("caBundle", ""))


def authorities(cluster: SimulatedCluster) -> int:
    found = bundle(cluster)
    return len(pem.certificates(found)) if found else 0


def shown(cluster: SimulatedCluster) -> list[set[bytes]]:
    """The authorities that the configuration named, one set after the other."""
    with cluster.changed:
        items = [item for _, resource, _, item in cluster.history if resource == "validatingwebhookconfigurations"]
    texts = [item["webhooks"][0]["clientConfig"]["caBundle"] for item in items if item["webhooks"]]
    return [set(pem.certificates(base64.b64decode(text))) for text in texts]


def test_the_configurations_name_the_kinds_in_use(cluster: SimulatedCluster, tmp_path: Path) -> None:
    with ExitStack() as stack:
        started(stack, cluster, tmp_path / "a", *MANAGED, "--webhook-timeout", "7")
        within(lambda: hooks(cluster))
        assert "validate.admission.assay.dev" not in hooks(cluster), "nothing is asked while there are no policies"
        cluster.put(assay_policy(workloads={"kinds": ["Deployment"]}))
        within(lambda: "validate.admission.assay.dev" in hooks(cluster))
        hook = hooks(cluster)["validate.admission.assay.dev"]
        assert asked(hook) == {("apps", "deployments", ("CREATE", "UPDATE"))}
        assert (hook["failurePolicy"], hook["timeoutSeconds"]) == ("Fail", 7)
        excluded = hook["namespaceSelector"]["matchExpressions"][0]
        assert excluded["operator"] == "NotIn"
        assert set(excluded["values"]) == {"kube-system", "kube-node-lease", "kube-public", "assay-system"}
        assert hook["clientConfig"]["service"] == {
            "name": NAME,
            "namespace": "assay-system",
            "path": "/validate",
            "port": 443,
        }
        assert hooks(cluster, "mutating") == {}
        cluster.put(assay_policy("pins", digests={"pin": True}))
        within(lambda: hooks(cluster, "mutating"))
        assert ("", "pods", ("CREATE", "UPDATE")) in asked(hooks(cluster, "mutating")["mutate.admission.assay.dev"])
        assert authorities(cluster) == 1


def test_what_somebody_changes_is_put_back_and_what_is_deleted_comes_back(
    cluster: SimulatedCluster, tmp_path: Path
) -> None:
    cluster.put(kyverno())
    with ExitStack() as stack:
        started(stack, cluster, tmp_path / "a", *MANAGED)
        within(lambda: "validate.admission.assay.dev" in hooks(cluster))
        item = json.loads(json.dumps(cluster.get("validatingwebhookconfigurations", NAME)))
        item["webhooks"][0]["failurePolicy"] = "Ignore"
        item["webhooks"][0]["clientConfig"]["caBundle"] = ""
        item["metadata"]["annotations"] = {"kept": "yes"}
        cluster.put(item)
        within(lambda: hooks(cluster)["validate.admission.assay.dev"]["failurePolicy"] == "Fail")
        assert authorities(cluster) == 1
        assert (cluster.get("validatingwebhookconfigurations", NAME) or {})["metadata"]["annotations"]["kept"] == "yes"
        version = cluster.get("validatingwebhookconfigurations", NAME) or {}
        time.sleep(2.5)
        assert cluster.get("validatingwebhookconfigurations", NAME) == version, "what is right is left alone"
        cluster.delete("validatingwebhookconfigurations", "", NAME)
        within(lambda: hooks(cluster))


def test_one_of_two_replicas_leads_and_the_other_takes_over(cluster: SimulatedCluster, tmp_path: Path) -> None:
    cluster.put(assay_policy())

    def leader() -> str:
        lease = cluster.get("leases", NAME, "assay-system") or {"spec": {}}
        return str(lease["spec"].get("holderIdentity", ""))

    def leads(one: RunningAdmission) -> bool:
        return "assay_admission_leader 1" in one.get("/metrics").text

    with ExitStack() as stack:
        first = ExitStack()
        one = started(first, cluster, tmp_path / "a", *MANAGED)
        within(lambda: leads(one))
        two = started(stack, cluster, tmp_path / "b", *MANAGED)
        for name in ("tls.crt", "ca.crt"):
            files = [tmp_path / folder / "data" / "admission" / "tls" / name for folder in "ab"]
            assert files[0].read_bytes() == files[1].read_bytes(), "replicas share what they serve"
        assert not leads(two)
        name = leader()
        first.close()
        assert leader() != name, "it is handed over, and not waited for until it runs out"
        within(lambda: leads(two))
        cluster.delete("validatingwebhookconfigurations", "", NAME)
        within(lambda: hooks(cluster))


class Caller:
    """Asks as the API server does, over a new connection each time, trusting what the configuration says now."""

    def __init__(self, cluster: SimulatedCluster, urls: list[str]) -> None:
        self._cluster, self._urls = cluster, urls
        self._body = json.dumps(review(pod("allowed.example/app:1"))).encode()
        self.calls, self.faults = 0, list[str]()

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            trusted = bundle(self._cluster)
            try:
                context = ssl.create_default_context(cadata=trusted.decode())
                request = urllib.request.Request(self._urls[self.calls % len(self._urls)], self._body)
                request.add_header("Content-Type", "application/json")
                with urllib.request.urlopen(request, timeout=60, context=context) as answer:
                    assert json.load(answer)["response"]["allowed"] is True
            except (OSError, AssertionError, ValueError) as error:
                self.faults.append(str(error))
            self.calls += 1


def exchange(cluster: SimulatedCluster, caller: Caller, number: str) -> None:
    """Ask for another authority, and wait until it alone is in force and was asked under."""
    before = bundle(cluster)
    secret = json.loads(json.dumps(cluster.get("secrets", SECRET, "assay-system")))
    secret["metadata"].setdefault("annotations", {})["assay.dev/rotate"] = number
    cluster.put(secret)
    within(lambda: authorities(cluster) == 1 and bundle(cluster) != before)
    calls = caller.calls
    within(lambda: caller.calls > calls + 50)


def test_authorities_and_certificates_are_exchanged_without_one_failed_call(
    cluster: SimulatedCluster, tmp_path: Path
) -> None:
    cluster.put(assay_policy())
    with ExitStack() as stack:
        both = [started(stack, cluster, tmp_path / name, *MANAGED) for name in "ab"]
        within(lambda: authorities(cluster) == 1)
        caller, stop = Caller(cluster, [f"{one.url}/validate" for one in both]), threading.Event()
        threads = [threading.Thread(target=caller.run, args=(stop,), daemon=True) for _ in range(2)]
        for thread in threads:
            thread.start()
        first = bundle(cluster)
        for number in ("first", "second"):
            exchange(cluster, caller, number)
        stop.set()
        for thread in threads:
            thread.join(60)
        assert caller.faults == []
        trusted = shown(cluster)
        assert max(map(len, trusted)) == 2
        assert all(one & other for one, other in pairwise(trusted)), "there is always one that was known before"
        data = (cluster.get("secrets", SECRET, "assay-system") or {})["data"]
        assert set(data) == {"current.crt", "current.key", "tls.crt", "tls.key", "ca.crt"}
        assert first not in (bundle(cluster), base64.b64decode(data["ca.crt"]))


def test_a_cluster_that_forbids_it_is_told_and_nothing_ends(cluster: SimulatedCluster, tmp_path: Path) -> None:
    cluster.put(assay_policy())
    cluster.faults.forbid = lambda method, path: method != "GET" and "secrets" not in path
    with ExitStack() as stack:
        served = started(stack, cluster, tmp_path / "a", *MANAGED)
        within(lambda: "lease" in " ".join(served.get("/healthz").json().get("warnings", [])))
        assert not served.review(pod("evil.example/app:1"))["allowed"]
        cluster.faults.forbid = lambda method, path: method != "GET" and "webhook" in path
        within(
            lambda: "webhooks: the cluster answered 403" in " ".join(served.get("/healthz").json().get("warnings", []))
        )
        cluster.faults.forbid = lambda *_: False
        within(lambda: hooks(cluster))
        within(lambda: served.get("/healthz").json().get("warnings", []) == [])
