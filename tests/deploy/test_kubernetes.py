"""deploy/kubernetes: what is committed there starts a server that there is, and may do nothing that it need not."""

from __future__ import annotations

import argparse
from typing import Any

import pytest
from tools import image

from assay.app.webhook_registration import MUTATING, VALIDATING, configuration
from assay.app.webhook_rules import Rules
from assay.cli.admission import _cluster, serve
from assay.formats import manifest
from assay.model.policy import GroupVersionKind
from deploy.chart import PLAIN


@pytest.fixture(scope="module")
def objects() -> dict[str, Any]:
    """The objects by kind."""
    return {str(item.object["kind"]): item.object for item in manifest.read(PLAIN.read_bytes(), PLAIN.name)}


@pytest.fixture(scope="module")
def pod(objects: dict[str, Any]) -> Any:
    return objects["StatefulSet"]["spec"]["template"]["spec"]


def test_the_container_is_started_with_flags_that_there_are(pod: Any) -> None:
    (container,) = pod["containers"]
    assert container["args"][:2] == ["admission", "serve"]
    parser = argparse.ArgumentParser()
    serve.register(parser)
    found = parser.parse_args(container["args"][2:])
    assert found.listen.endswith(f":{container['ports'][0]['containerPort']}")
    mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
    for path in (found.tls_certificate, *map(str, found.policies)):
        assert any(path.startswith(mount) for mount in mounts), path
    written = [word.partition("=")[2] for word in image.RUNS["Env"] if word.startswith("ASSAY_")]
    assert set(written) <= mounts, "the root is read-only"


def test_it_runs_as_nobody_and_writes_nothing(objects: dict[str, Any], pod: Any) -> None:
    assert objects["ServiceAccount"]["automountServiceAccountToken"] is False
    assert f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}" == image.RUNS["User"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip


@pytest.mark.parametrize(("kind", "path"), [(VALIDATING, "/validate"), (MUTATING, "/mutate")])
def test_the_webhooks_never_ask_about_their_own_namespace(
    objects: dict[str, Any], pod: Any, kind: GroupVersionKind, path: str
) -> None:
    parser = argparse.ArgumentParser()
    serve.register(parser)
    webhook = _cluster.webhook(parser.parse_args(pod["containers"][0]["args"][2:]))
    rules = Rules({("", "pods"): {"CREATE"}}, {("", "pods"): {"CREATE"}})
    hooks: Any = configuration(webhook, kind, rules, b"")["webhooks"]
    assert hooks[0]["clientConfig"]["service"]["name"] == objects["Service"]["metadata"]["name"]
    assert hooks[0]["clientConfig"]["service"]["path"] == path
    (expression,) = hooks[0]["namespaceSelector"]["matchExpressions"]
    assert set(expression["values"]) == {"kube-system", "kube-node-lease", "kube-public", "assay-system"}
    assert expression["operator"] == "NotIn"


def rules(item: Any) -> list[tuple[str, str, str, bool]]:
    """Group, resource, verb, and whether only named objects are meant."""
    return [
        (group, resource, verb, "resourceNames" in rule)
        for rule in item["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]


WRITES = {"create", "update", "patch", "delete", "deletecollection", "*", "bind", "escalate", "impersonate"}
REPORTS = {("wgpolicyk8s.io", "policyreports"), ("wgpolicyk8s.io", "clusterpolicyreports")}
REPORTS |= {("openreports.io", "reports"), ("openreports.io", "clusterreports")}


def test_its_account_may_write_what_it_has_to_and_nothing_else(objects: dict[str, Any], pod: Any) -> None:
    assert pod["automountServiceAccountToken"] is True
    writes = {
        (group, name) for group, name, verb, named in rules(objects["ClusterRole"]) if verb in WRITES and not named
    }
    status = {("assay.dev", f"{name}/status") for name in ("assaypolicies", "assayexceptions", "breakglasses")}
    made = {("admissionregistration.k8s.io", f"{kind}webhookconfigurations") for kind in ("validating", "mutating")}
    assert writes == {*status, *made, *REPORTS, ("", "events"), ("events.k8s.io", "events")}
    everything = [*rules(objects["ClusterRole"]), *rules(objects["Role"])]
    assert {verb for _, name, verb, named in everything if name == "secrets" and not named} == {"get"}
    assert {verb for group, _, verb, named in everything if group == "admissionregistration.k8s.io" and not named} == {
        "create"
    }
    assert not [row for row in everything if row[0] == "*" or row[2] == "*" or (row[1] == "*" and row[2] in WRITES)]
