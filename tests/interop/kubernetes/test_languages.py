"""Images that cosign signed without a key, against assay's own Sigstore, judged in every language in a real cluster."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators import interop_policies as policies
from simulators.cosigned_images import CosignedImages
from simulators.installed_chart import InstalledChart
from simulators.interop_policies import Object, pod
from simulators.real_cluster import RealCluster
from simulators.running_admission import running_admission

pytestmark = pytest.mark.interop

EXPECTED = {
    "signed": True,
    "elder": True,
    "vulnerable": True,  # signatures alone are asked for here
    "unsigned": False,
    "tampered": False,
    "other": False,
}


def only_signed(images: CosignedImages, **spec: Any) -> Object:
    """An AssayPolicy that wants a signature."""
    found = policies.own(images, "signed-by-us", **spec)
    for part in ("sbom", "vulnerabilities", "digests"):
        del found["spec"][part]
    return found


LANGUAGES: dict[str, Callable[[CosignedImages], Object]] = {
    "native": only_signed,
    "verify-images": policies.require_signed_images,
    "image-validating": policies.image_validating_policy,
    "cluster-image": policies.cluster_image_policy,
}
NAMES = {
    "native": "AssayPolicy/signed-by-us",
    "verify-images": "require-signed-images signed",
    "image-validating": "ImageValidatingPolicy/signed-by-us",
    "cluster-image": "ClusterImagePolicy/signed-by-us",
}


def about(language: str, item: Object) -> Object:
    """The policy, about pods with a label of its own."""
    label, spec = {"matchLabels": {"language": language}}, item["spec"]
    if language == "native":
        spec["workloads"] = {"selector": label}
    elif language == "verify-images":
        spec["rules"][0]["match"]["any"][0]["resources"]["selector"] = label
    elif language == "image-validating":
        spec["matchConstraints"]["objectSelector"] = label
    else:
        spec["match"] = [{"version": "v1", "resource": "pods", "selector": label}]
    return item


@pytest.fixture(scope="module")
def chart(
    cluster: RealCluster, images: CosignedImages, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InstalledChart]:
    items = [about(language, make(images)) for language, make in LANGUAGES.items()]
    values = policies.values(images, *items, enforce=["kyverno", "policy-controller"])
    with InstalledChart(cluster, tmp_path_factory.mktemp("chart"), values).running() as found:
        assert "warnings" not in json.loads(found.page("/healthz")[1])
        yield found


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("tag", sorted(EXPECTED))
def test_the_cluster_takes_what_is_signed(
    chart: InstalledChart, images: CosignedImages, language: str, tag: str
) -> None:
    item = pod(f"{language}-{tag}", images.name(tag), labels={"language": language})
    said = chart.cluster.create(item, code=0 if EXPECTED[tag] else 1)
    assert (NAMES[language] in said) == (not EXPECTED[tag]), said


def test_gatekeepers_provider_says_the_same(images: CosignedImages, tmp_path: Path) -> None:
    (tmp_path / "policies.json").write_text(json.dumps(only_signed(images)))
    root = images.instance.files / "trusted_root.json"
    asked = {"apiVersion": "externaldata.gatekeeper.sh/v1beta1", "kind": "ProviderRequest"}
    keys = {images.name(tag): tag for tag in EXPECTED}
    flags = ("--policies", tmp_path / "policies.json", "--admission-trusted-root", root)
    with running_admission(tmp_path, *flags) as served:
        body = json.dumps({**asked, "request": {"keys": list(keys)}}).encode()
        items = served.send("/provider", body).json()["response"]["items"]
    assert {keys[item["key"]]: not item["error"] for item in items} == EXPECTED
