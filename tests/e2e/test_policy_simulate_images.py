"""`assay policy simulate` about signatures: each image is asked about once, a dead registry not for ever."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from assay.__main__ import main
from assay.app import replayed_images
from assay.errors import ExitCode
from conformance.suite import folder
from e2e.test_admission import SIGNED, UNSIGNED, policy
from simulators import pushed_layout
from simulators.cluster import SimulatedCluster
from simulators.cluster import serve as serve_cluster
from simulators.kubeconfig import kubeconfig
from simulators.native_samples import deployment, pod
from simulators.registry import Registry, serve
from simulators.simulated_admissions import line


@pytest.fixture
def registry() -> Iterator[Registry]:
    with serve(Registry()) as found:
        for name in (SIGNED, UNSIGNED):
            pushed_layout.push(folder("cosign") / "images" / name, f"{found.host}/app")
            found.manifests[name] = found.manifests.pop("v1")  # one repository here, so the tags tell them apart
        found.requests.clear()
        yield found


def simulated(place: Path, capsys: pytest.CaptureFixture[str], host: str, *words: str | Path) -> dict[str, Any]:
    key = (folder("cosign") / "keys" / "empty.pub").read_text()
    (place / "policy.yaml").write_text(policy(key, host))
    capsys.readouterr()
    said = ["policy", "simulate", str(place / "policy.yaml"), *map(str, words), "--plain-http", host, "-o", "json"]
    assert main(said) == ExitCode.OK
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_each_image_is_asked_about_once(registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = [f"{registry.host}/app:{tag}" for tag in (SIGNED, UNSIGNED)]
    reviews = tmp_path / "reviews.jsonl"
    reviews.write_text("".join(line(pod(images[number % 2], name=f"app-{number}"), True) for number in range(2)))
    found = simulated(tmp_path, capsys, registry.host, "--reviews", reviews)
    (item,) = found["workloads"]
    (violation,) = item["violations"]
    assert (item["name"], item["result"]) == ("app-1", "newly denied")
    assert "it is not signed" in violation["message"]
    assert violation["mend"].startswith(f"assay sign {images[1]}")
    few = len(registry.requests)
    reviews.write_text("".join(line(pod(images[number % 2], name=f"app-{number}"), True) for number in range(200)))
    found = simulated(tmp_path, capsys, registry.host, "--reviews", reviews)
    assert found["counts"]["denied"] == 100
    assert len(registry.requests) - few <= few + 2


def test_pull_secrets_of_what_runs_are_used(
    registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry.faults.user, registry.faults.password = "robot", "secret"
    held = {"auths": {registry.host: {"username": "robot", "password": "secret"}}}
    data = {".dockerconfigjson": base64.b64encode(json.dumps(held).encode()).decode()}
    with serve_cluster(SimulatedCluster()) as cluster:
        metadata = {"name": "pull", "namespace": "shop"}
        cluster.put({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})
        config = kubeconfig(tmp_path, cluster.url)
        item = deployment(f"{registry.host}/app:{SIGNED}")
        cluster.put(item)
        without = simulated(tmp_path, capsys, registry.host, "--kubeconfig", config)
        item["spec"]["template"]["spec"]["imagePullSecrets"] = [{"name": "pull"}]
        cluster.put(item)
        found = simulated(tmp_path, capsys, registry.host, "--kubeconfig", config)
    assert [one["outcome"] for item in without["workloads"] for one in item["violations"]] == ["error"]
    assert (found["counts"]["asked"], found["workloads"]) == (1, [])


def test_a_registry_that_never_answers_is_waited_for_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replayed_images, "PATIENCE", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        reviews = tmp_path / "reviews.jsonl"
        reviews.write_text("".join(line(pod(f"{host}/app:{number}", name=f"app-{number}")) for number in range(50)))
        found = simulated(tmp_path, capsys, host, "--reviews", reviews)
        silent.setblocking(False)
        asked = 0
        with suppress(BlockingIOError):
            while True:
                silent.accept()[0].close()
                asked += 1
    assert asked <= 3  # again and again by the thread that was left to it
    assert found["counts"]["denied"] == 50
    assert {item["violations"][0]["outcome"] for item in found["workloads"]} == {"error"}
