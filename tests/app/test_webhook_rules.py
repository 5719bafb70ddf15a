"""What the API server is asked to ask about, language by language; and the configuration that says so."""

from __future__ import annotations

from typing import Any

import pytest

from assay.app import webhook_registration, webhook_rules
from assay.app.webhook_registration import MUTATING, VALIDATING, Webhook, configuration
from assay.engines.policy.cel.environment import Environment
from assay.errors import Malformed
from assay.formats.manifest import Manifest

Object = dict[str, Any]
USUAL = {"CREATE", "UPDATE"}
PODS = {("", "pods"), ("", "pods/ephemeralcontainers")}
WORKLOADS = PODS | {
    *(("", "replicationcontrollers"), ("apps", "deployments"), ("apps", "replicasets"), ("apps", "statefulsets")),
    *(("apps", "daemonsets"), ("batch", "jobs"), ("batch", "cronjobs")),
}


def of(*items: Object, enforced: tuple[str, ...] = ("kyverno", "gatekeeper", "policy-controller", "kubernetes")) -> Any:
    return webhook_rules.of([Manifest(item, "f", number) for number, item in enumerate(items)], (), enforced)


def item(api: str, kind: str, **spec: Any) -> Object:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": "a"}, "spec": spec}


def kyverno(rule: Object, kinds: list[str], **match: Any) -> Object:
    resources = {"kinds": kinds, **match}
    made = {"name": "r", "match": {"any": [{"resources": resources}]}, **rule}
    return item("kyverno.io/v1", "ClusterPolicy", rules=[made])


def test_own_policies_are_about_workloads_unless_they_name_kinds() -> None:
    found = of(item("assay.dev/v1alpha1", "AssayPolicy", digests={"pin": True}))
    assert set(found.validate) == set(found.mutate) == WORKLOADS
    assert all(operations == USUAL for operations in found.validate.values())
    found = of(item("assay.dev/v1alpha1", "AssayPolicy", workloads={"kinds": ["CronJob"], "operations": ["CREATE"]}))
    assert found.validate == {("batch", "cronjobs"): {"CREATE"}}
    assert found.mutate == {}
    assert of(item("assay.dev/v1alpha1", "AssayException")).validate == {}


def test_kyverno_policies_about_pods_are_about_what_makes_pods() -> None:
    assert set(of(kyverno({"validate": {}}, ["Pod"])).validate) == WORKLOADS
    found = of(kyverno({"validate": {}}, ["networking.k8s.io/v1/NetworkPolicy", "v1/Service", "Namespace"]))
    assert set(found.validate) == {("networking.k8s.io", "networkpolicies"), ("", "services"), ("", "namespaces")}
    found = of(kyverno({"mutate": {}}, ["ConfigMap"]), kyverno({"verifyImages": []}, ["Pod"]))
    assert found.mutate[("", "configmaps")] == USUAL
    assert ("", "configmaps") not in found.validate
    assert set(found.validate) == WORKLOADS


def test_deletions_and_connections_are_asked_about_only_where_a_policy_does() -> None:
    assert of(kyverno({"validate": {}}, ["Secret"])).validate == {("", "secrets"): USUAL}
    assert of(kyverno({"validate": {}}, ["Secret"], operations=["DELETE"])).validate == {("", "secrets"): {"DELETE"}}
    condition = {"key": "{{ request.operation }}", "operator": "Equals", "value": "DELETE"}
    found = of(kyverno({"validate": {"deny": {"conditions": [condition]}}}, ["Secret"]))
    assert found.validate == {("", "secrets"): {*USUAL, "DELETE"}}
    assert "CONNECT" in of(kyverno({"validate": {}}, ["Pod/exec"])).validate[("", "pods/exec")]


def test_policies_in_cel_name_their_resources() -> None:
    rules = [{"apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments"], "operations": ["*"]}]
    match = {"resourceRules": rules}
    found = of(item("policies.kyverno.io/v1", "ValidatingPolicy", matchConstraints=match))
    assert found.validate == {("apps", "deployments"): {*USUAL, "DELETE", "CONNECT"}}
    found = of(item("policies.kyverno.io/v1", "MutatingPolicy", matchConstraints=match))
    assert (found.validate, found.mutate) == ({}, {("apps", "deployments"): USUAL})
    off = {"admission": {"enabled": False}}
    assert of(item("policies.kyverno.io/v1", "ValidatingPolicy", matchConstraints=match, evaluation=off)).validate == {}
    pods = {"resourceRules": [{"apiGroups": [""], "resources": ["pods"]}]}
    found = of(item("policies.kyverno.io/v1", "ImageValidatingPolicy", matchConstraints=pods))
    assert set(found.validate) == set(found.mutate) == WORKLOADS


