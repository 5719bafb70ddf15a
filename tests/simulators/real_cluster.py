"""A real control plane on loopback: etcd, API server and controllers of Kubernetes. No node: pods wait for ever.

The programs are built once from Go modules (17 minutes) by ``tests/interop/kubernetes/build.sh``; etcd is Debian's.
"""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from assay.adapters.kubernetes import access
from assay.adapters.kubernetes.client import Cluster
from simulators import processes
from simulators.cluster_keys import ClusterKeys
from simulators.kubeconfig import kubeconfig
from simulators.processes import free_port, within
from simulators.with_us import end_with_us

ROOT = Path(__file__).parents[2]
BIN = ROOT / "bench/.build/bin"
SCRIPT = ROOT / "tests/interop/kubernetes/build.sh"
_START = 120.0
_AUDIT = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "Metadata", "resources": [{"group": "", "resources": ["pods"]}, {"group": "apps"}]},
        {"level": "None"},
    ],
}

Object = dict[str, Any]


def program(name: str, of: str = "kubernetes") -> Path:
    """A program of Kubernetes or Kyverno, built where it is not yet."""
    found = BIN / name
    if not found.exists():
        if shutil.which("go") is None:
            pytest.skip("there is no go")
        subprocess.run([SCRIPT, of], check=True)
    return found


