"""Signatures and attestations that were put beside another image: what mends that is told, and told as that."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.app.image_evidence import Reach, Registries, RegistryImages
from assay.engines.policy import deciding
from assay.engines.policy.world import World
from assay.errors import Refused
from assay.model.image_policy import Authority
from assay.model.trusted_root import TrustedRoot
from conformance.suite import folder
from simulators import pushed_layout
from simulators.native_samples import native, pod, request
from simulators.registry import Registry, serve

ACCEPT = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"


def digest(layout: Path) -> str:
    """The image of a layout."""
    found: dict[str, Any] = json.loads((layout / "index.json").read_bytes())
    tags = {item["annotations"]["org.opencontainers.image.ref.name"]: item["digest"] for item in found["manifests"]}
    return str(tags["v1"])


def fetched(url: str) -> tuple[bytes, str]:
    """A manifest and its type."""
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": ACCEPT}), timeout=10) as answer:
        return answer.read(), answer.headers["Content-Type"]


@pytest.fixture
def registry() -> Iterator[Registry]:
    with serve(Registry()) as found:
        yield found


SUITE = folder("cosign")
KEY = Authority(key=(SUITE / "keys" / "empty.pub").read_text(), ignore_log=True)


def images() -> RegistryImages:
    return Registries(Reach(lambda name: TrustedRoot())).images()


def moved(registry: Registry, suffix: str) -> tuple[str, str]:
    """The digests of an image whose tag of that suffix was copied to another image, and of that one."""
    for layout in ("old-attested" if suffix == "att" else "old-key", "kl-unsigned"):
        pushed_layout.push(SUITE / "images" / layout, f"{registry.host}/app")
    signed = digest(SUITE / "images" / ("old-attested" if suffix == "att" else "old-key"))
    other = digest(SUITE / "images" / "kl-unsigned")
    manifest, kind = fetched(f"http://{registry.host}/v2/app/manifests/{signed.replace(':', '-')}.{suffix}")
    put = urllib.request.Request(
        f"http://{registry.host}/v2/app/manifests/{other.replace(':', '-')}.{suffix}",
        data=manifest, method="PUT", headers={"Content-Type": kind},
    )  # fmt: skip
    urllib.request.urlopen(put, timeout=10).close()
    return signed, other


def test_a_moved_attestation_says_attest(registry: Registry) -> None:
    _, other = moved(registry, "att")
    with pytest.raises(Refused) as caught:
        images().attestations(f"{registry.host}/app@{other}", "", KEY)
    assert "the statement is about" in caught.value.what
    assert caught.value.remedy.startswith("it was copied from another image: ask who put it there")
    assert "assay attest IMAGE" in caught.value.remedy


def test_a_moved_signature_says_where_it_comes_from(registry: Registry) -> None:
    signed, other = moved(registry, "sig")
    with pytest.raises(Refused) as caught:
        images().signatures(f"{registry.host}/app@{other}", KEY)
    assert "the signed payload is about" in caught.value.what
    assert caught.value.remedy.startswith("it was copied from another image: ask who put it there")
    assert caught.value.remedy.endswith("assay sign IMAGE")
    stranger = Authority(key=(SUITE / "keys" / "imp-p384.pub").read_text(), ignore_log=True)
    with pytest.raises(Refused) as caught:
        images().signatures(f"{registry.host}/app@{other}", stranger)
    assert "step 6 (signature)" in caught.value.what
    assert caught.value.remedy.startswith(f"it was copied from {signed}: ")


@pytest.mark.parametrize("layout", ["old-p384", "new-p384"])
def test_a_signature_of_another_key_was_copied_from_nowhere(registry: Registry, layout: str) -> None:
    pushed_layout.push(SUITE / "images" / layout, f"{registry.host}/app")
    with pytest.raises(Refused) as caught:
        images().signatures(f"{registry.host}/app:v1", KEY)
    assert caught.value.remedy == (
        "assay sign IMAGE, with a key that the policy names; or let the policy name the key that signed it"
    )


def test_an_image_without_a_signature_is_to_be_signed(registry: Registry) -> None:
    pushed_layout.push(SUITE / "images" / "kl-unsigned", f"{registry.host}/app")
    with pytest.raises(Refused) as caught:
        images().signatures(f"{registry.host}/app:v1", KEY)
    assert caught.value.remedy == "assay sign IMAGE"


def test_a_policy_names_the_image_in_what_mends(registry: Registry) -> None:
    signed, other = moved(registry, "sig")
    reference = f"{registry.host}/app@{other}"
    spec = {"signers": {"us": {"keys": [KEY.key], "trust": {"ignoreLog": True}}}, "signedBy": ["us"]}
    decision = deciding.validate([native(spec)], request(pod(reference)), World(images=images()))
    (found,) = decision.results
    assert signed in found.details["found"]
    assert found.details["mend"].startswith("it was copied from another image")
    assert found.details["mend"].endswith(f"assay sign {reference}")
