"""The Helm chart in a real cluster without nodes: its objects are applied, its pod runs here as a process.

What a kubelet would do is done here: volumes are filled from the objects in the cluster, paths in the arguments lead
there, and the account's token is asked for. The Service leads to loopback; names and certificates stay the chart's.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assay.formats import manifest
from simulators.processes import free_port
from simulators.real_cluster import BIN, ROOT, RealCluster
from simulators.with_us import end_with_us

NAMESPACE = "assay-system"
NAME = "assay"
CHART = ROOT / "deploy/kubernetes/chart"
_START = 120.0

Object = dict[str, Any]


class InstalledChart:
    """A release of the chart."""

    def __init__(self, cluster: RealCluster, folder: Path, values: Object) -> None:
        self.cluster, self.folder, self.port = cluster, folder, free_port()
        self.process: subprocess.Popen[str] | None = None
        self.errors, self.output = folder / "stderr", folder / "stdout"
        cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        self.upgrade(values)

    def upgrade(self, values: Object) -> None:
        """Render the chart with these values, and apply it."""
        extra = [*values.get("extraArguments", []), f"--webhook-port={self.port}"]
        (self.folder / "values.json").write_text(json.dumps({**values, "extraArguments": extra}))
        words = (
            "--namespace",
            NAMESPACE,
            "--kube-version",
            "1.36.3",
            "--include-crds",
            "-f",
            str(self.folder / "values.json"),
        )
        command = [str(BIN / "helm"), "template", NAME, str(CHART), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        items: list[Object] = [item.object for item in manifest.read(done.stdout, "chart")]
        self.objects = {f"{item['kind']}/{item['metadata']['name']}": item for item in map(self._here, items)}
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(self.objects.values())})
        self.cluster.kubectl("apply", "-n", NAMESPACE, "--server-side", "--force-conflicts", "-f", "-", text=text)

    def _here(self, item: Object) -> Object:
        """The same with the Service, and whoever names its port, leading to this process."""
        if item["kind"] == "Service":
            item["spec"] = {"type": "ExternalName", "externalName": "127.0.0.1"}
        for webhook in item.get("webhooks", ()):
            webhook["clientConfig"]["service"]["port"] = self.port
        return item

    @property
    def pod(self) -> Object:
        """The pod of the chart."""
        (found,) = (item for item in self.objects.values() if item["kind"] in ("StatefulSet", "Deployment"))
        spec: Object = found["spec"]["template"]["spec"]
        return spec

    def fill(self) -> None:
        """Fill the volumes, as a kubelet does it every minute."""
        for volume in self.pod.get("volumes", ()):
            place = self.folder / "volumes" / volume["name"]
            place.mkdir(parents=True, exist_ok=True)
            for name, data in self._content(volume).items():
                if not (place / name).exists() or (place / name).read_bytes() != data:
                    (place / f".{name}").write_bytes(data)
                    (place / f".{name}").rename(place / name)

    def _content(self, volume: Object) -> dict[str, bytes]:
        if "configMap" in volume:
            found = self._object("configmap", volume["configMap"]["name"], volume["configMap"])
            return {name: text.encode() for name, text in found.get("data", {}).items()}
        if "secret" in volume:
            found = self._object("secret", volume["secret"]["secretName"], volume["secret"])
            return {name: base64.b64decode(text) for name, text in found.get("data", {}).items()}
        return {}

    def _object(self, kind: str, name: str, source: Object) -> Object:
        optional = ("--ignore-not-found",) if source.get("optional") else ()
        found = self.cluster.kubectl("get", kind, name, "-n", NAMESPACE, "-o", "json", *optional)
        item: Object = json.loads(found or "{}")
        return item

    @contextmanager
    def running(self, *flags: str) -> Iterator[InstalledChart]:
        """The pod's process, ready, until the end."""
        self.start(*flags)
        try:
            yield self
        finally:
            self.stop()

    def start(self, *flags: str) -> None:
        """Start the process of the pod, and wait until it is ready."""
        self.fill()
        (container,) = self.pod["containers"]
        command = [sys.executable, "-m", "assay", *self._arguments(container), *flags]
        with self.errors.open("a") as errors, self.output.open("a") as output:
            self.process = subprocess.Popen(
                command,
                stdout=output,
                stderr=errors,
                text=True,
                env=self._environment(container),
                cwd=self.folder,
                preexec_fn=end_with_us,
            )
        guard = threading.Timer(1800, self.process.kill)
        guard.daemon = True
        guard.start()
        self._wait()

    def stop(self) -> None:
        """Stop it as a kubelet does."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)
            self.process = None

    def _arguments(self, container: Object) -> list[str]:
        """The pod's own arguments, with the paths and the address of this machine."""
        found = []
        for word in container["args"]:
            if word == "--in-cluster":
                found.append(f"--kubeconfig={self.cluster.account(NAMESPACE, self.pod['serviceAccountName'])}")
                continue
            flag, sign, value = word.partition("=")
            place = next(
                (at + value[len(path) :] for path, at in self._mounts(container) if value.startswith(path)), ""
            )
            value = place or value.replace("0.0.0.0:8443", f"127.0.0.1:{self.port}")
            found.append(f"{flag}{sign}{value}")
        return [*found, f"--webhook-port={self.port}"]

    def _mounts(self, container: Object) -> list[tuple[str, str]]:
        """Where each volume is in the container and here."""
        volumes = self.folder / "volumes"
        return [(item["mountPath"], str(volumes / item["name"])) for item in container["volumeMounts"]]

    def _environment(self, container: Object) -> dict[str, str]:
        found = {**os.environ, "ASSAY_DATA_DIR": str(self.folder / "data")}
        fields = {"metadata.namespace": NAMESPACE, "metadata.name": f"{NAME}-0"}
        fields["spec.serviceAccountName"] = self.pod["serviceAccountName"]
        for item in container.get("env", ()):
            source = item.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
            found[item["name"]] = fields[source] if source else item["value"]
        return found

    def _wait(self) -> None:
        end = time.monotonic() + _START
        while time.monotonic() < end:
            assert self.process is not None
            assert self.process.poll() is None, self.errors.read_text()
            if self.status("/readyz") == 200 and self._registered():
                return
            time.sleep(0.05)
        raise AssertionError(self.errors.read_text())

    def _registered(self) -> bool:
        """Whether the API server asks: the controller writes that down itself, unless the chart has it."""
        if "--manage-webhooks" not in self.pod["containers"][0]["args"]:
            return True
        found = self.cluster.kubectl("get", "validatingwebhookconfiguration", NAME, "-o", "name", code=None)
        return found.startswith("validating")

    def _is_registered(self) -> bool:
        """Whether both webhook configurations are there, whoever keeps them."""
        kinds = "validatingwebhookconfigurations,mutatingwebhookconfigurations"
        return len(self.cluster.get(kinds)["items"]) >= 2

    def status(self, path: str) -> int:
        """The status of a page; 0 where nobody answers."""
        return self.page(path)[0]

    def page(self, path: str) -> tuple[int, str]:
        """A page; the certificate is for the name of the Service, and is looked at by the API server."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def counted(self, series: str) -> float:
        """The sum of a series of the metrics."""
        lines = self.page("/metrics")[1].splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{series} ", f"{series}{{")))

    def decisions(self) -> list[Object]:
        """The decision log."""
        return [json.loads(line) for line in self.output.read_text().splitlines() if line.startswith("{")]
