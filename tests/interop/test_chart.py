"""Helm itself renders the chart: as the committed manifests have it, and with every way of having certificates."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from assay.app import identity_policies
from assay.cli.admission import serve
from assay.formats import manifest
from deploy.chart import FOLDER, HELM, PLAIN, RENDER

pytestmark = pytest.mark.interop
BIN = Path(__file__).parents[2] / "bench/.build/bin"


def helm(*words: str, code: int = 0) -> str:
    """Run Helm, built once from its Go module; what it wrote, or its complaint where `code` is not 0."""
    program = BIN / "helm"
    if not program.exists():
        go = shutil.which("go") or pytest.skip("there is no go")
        subprocess.run([go, "install", HELM], check=True, env={**os.environ, "GOBIN": str(BIN)})
    done = subprocess.run([str(program), *words], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stderr
    return done.stderr if code else done.stdout


def test_the_plain_manifests_are_what_the_chart_renders() -> None:
    assert helm(*RENDER) == PLAIN.read_text(encoding="utf-8")


def test_the_chart_is_sound() -> None:
    assert "0 chart(s) failed" in helm("lint", "--strict", str(FOLDER / "chart"))


def test_several_replicas_with_certificates_of_the_chart() -> None:
    words = (
        "--set",
        "tls.from=chart,webhook.managed=false,replicas=3,policyConfigMaps={one,two},plainHttp={registry:5000}",
    )
    found: list[Any] = [item.object for item in manifest.read(helm(*RENDER, *words), "chart")]
    by_kind = {item["kind"]: item for item in found}
    assert by_kind["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 1
    secret, webhooks = by_kind["Secret"], by_kind["ValidatingWebhookConfiguration"]["webhooks"]
    assert webhooks[0]["clientConfig"]["caBundle"] == secret["data"]["ca.crt"]
    assert "Certificate" not in by_kind


def test_alerts_are_there_where_they_are_wanted() -> None:
    """Every figure that a rule asks about is one that the controller tells."""
    told = (FOLDER.parents[1] / "docs/guide/admission-records.md").read_text(encoding="utf-8")
    words = ("--set", "monitoring.enabled=true,monitoring.labels.release=prometheus")
    found: list[Any] = [item.object for item in manifest.read(helm(*RENDER, *words), "chart")]
    by_kind = {item["kind"]: item for item in found}
    assert by_kind["ServiceMonitor"]["metadata"]["labels"]["release"] == "prometheus"
    (group,) = by_kind["PrometheusRule"]["spec"]["groups"]
    assert {rule["alert"] for rule in group["rules"]} >= {"AssayGlassBroken", "AssayPolicyNotLoaded"}
    names = {name for rule in group["rules"] for name in re.findall(r"assay_\w+", rule["expr"])}
    assert names and all(name.removesuffix("_bucket") in told for name in names)
    assert "$labels.glass" in group["rules"][0]["annotations"]["summary"]


OFF = "cluster.lookUp=false,cluster.pullSecrets=false,cluster.policies=false,cluster.scan=0,cluster.events=false"


def test_a_release_that_asks_nothing_of_the_cluster_has_no_token_and_no_rights() -> None:
    words = ("--set", f"{OFF},webhook.managed=false,tls.from=chart")
    found: list[Any] = [item.object for item in manifest.read(helm(*RENDER, *words), "chart")]
    assert not {item["kind"] for item in found} & {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"}
    (pod,) = (item["spec"]["template"]["spec"] for item in found if item["kind"] == "StatefulSet")
    assert pod["automountServiceAccountToken"] is False
    assert "--in-cluster" not in pod["containers"][0]["args"]
    kinds = {item["kind"]: item for item in found}
    (expression,) = kinds["MutatingWebhookConfiguration"]["webhooks"][0]["namespaceSelector"]["matchExpressions"]
    assert {"kube-system", "assay-system"} <= set(expression["values"])


def test_a_release_keeps_its_own_certificates_and_webhooks_unless_told_otherwise() -> None:
    found: list[Any] = [item.object for item in manifest.read(helm(*RENDER, "--set", "tls.from=controller"), "chart")]
    kinds = {item["kind"]: item for item in found}
    assert "data" not in kinds["Secret"], "an upgrade must not take the keys away"
    assert "ValidatingWebhookConfiguration" not in kinds
    (container,) = kinds["StatefulSet"]["spec"]["template"]["spec"]["containers"]
    assert f"--tls-secret={kinds['Secret']['metadata']['name']}" in container["args"]
    assert "--manage-webhooks" in container["args"]
    named = {name for rule in kinds["Role"]["rules"] for name in rule.get("resourceNames", ())}
    assert kinds["Secret"]["metadata"]["name"] in named


def test_who_may_break_glass_is_named(tmp_path: Path) -> None:
    values = {"identities": [{"issuer": "https://id.example", "identity-regexp": r"on-call-\d+@acme\.example"}]}
    words = ("--set-json", f"breakGlass={json.dumps(values)}")
    found: list[Any] = [item.object for item in manifest.read(helm(*RENDER, *words), "chart")]
    (text,) = (item["data"]["identities.toml"] for item in found if "identities.toml" in item.get("data", {}))
    (tmp_path / "identities.toml").write_text(text)
    assert len(identity_policies.load(tmp_path / "identities.toml").wanted) == 1
    (container,) = (
        item["spec"]["template"]["spec"]["containers"][0] for item in found if item["kind"] == "StatefulSet"
    )
    (flag,) = (word for word in container["args"] if word.startswith("--break-glass-policy="))
    assert any(flag.partition("=")[2].startswith(mount["mountPath"]) for mount in container["volumeMounts"])


def arguments(*words: str) -> list[str]:
    found: list[Any] = [item.object for item in manifest.read(helm(*RENDER, *words), "chart")]
    (pod,) = (item["spec"]["template"]["spec"] for item in found if item["kind"] == "StatefulSet")
    args: list[str] = pod["containers"][0]["args"]
    return args


def test_several_replicas_hold_to_one_generation_or_share_a_database() -> None:
    assert "--replicas" not in arguments()
    assert "--replicas" in arguments("--set", "replicas=3")
    assert "--replicas" not in arguments("--set", "replicas=3,database.secretName=db")
    assert "--notify-host=registry.example" in arguments(
        "--set", "notifications.secretName=n,notifications.host=registry.example"
    )


def test_what_the_chart_says_the_server_takes() -> None:
    parser = argparse.ArgumentParser()
    serve.register(parser)
    some = "replicas=3,notifications.secretName=n,breakGlass.key=x,tls.from=controller"
    parser.parse_args(arguments("--set", f"{some},enforce={{kyverno}},cluster.events=false,webhook.mutate=true")[2:])


def test_rights_come_with_what_takes_them() -> None:
    words = ("--set", f"{OFF},cluster.policies=true,tls.from=controller")
    found: list[Any] = [item.object for item in manifest.read(helm(*RENDER, *words), "chart")]
    kinds = {item["kind"]: item for item in found}
    groups = {group for rule in kinds["ClusterRole"]["rules"] for group in rule["apiGroups"]}
    assert "assay.dev" in groups
    assert not groups & {"", "apps", "wgpolicyk8s.io", "events.k8s.io"}


def test_values_that_are_none_are_refused() -> None:
    words = ("--set", "tls.from=controller,webhook.managed=false")
    assert "webhook.managed" in helm(*RENDER, *words, code=1)
    assert "replica" in helm(*RENDER, "--set", "replicas=0", code=1)
    assert "failurePolicy" in helm(*RENDER, "--set", "webhook.failurePolicy=Maybe", code=1)