class RealCluster:
    """One in `folder`; `kubeconfig` is that of its administrator."""

    def __init__(self, folder: Path) -> None:
        etcd = shutil.which("etcd")
        if etcd is None:
            pytest.skip("etcd-server is not installed (make system)")
        self.folder, self._etcd = folder, etcd
        self.keys = ClusterKeys(folder / "keys")
        self.port, self._store, peers = free_port(), free_port(), free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.kubeconfig = self._by_certificate("admin", "system:masters")
        self.audit_log = folder / "audit.log"
        (folder / "audit.json").write_text(json.dumps(_AUDIT))
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        at, beside = (f"http://127.0.0.1:{port}" for port in (self._store, peers))
        listen = [f"--listen-client-urls={at}", f"--advertise-client-urls={at}", f"--listen-peer-urls={beside}"]
        more = [f"--initial-advertise-peer-urls={beside}", f"--initial-cluster=default={beside}", "--unsafe-no-fsync"]
        self._start("etcd", [self._etcd, f"--data-dir={folder / 'etcd'}", *listen, *more])
        self._wait(lambda: requests.get(f"{at}/health", timeout=2).ok, "etcd")

    def start(self) -> None:
        """Start the API server and the controllers, and wait until both are at work."""
        self.start_api()
        self._start("controllers", _controllers(self))
        self._wait(self._has_accounts, "controllers")

    def start_api(self) -> None:
        """Start the API server, as before where it was there before."""
        self._start("api", _api_server(self, self._store))
        self._wait(self._ready, "api")

    def stop(self, name: str) -> None:
        """Stop ``api``, ``controllers`` or ``etcd``."""
        process = self._running.pop(name, None)
        if process is not None:
            processes.stop(process)

    def client(self, kubeconfig: Path | None = None) -> Cluster:
        """The project's client, as the administrator or another."""
        return Cluster(access.kubeconfig(kubeconfig or self.kubeconfig))

    def kubectl(self, *words: str, code: int | None = 0, text: str = "") -> str:
        """Run kubectl as the administrator; what it wrote and complained of, and how it has to end (None: any way)."""
        own = [f"--kubeconfig={self.kubeconfig}", f"--cache-dir={self.folder / 'kubectl'}"]
        command = [str(program("kubectl")), *own, *words]
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120, check=False)
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def apply(self, *items: Object, code: int = 0) -> str:
        """``kubectl apply`` of objects."""
        return self.kubectl("apply", "-f", "-", code=code, text=json.dumps(_list(items)))

    def namespace(self, name: str, **labels: str) -> None:
        """Make a namespace, and wait for its account, without which it takes no pods."""
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        assert within(20, lambda: "default" in self.kubectl("get", "serviceaccounts", "-n", name))

    def create(self, item: Object, *words: str, code: int | None = 0) -> str:
        """``kubectl create`` of an object."""
        return self.kubectl("create", "-f", "-", *words, code=code, text=json.dumps(item))

    def get(self, *words: str) -> Object:
        """``kubectl get``: the object, or the list."""
        found: Object = json.loads(self.kubectl("get", *words, "-o", "json"))
        return found

    def account(self, namespace: str, name: str) -> Path:
        """A kubeconfig with a token of a service account, asked for as a kubelet asks for those of its pods."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        wanted = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 7200}}
        answer = self.request("POST", path, wanted)
        place = self.folder / f"{name}.token"
        place.write_text(answer.json()["status"]["token"])
        return self._kubeconfig(name, {"tokenFile": str(place)})

    def request(self, method: str, path: str, body: Object | None = None) -> requests.Response:
        """What the API server answers to its administrator."""
        pair = self.keys.client("admin", "system:masters")
        certificate = str(pair.certificate), str(pair.key)
        url = f"{self.url}{path}"
        answer = requests.request(method, url, json=body, cert=certificate, verify=str(self.keys.ca), timeout=30)
        answer.raise_for_status()
        return answer

    def audited(self, name: str) -> list[Object]:
        """What the API server's audit log holds about objects of a name."""
        lines = self.audit_log.read_text().splitlines()
        found = [json.loads(line) for line in lines if f'"{name}"' in line]
        return [item for item in found if item.get("objectRef", {}).get("name") == name]

    def log(self, name: str) -> str:
        """The end of what a program complained of."""
        return (self.folder / f"{name}.log").read_text(errors="replace")[-4000:]

    def close(self) -> None:
        """Stop everything."""
        for name in ("controllers", "api", "etcd"):
            self.stop(name)

    def _by_certificate(self, name: str, group: str = "") -> Path:
        pair = self.keys.client(name, group)
        return self._kubeconfig(name, {"client-certificate": str(pair.certificate), "client-key": str(pair.key)})

    def controllers_config(self) -> Path:
        """The kubeconfig of the controllers."""
        return self._by_certificate("system:kube-controller-manager")

    def _kubeconfig(self, name: str, user: Object) -> Path:
        authority = {"certificate-authority": str(self.keys.ca)}
        file = f"{name.replace(':', '-')}.kubeconfig"
        return kubeconfig(self.folder, self.url, user, name=file, **authority)

    def _start(self, name: str, command: Sequence[str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, preexec_fn=end_with_us)
        self._running[name] = process

    def _wait(self, ready: Any, name: str) -> None:
        end = time.monotonic() + _START
        while time.monotonic() < end:
            assert self._running[name].poll() is None, self.log(name)
            try:
                if ready():
                    return
            except (requests.RequestException, ssl.SSLError):
                pass
            time.sleep(0.2)
        raise AssertionError(self.log(name))

    def _ready(self) -> bool:
        return self.request("GET", "/readyz").ok

    def _has_accounts(self) -> bool:
        return self.request("GET", "/api/v1/namespaces/default/serviceaccounts/default").ok


def _api_server(cluster: RealCluster, store: int) -> list[str]:
    keys = cluster.keys
    return [
        str(program("kube-apiserver")),
        f"--etcd-servers=http://127.0.0.1:{store}",
        "--bind-address=127.0.0.1",
        f"--secure-port={cluster.port}",
        "--endpoint-reconciler-type=none",
        "--service-cluster-ip-range=10.96.0.0/24",
        f"--tls-cert-file={keys.server.certificate}",
        f"--tls-private-key-file={keys.server.key}",
        f"--client-ca-file={keys.ca}",
        f"--service-account-key-file={keys.accounts}",
        f"--service-account-signing-key-file={keys.accounts}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--authorization-mode=RBAC",
        f"--audit-policy-file={cluster.folder / 'audit.json'}",
        f"--audit-log-path={cluster.audit_log}",
        "--audit-log-mode=blocking",
        "--shutdown-delay-duration=0",
    ]


def _controllers(cluster: RealCluster) -> list[str]:
    return [
        str(program("kube-controller-manager")),
        f"--kubeconfig={cluster.controllers_config()}",
        f"--service-account-private-key-file={cluster.keys.accounts}",
        f"--root-ca-file={cluster.keys.ca}",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={free_port()}",
        f"--cert-dir={cluster.folder / 'controllers'}",
    ]


def _list(items: Sequence[Object]) -> Object:
    return {"apiVersion": "v1", "kind": "List", "items": list(items)}


@contextmanager
def real_cluster(folder: Path) -> Iterator[RealCluster]:
    """Start one in a folder, and stop it."""
    with ExitStack() as stack:
        cluster = RealCluster(folder)
        stack.callback(cluster.close)
        cluster.start()
        yield cluster
