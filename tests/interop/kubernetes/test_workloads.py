"""Controllers, what ran before, and what only looks like it: in a real cluster, with Kubernetes' own controllers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from simulators import interop_policies as policies
from simulators.cosigned_images import CosignedImages
from simulators.installed_chart import InstalledChart
from simulators.interop_policies import Object, deployment, pod
from simulators.processes import within
from simulators.real_cluster import RealCluster
from simulators.running_instance import EMAIL

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def chart(
    cluster: RealCluster, images: CosignedImages, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InstalledChart]:
    """It comes into a cluster in which something runs already: `spared` and `ended` have an unsigned image."""
    for name in ("spared", "ended"):
        cluster.namespace(name)
        cluster.create(deployment("before", images.name("unsigned"), name))
    for name in ("spared", "ended"):
        assert within(30, partial(runs, cluster, "before", name, 2))
    strict = policies.own(images, workloads={"namespaces": ["shop"]})
    since = (datetime.now(UTC) + timedelta(seconds=1)).isoformat(timespec="seconds")
    staged = [
        policies.own(images, name, workloads={"namespaces": [name]}, rollout={"auditUntil": since, "grace": grace})
        for name, grace in (("spared", "30d"), ("ended", "1s"))
    ]
    who = {"identity": EMAIL, "issuer": images.instance.url}
    values = policies.values(images, strict, *staged, breakGlass={"identities": [who]})
    with InstalledChart(cluster, tmp_path_factory.mktemp("chart"), values).running() as found:
        yield found


def runs(cluster: RealCluster, app: str, namespace: str, count: int) -> bool:
    """Whether a Deployment has so many pods."""
    return len(pods(cluster, app, namespace)) == count


def pods(cluster: RealCluster, app: str, namespace: str = "shop") -> list[Object]:
    """The pods of a Deployment."""
    found: list[Object] = cluster.get("pods", "-n", namespace, "-l", f"app={app}")["items"]
    return found


def test_pods_of_controllers_are_let_in_and_a_scale_up_asks_no_registry(
    chart: InstalledChart, images: CosignedImages
) -> None:
    cluster = chart.cluster
    cluster.create(deployment("scaled", images.name("signed")))
    assert within(30, lambda: len(pods(cluster, "scaled")) == 2)
    wanted = f"{images.name('signed')}@{images.digest('signed')}"
    assert {item["spec"]["containers"][0]["image"] for item in pods(cluster, "scaled")} == {wanted}
    asked = chart.counted("assay_admission_questions_total")
    cluster.kubectl("scale", "deployment", "scaled", "--replicas=6", "-n", "shop")
    assert within(30, lambda: len(pods(cluster, "scaled")) == 6)
    assert chart.counted("assay_admission_questions_total") == asked


def test_an_owner_that_somebody_invents_does_not_help(chart: InstalledChart, images: CosignedImages) -> None:
    cluster = chart.cluster
    cluster.create(deployment("owner", images.name("signed")))
    assert within(30, lambda: len(pods(cluster, "owner")) == 2)
    owner = pods(cluster, "owner")[0]["metadata"]["ownerReferences"]
    said = cluster.create(pod("forged", images.name("unsigned"), ownerReferences=owner), code=1)
    assert "it is not signed" in said


def test_updates_that_leave_images_alone_pass_and_others_do_not(chart: InstalledChart, images: CosignedImages) -> None:
    cluster = chart.cluster
    name = pods(cluster, "before", "ended")[0]["metadata"]["name"]
    cluster.kubectl("label", "pod", name, "seen=yes", "-n", "ended")
    cluster.kubectl("scale", "deployment", "before", "--replicas=3", "-n", "ended")
    change = json.dumps({"spec": {"containers": [{"name": "app", "image": images.name("other")}]}})
    said = cluster.kubectl("patch", "pod", name, "-n", "ended", "-p", change, code=1)
    assert "signed by eve@org.example" in said
    said = cluster.kubectl("set", "image", "deployment/before", f"app={images.name('other')}", "-n", "ended", code=1)
    assert "signed by eve@org.example" in said


def test_an_ephemeral_container_is_looked_at(chart: InstalledChart, images: CosignedImages) -> None:
    cluster = chart.cluster
    cluster.create(pod("debugged", images.name("signed")))
    for tag, code in (("unsigned", 1), ("signed", 0)):
        extra = {"spec": {"ephemeralContainers": [{"name": f"shell-{tag}", "image": images.name(tag)}]}}
        words = ("patch", "pod", "debugged", "-n", "shop", "--subresource=ephemeralcontainers", "-p", json.dumps(extra))
        said = cluster.kubectl(*words, code=code)
        assert ("denied the request" in said) == bool(code)


def test_what_ran_before_has_its_grace_and_what_is_new_has_none(chart: InstalledChart, images: CosignedImages) -> None:
    cluster = chart.cluster
    said = cluster.kubectl("rollout", "restart", "deployment/before", "-n", "spared")
    assert "Warning: " in said
    assert "AssayPolicy/spared" in said
    assert within(30, lambda: len(pods(cluster, "before", "spared")) >= 3)  # the new ones wait for a node
    refused = cluster.create(deployment("after", images.name("unsigned"), "spared"), code=1)
    assert "AssayPolicy/spared signedBy" in refused
    ended = cluster.kubectl("rollout", "restart", "deployment/before", "-n", "ended", code=1)
    assert "AssayPolicy/ended signedBy" in ended


def test_broken_glass_lets_one_digest_in(chart: InstalledChart, images: CosignedImages) -> None:
    image = images.pinned("unsigned")
    assert "it is not signed" in chart.cluster.create(pod("urgent", image), code=1)
    until = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    trust = ("--trust-config", images.instance.files / "trust_config.json", "--identity-token", images.instance.token())
    words = ("policy", "break-glass", image, "--reason", "outage 42", "--until", until, *map(str, trust))
    glass = subprocess.run([sys.executable, "-m", "assay", *words], capture_output=True, text=True, check=True)
    change = json.dumps({"data": {"glass.json": glass.stdout}})
    chart.cluster.kubectl("patch", "configmap", "assay-policies", "-n", "assay-system", "-p", change)
    chart.fill()
    within(10, lambda: "created" in chart.cluster.create(pod("urgent", image), code=None))
    assert "urgent" in chart.cluster.kubectl("get", "pods", "-n", "shop"), chart.page("/healthz")
    (event,) = (item for item in chart.cluster.audited("urgent") if item["responseStatus"]["code"] == 201)
    assert "outage 42" in event["annotations"]["validate.admission.assay.dev/AssayPolicy-release.signedBy"]
    assert "it is not signed" in chart.cluster.create(pod("other", images.make("unrelated", "11.9")), code=1)
