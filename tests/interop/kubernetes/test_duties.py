"""What the controller does beside answering, in a real cluster: certificates, lost watches, reports, events."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import requests

from simulators import interop_policies as policies
from simulators.cosigned_images import CosignedImages
from simulators.installed_chart import NAMESPACE, InstalledChart
from simulators.interop_policies import deployment, pod
from simulators.processes import within
from simulators.real_cluster import RealCluster

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def chart(
    cluster: RealCluster, images: CosignedImages, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InstalledChart]:
    cluster.create(deployment("before", images.name("unsigned")))
    values = policies.values(images, policies.own(images), extraArguments=["--tls-overlap=3"])
    with InstalledChart(cluster, tmp_path_factory.mktemp("chart"), values).running() as found:
        yield found


def test_what_runs_is_reported_and_what_is_refused_is_an_event(chart: InstalledChart, images: CosignedImages) -> None:
    cluster = chart.cluster
    cluster.create(pod("refused", images.name("unsigned")), code=1)
    assert within(20, lambda: "AssayPolicy/release" in cluster.kubectl("get", "events", "-A", "-o", "json"))
    assert within(40, lambda: '"fail"' in cluster.kubectl("get", "policyreports", "-n", "shop", "-o", "json"))


def test_simulate_names_what_runs_and_would_be_refused(chart: InstalledChart, images: CosignedImages) -> None:
    file = chart.folder / "policy.json"
    file.write_text(json.dumps(policies.own(images)))
    root = images.instance.files / "trusted_root.json"
    words = ("policy", "simulate", str(file), "--cluster", "-o", "json", "--trusted-root", str(root))
    environment = {**os.environ, "KUBECONFIG": str(chart.cluster.kubeconfig)}
    command = [sys.executable, "-m", "assay", *words]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert "before" in done.stdout
    assert "assay sign" in done.stdout


def test_certificates_are_exchanged_under_load_without_one_failed_call(
    chart: InstalledChart, images: CosignedImages
) -> None:
    cluster, ended, answers = chart.cluster, threading.Event(), list[int]()

    def load() -> None:
        pair = cluster.keys.client("admin", "system:masters")
        session = requests.Session()
        session.trust_env = False  # the authority is that of this cluster, whatever the machine trusts
        session.cert, session.verify = (str(pair.certificate), str(pair.key)), str(cluster.keys.ca)
        url = f"{cluster.url}/api/v1/namespaces/shop/pods?dryRun=All"
        for number in range(100_000):
            if ended.is_set():
                return
            item = pod(f"load-{number}", image)
            try:
                answers.append(session.post(url, json=item, timeout=30).status_code)
            except requests.RequestException:
                answers.append(0)

    def served() -> str:
        return str(cluster.get("secret", "assay-tls", "-n", NAMESPACE)["data"]["tls.crt"])

    def bundle() -> str:
        (found,) = cluster.get("validatingwebhookconfigurations")["items"]
        return base64.b64decode(found["webhooks"][0]["clientConfig"]["caBundle"]).decode()

    image = images.pinned("signed")
    before, trusted = served(), bundle()
    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        cluster.kubectl("annotate", "secret", "assay-tls", "assay.dev/rotate=now", "-n", NAMESPACE)
        assert within(60, lambda: served() != before)
        assert within(60, lambda: bundle() != trusted and bundle().count("BEGIN") == 1)
    finally:
        ended.set()
        for thread in threads:
            thread.join(40)
    assert set(answers) == {201}
    assert len(answers) > 100
    print(f"{len(answers)} calls while the certificates were exchanged, none failed")


def test_a_restart_of_the_api_server_is_survived(chart: InstalledChart, images: CosignedImages) -> None:
    cluster = chart.cluster
    cluster.stop("api")
    assert chart.status("/readyz") == 200
    cluster.start_api()
    said: list[str] = []

    def refused() -> bool:
        said.append(cluster.create(pod("after", images.name("unsigned")), code=None))
        return "it is not signed" in said[-1]

    assert within(30, refused), said[-1]
    cluster.apply(policies.own(images, "later", registries=["registry.example"]))  # comes by a watch that was lost
    assert within(60, lambda: "AssayPolicy/later" in cluster.create(pod("after", images.name("signed")), code=None))
