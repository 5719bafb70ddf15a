"""Kyverno's own admission controller on loopback, out of its cluster: an API server with its definitions and objects.

It writes no reports, and answers reviews at `url` with a certificate of the authority `ca`. One more is a replica.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from simulators import processes
from simulators.processes import free_port, within
from simulators.real_cluster import RealCluster, program
from simulators.with_us import end_with_us

MODULE = "github.com/kyverno/kyverno@v1.19.1"
NAMESPACE, NAME = "kyverno", "kyverno-admission-controller"
_EVENTS = "PolicyViolation,PolicyApplied,PolicyError,PolicySkipped"

Object = dict[str, Any]


class RealKyverno:
    """One that is started in a cluster, with or without events; what it says goes to ``kyverno.log`` in `folder`."""

    def __init__(self, cluster: RealCluster, folder: Path, *, events: bool) -> None:
        self.cluster = cluster
        self._base = f"https://127.0.0.1:{(port := free_port())}"
        self.url, self.ca, self._log = f"{self._base}/validate/fail", folder / "kyverno-ca.crt", folder / "kyverno.log"
        cluster.kubectl("apply", "--server-side", "--force-conflicts", "-R", "-f", str(definitions()))
        cluster.apply(*_objects())
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    str(program("kyverno", "kyverno")),
                    f"--kubeconfig={cluster.kubeconfig}",
                    *_flags(port, events=events),
                ],
                stdout=log,
                stderr=log,
                cwd=folder,
                env={**os.environ, **_environment(), "KYVERNO_POD_NAME": f"{NAME}-{port}"},
                preexec_fn=end_with_us,
            )

    def wait(self) -> None:
        """Wait until it is ready, with a certificate that its own authority signed."""
        assert within(120, self._is_ready), self.said()

    def install(self, policies: Sequence[Object]) -> None:
        """Apply ClusterPolicies, past Kyverno's own check of them, and wait until it calls them ready."""
        assert within(60, self._checks_policies), self.said()
        self.cluster.apply(*policies)
        names = {item["metadata"]["name"] for item in policies}
        assert within(60, lambda: names <= self._ready_policies()), self.said()

    def close(self) -> None:
        """Stop it, in time or at once."""
        processes.stop(self.process)

    def said(self) -> str:
        """The end of what it said."""
        return self._log.read_text(errors="replace")[-4000:]

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.said()
        secrets = {item["metadata"]["name"]: item for item in self._list(f"/api/v1/namespaces/{NAMESPACE}/secrets")}
        if "kyverno-ca" not in secrets:
            return False
        self.ca.write_bytes(base64.b64decode(secrets["kyverno-ca"]["data"]["tls.crt"]))
        try:
            return requests.get(f"{self._base}/health/readiness", verify=str(self.ca), timeout=5).ok
        except requests.RequestException:
            return False

    def _checks_policies(self) -> bool:
        found = self._list("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations")
        return any(item["metadata"]["name"] == "kyverno-policy-validating-webhook-cfg" for item in found)

    def _ready_policies(self) -> set[str]:
        found = self._list("/apis/kyverno.io/v1/clusterpolicies")
        return {item["metadata"]["name"] for item in found if _is_ready(item)}

    def _list(self, path: str) -> list[Object]:
        """Past kubectl, which mixes what it got with the API server's warnings."""
        found: list[Object] = self.cluster.request("GET", path).json()["items"]
        return found


def definitions() -> Path:
    """The definitions that Kyverno installs, out of its module."""
    done = subprocess.run(["go", "mod", "download", "-json", MODULE], capture_output=True, check=False, timeout=300)
    if done.returncode:
        pytest.skip("Kyverno's module cannot be fetched")
    return Path(json.loads(done.stdout)["Dir"]) / "config/crds"


def _is_ready(policy: Object) -> bool:
    conditions = policy.get("status", {}).get("conditions") or []
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def _flags(port: int, *, events: bool) -> list[str]:
    accounts = f"system:serviceaccount:{NAMESPACE}"
    return [
        f"--serverIP=127.0.0.1:{port}",
        "--webhookServerHost=127.0.0.1",
        f"--webhookServerPort={port}",
        "--caSecretName=kyverno-ca",
        "--tlsSecretName=kyverno-tls",
        f"--backgroundServiceAccountName={accounts}:kyverno-background-controller",
        f"--reportsServiceAccountName={accounts}:kyverno-reports-controller",
        "--controllerRuntimeMetricsAddress=0",
        "--disableMetrics=true",
        "--otelConfig=none",
        "--admissionReports=false",
        *([] if events else [f"--omitEvents={_EVENTS}"]),
    ]


def _environment() -> dict[str, str]:
    return {
        "KYVERNO_NAMESPACE": NAMESPACE,
        "KYVERNO_SERVICEACCOUNT_NAME": NAME,
        "KYVERNO_DEPLOYMENT": NAME,
        "KYVERNO_SVC": "kyverno-svc",
        "KYVERNO_ROLE_NAME": "kyverno:admission-controller",
        "INIT_CONFIG": "kyverno",
        "METRICS_CONFIG": "kyverno-metrics",
    }


def _objects() -> list[Object]:
    """What its chart would make beside it; the Deployment has no node to run on, and no pods."""
    labels = {"app": NAME}
    container = {"name": "kyverno", "image": "kyverno.example/kyverno:1"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        _item("v1", "ConfigMap", "kyverno", data={}),
        _item("v1", "ConfigMap", "kyverno-metrics", data={}),
        _item("v1", "ServiceAccount", NAME),
        _item("apps/v1", "Deployment", NAME, spec=spec),
    ]


def _item(version: str, kind: str, name: str, **more: Any) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}, **more}


@contextmanager
def real_kyverno(cluster: RealCluster, folder: Path, *, events: bool) -> Iterator[RealKyverno]:
    """Start it, wait until it is ready, and stop it."""
    found = RealKyverno(cluster, folder, events=events)
    try:
        found.wait()
        yield found
    finally:
        found.close()