def test_gatekeepers_constraints_and_mutators_name_groups_and_kinds() -> None:
    kinds = [{"apiGroups": ["", "apps"], "kinds": ["Pod", "Deployment"]}]
    found = of(item("constraints.gatekeeper.sh/v1beta1", "K8sAny", match={"kinds": kinds}))
    assert ("apps", "deployments") in found.validate
    assert ("", "pods") in found.validate
    assert of(item("constraints.gatekeeper.sh/v1beta1", "K8sAny")).validate == {("*", "*"): USUAL}
    found = of(item("mutations.gatekeeper.sh/v1", "Assign", applyTo=[{"groups": [""], "kinds": ["Pod"]}]))
    assert (found.validate, set(found.mutate)) == ({}, PODS)


def test_kinds_that_kubernetes_does_not_have_are_looked_up() -> None:
    policy = Manifest(kyverno({"validate": {}}, ["Octopus", "cert-manager.io/v1/Certificate/status"]), "f", 1)
    served = {("*", "Octopus"): [("sea.example", "octopodes"), ("zoo.example", "octopuses")]}
    found = webhook_rules.of([policy], (), (), lambda group, kind: served.get((group, kind), []))
    assert set(found.validate) == {
        *(("sea.example", "octopodes"), ("zoo.example", "octopuses")),
        ("cert-manager.io", "certificates/status"),
    }


def test_engines_that_only_report_change_nothing() -> None:
    found = of(kyverno({"mutate": {}}, ["ConfigMap"]), kyverno({"validate": {}}, ["Secret"]), enforced=())
    assert (set(found.validate), found.mutate) == ({("", "secrets")}, {})


def test_policies_that_could_not_be_loaded_ask_for_nothing() -> None:
    policy = Manifest(kyverno({"validate": {}}, ["Pod"]), "cluster/ClusterPolicy/a", 1)
    assert webhook_rules.of([policy], [Malformed("cluster/ClusterPolicy/a:1: rules: no")], ()).validate == {}
    assert webhook_rules.of([policy], [Malformed("cluster/ClusterPolicy/ab:1: rules: no")], ()).validate != {}


def test_image_policies_of_sigstore_are_about_what_they_match() -> None:
    assert set(of(item("policy.sigstore.dev/v1beta1", "ClusterImagePolicy")).validate) == WORKLOADS
    match = [{"group": "batch", "version": "v1", "resource": "jobs"}]
    assert set(of(item("policy.sigstore.dev/v1beta1", "ClusterImagePolicy", match=match)).mutate) == {("batch", "jobs")}


def test_the_configuration_leaves_out_what_must_not_be_held_up() -> None:
    webhook = Webhook("a", "ns", "svc", labels={"guarded": "yes"}, account="system:serviceaccount:ns:a")
    made: Any = configuration(webhook, VALIDATING, of(item("constraints.gatekeeper.sh/v1beta1", "K8sAny")), b"pem")
    hook, own = made["webhooks"]
    conditions = {one["name"]: one["expression"] for one in hook["matchConditions"]}
    assert conditions["not-ourselves"] == 'request.userInfo.username != "system:serviceaccount:ns:a"'
    assert "leases" in conditions["no-noise"]
    assert hook["namespaceSelector"]["matchLabels"] == {"guarded": "yes"}
    assert own["failurePolicy"] == "Ignore"
    made = configuration(webhook, VALIDATING, of(kyverno({"validate": {}}, ["*", "Lease"])), b"")
    (text,) = (one["expression"] for one in made["webhooks"][0]["matchConditions"] if one["name"] == "no-noise")
    assert "leases" not in text, "a policy names them"
    assert "caBundle" not in made["webhooks"][0]["clientConfig"]
    made = configuration(Webhook("a", "ns", url="https://h:1"), MUTATING, of(kyverno({"mutate": {}}, ["Pod"])), b"")
    assert made["webhooks"][0]["clientConfig"] == {"url": "https://h:1/mutate"}
    assert made["webhooks"][0]["reinvocationPolicy"] == "IfNeeded"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"userInfo": {"username": "u", "groups": ["dev"]}, "object": None}, True),
        ({"userInfo": {"username": "n", "groups": ["system:nodes"]}, "object": None}, True),
        ({"userInfo": {"username": "n", "groups": ["system:nodes"]}, "object": {"metadata": {}}}, True),
        ({"userInfo": {"groups": ["system:nodes"]}, "object": {"metadata": {"annotations": {"a": "b"}}}}, True),
        (
            {
                "userInfo": {"groups": ["system:nodes"]},
                "object": {"metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}}},
            },
            False,
        ),
        (
            {
                "userInfo": {"groups": ["dev"]},
                "object": {"metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}}},
            },
            True,
        ),
    ],
)
def test_mirror_pods_of_the_kubelet_are_not_asked_about(request_: Object, expected: bool) -> None:
    program = Environment(("request", "object")).compile(webhook_registration.MIRROR)
    assert program.truth({"request": request_, "object": request_["object"]}) is expected
