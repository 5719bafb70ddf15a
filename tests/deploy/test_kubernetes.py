"""deploy/kubernetes: what is committed there starts a server that there is, and may do nothing that it need not."""

from __future__ import annotations

import argparse
from typing import Any

import pytest
from tools import image

from assay.cli.admission import serve
from assay.formats import json_bytes, manifest
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


def test_it_may_nothing(objects: dict[str, Any], pod: Any) -> None:
    assert objects["ServiceAccount"]["automountServiceAccountToken"] is False
    assert pod["automountServiceAccountToken"] is False
    assert not {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"} & objects.keys()
    assert f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}" == image.RUNS["User"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip


@pytest.mark.parametrize(("kind", "path"), [("Validating", "/validate"), ("Mutating", "/mutate")])
def test_the_webhooks_never_ask_about_their_own_namespace(objects: dict[str, Any], kind: str, path: str) -> None:
    (webhook,) = objects[f"{kind}WebhookConfiguration"]["webhooks"]
    assert webhook["clientConfig"]["service"]["path"] == path
    (expression,) = webhook["namespaceSelector"]["matchExpressions"]
    assert {"kube-system", "assay-system"} <= set(expression["values"])
    assert expression["operator"] == "NotIn"
    assert webhook["sideEffects"] == "NoneOnDryRun"
    assert len(json_bytes.encode(webhook["rules"])) < 1000, "kinds in use, and no wildcards of resources"
    assert "*" not in {name for rule in webhook["rules"] for name in rule["resources"]}
