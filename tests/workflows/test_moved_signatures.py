"""An attestation that was put beside another image: what mends that is to attest, not to name another artifact."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from assay.app.image_evidence import Reach, Registries
from assay.errors import Refused
from assay.model.image_policy import Authority
from assay.model.trusted_root import TrustedRoot
from conformance.suite import folder
from simulators import pushed_layout
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


def test_a_moved_attestation_says_attest() -> None:
    suite = folder("cosign")
    with serve(Registry()) as registry:
        for layout in ("old-attested", "kl-unsigned"):
            pushed_layout.push(suite / "images" / layout, f"{registry.host}/app")
        signed, other = digest(suite / "images" / "old-attested"), digest(suite / "images" / "kl-unsigned")
        manifest, kind = fetched(f"http://{registry.host}/v2/app/manifests/{signed.replace(':', '-')}.att")
        put = urllib.request.Request(
            f"http://{registry.host}/v2/app/manifests/{other.replace(':', '-')}.att",
            data=manifest, method="PUT", headers={"Content-Type": kind},
        )  # fmt: skip
        urllib.request.urlopen(put, timeout=10).close()
        key = Authority(key=(suite / "keys" / "empty.pub").read_text(), ignore_log=True)
        with pytest.raises(Refused) as caught:
            Registries(Reach(lambda name: TrustedRoot())).images().attestations(f"{registry.host}/app@{other}", "", key)
    assert "the statement is about" in caught.value.what
    assert caught.value.remedy.startswith("assay attest IMAGE"), caught.value.remedy
