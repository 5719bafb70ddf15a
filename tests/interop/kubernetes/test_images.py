"""The chart in a real cluster: what a developer is told by kubectl, what is changed, what the audit log holds."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from simulators import interop_policies as policies
from simulators.cosigned_images import CosignedImages
from simulators.installed_chart import InstalledChart
from simulators.interop_policies import deployment, pod
from simulators.real_cluster import RealCluster

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def chart(
    cluster: RealCluster, images: CosignedImages, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InstalledChart]:
    folder = tmp_path_factory.mktemp("chart")
    cluster.namespace("warned")
    strict = policies.own(images, workloads={"namespaces": ["shop"]})
    mild = policies.own(images, "mild", action="warn", workloads={"namespaces": ["warned"]})
    values = policies.values(images, strict, mild)
    with InstalledChart(cluster, folder, values).running() as found:
        yield found


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        ("unsigned", ["it is not signed", "AssayPolicy/release signedBy", "to mend: assay sign"]),
        ("tampered", ["AssayPolicy/release signedBy", "is about sha256:"]),
        ("vulnerable", ["AssayPolicy/release vulnerabilities", "CVE-2026-4242"]),
        ("other", ["signed by eve@org.example, wanted was you@org.example"]),
    ],
)
def test_what_must_not_run_is_refused_with_the_reason_in_the_clients_error(
    chart: InstalledChart, images: CosignedImages, tag: str, told: list[str]
) -> None:
    for item in (pod(f"bad-{tag}", images.name(tag)), deployment(f"bad-{tag}", images.pinned(tag))):
        said = chart.cluster.create(item, code=1)
        assert 'admission webhook "validate.admission.assay.dev" denied the request' in said
        assert not [part for part in told if part not in said], said
    assert "bad-" not in chart.cluster.kubectl("get", "pods,deployments", "-n", "shop")


@pytest.mark.parametrize("tag", ["signed", "elder"])
def test_what_is_signed_runs_by_its_digest(chart: InstalledChart, images: CosignedImages, tag: str) -> None:
    chart.cluster.create(pod(f"good-{tag}", images.name(tag)))
    found = chart.cluster.get("pod", f"good-{tag}", "-n", "shop")
    assert found["spec"]["containers"][0]["image"] == f"{images.name(tag)}@{images.digest(tag)}"


def test_warnings_and_audit_annotations_reach_client_and_audit_log(
    chart: InstalledChart, images: CosignedImages
) -> None:
    said = chart.cluster.create(pod("tolerated", images.name("unsigned"), "warned"))
    assert "Warning: " in said
    assert "AssayPolicy/mild signedBy" in said
    assert "pod/tolerated created" in said
    (event,) = (item for item in chart.cluster.audited("tolerated") if item["verb"] == "create")
    noted = event["annotations"]
    assert "it is not signed" in noted["validate.admission.assay.dev/AssayPolicy-mild.signedBy"], json.dumps(noted)
