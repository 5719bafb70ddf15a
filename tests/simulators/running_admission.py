"""The admission controller, started as its users start it: ``assay admission serve``, asked over HTTPS."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from simulators.processes import PATIENCE, free_port, started, within

Object = dict[str, Any]


class RunningAdmission:
    """One that serves: `url` without a slash at the end; its certificate is checked against its own authority."""

    def __init__(self, url: str, ca: Path, process: subprocess.Popen[str]) -> None:
        self.url, self.process = url, process
        self._session = requests.Session()
        self._ca = str(ca)

    def close(self) -> None:
        """End the connections, for which a server waits when it is stopped."""
        self._session.close()

    def get(self, path: str) -> requests.Response:
        """A page of it."""
        return self._session.get(f"{self.url}{path}", timeout=PATIENCE, verify=self._ca)

    def send(self, path: str, data: bytes, timeout: str = "", **more: str) -> requests.Response:
        """What it answers to a body, sent with `more` headers."""
        query = f"?timeout={timeout}" if timeout else ""
        headers = {"Content-Type": "application/json", **more}
        return self._session.post(
            f"{self.url}{path}{query}", data=data, headers=headers, timeout=PATIENCE, verify=self._ca
        )

    def review(self, item: Object, path: str = "/validate", timeout: str = "30s", **request: Any) -> Object:
        """The response to a review of an object that is made, or as `request` says; `timeout` is the API server's."""
        answer = self.send(path, json.dumps(review(item, **request)).encode(), timeout)
        assert answer.status_code == 200, answer.text
        found: Object = answer.json()["response"]
        return found


def review(item: Object, **request: Any) -> Object:
    """An AdmissionReview, as the API server sends it for a pod."""
    kind = {"group": "", "version": "v1", "kind": item.get("kind", "Pod")}
    if "/" in item.get("apiVersion", ""):
        kind["group"], kind["version"] = item["apiVersion"].split("/")
    asked = {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": kind,
        "resource": {"group": kind["group"], "version": kind["version"], "resource": kind["kind"].lower() + "s"},
        "namespace": "shop",
        "name": item["metadata"].get("name", ""),
        "operation": "CREATE",
        "userInfo": {"username": "dev@org.example", "groups": ["system:authenticated"]},
        "object": item,
        "oldObject": None,
        "dryRun": False,
        **request,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": asked}


def pod(*images: str, name: str = "app") -> Object:
    """A pod that runs these images."""
    containers = [{"name": f"c{number}", "image": image} for number, image in enumerate(images)]
    metadata = {"name": name, "namespace": "shop", "labels": {"app": name}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": containers}}


def patch(response: Object) -> list[Object]:
    """The operations in a response."""
    found: list[Object] = json.loads(base64.b64decode(response["patch"])) if "patch" in response else []
    return found


def decisions(log: Path) -> list[Object]:
    """What a decision log has; its last line may be in the midst of being written."""
    *whole, _ = log.read_text().split("\n")
    return [json.loads(line) for line in whole]


@contextmanager
def running_admission(
    folder: Path, *flags: str | Path, ready: bool = True, most: float = 1200
) -> Iterator[RunningAdmission]:
    """Start it with `flags` on a free port of loopback, and stop it; used when it is ready, or when it answers.

    After `most` seconds it ends by itself.
    """
    port = free_port()
    data = folder / "data"
    command = [sys.executable, "-m", "assay", "admission", "serve", "--listen", f"127.0.0.1:{port}", *flags]
    environment = {**os.environ, "ASSAY_DATA_DIR": str(data)}
    with (folder / "stderr").open("w") as errors, started(command, most, errors, environment) as (process, line):
        found = RunningAdmission(f"https://127.0.0.1:{port}", data / "admission" / "tls" / "ca.crt", process)
        try:
            assert line.startswith("admission webhooks"), (folder / "stderr").read_text()
            assert within(PATIENCE, lambda: _answers(found, ready)), (folder / "stderr").read_text()
            yield found
        finally:
            found.close()


def _answers(found: RunningAdmission, ready: bool) -> bool:
    try:
        return found.get("/readyz").status_code == 200 or not ready
    except requests.ConnectionError:
        return False
