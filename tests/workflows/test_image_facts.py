"""What is known now of images: attested SBOMs matched again, images read here, VEX, and provenance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from advisory_data import osv, store
from assay.adapters.access import Access
from assay.app.image_evidence import Reach, Registries
from assay.app.image_facts import Facts
from assay.engines.policy import deciding
from assay.engines.policy.world import World
from assay.errors import ExternalError, Refused
from assay.model.assay_policy import WantedProvenance
from assay.model.image_policy import ImageAttestation, ImageSignature
from assay.model.trusted_root import TrustedRoot
from simulators import image as images_made
from simulators import registry as registries
from simulators.memory_images import MemoryImages, digest_of
from simulators.native_samples import IMAGE, KEY, native, pod, request

NOW = datetime(2026, 11, 23, tzinfo=UTC)
METADATA = b"Metadata-Version: 2.1\nName: badlib\nVersion: 1.0\n"
BOM: dict[str, Any] = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "components": [{"type": "library", "name": "badlib", "version": "1.0", "purl": "pkg:pypi/badlib@1.0"}],
}
SCORE = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    record = osv("CVE-2026-1", "PyPI", "badlib", ("introduced", "0"), ("fixed", "2.0"), severity=SCORE)
    store(tmp_path / "data" / "advisories", {"pypa": [record]})
    return tmp_path


def facts(folder: Path) -> Facts:
    return Facts(folder / "data", folder / "cache", Access(), lambda: NOW)


def attested() -> MemoryImages:
    found = MemoryImages()
    found.add(IMAGE, "release")
    found.attest(IMAGE, "release", "https://cyclonedx.org/bom", BOM)
    return found


def test_an_attested_sbom_is_matched_with_what_is_known_now(data: Path) -> None:
    spec = {"signers": {"release": KEY}, "vulnerabilities": {"from": "attested-sbom", "by": ["release"]}}
    world = World(images=attested(), now=lambda: NOW, facts=facts(data))
    found = deciding.validate([native(spec)], request(pod(IMAGE)), world)
    assert "CVE-2026-1 in badlib@1.0 (critical)" in found.message
    assert found.results[0].details["mend"] == "update badlib@1.0 to 2.0"
    store(data / "data" / "advisories", {"pypa": [osv("CVE-2026-2", "PyPI", "other", ("introduced", "0"))]})
    assert deciding.validate([native(spec)], request(pod(IMAGE)), world).verdict == "pass"


def test_old_data_is_no_reason_to_pass(data: Path) -> None:
    tolerance = {"from": "attested-sbom", "by": ["release"], "deny": ["kev"], "maxDataAge": "12h"}
    world = World(images=attested(), now=lambda: NOW, facts=facts(data))
    spec = {"signers": {"release": KEY}, "vulnerabilities": tolerance}
    found = deciding.validate([native(spec)], request(pod(IMAGE)), world)
    assert (found.verdict, found.action) == ("error", "deny")
    assert "the advisory data is of 2026-11-22" in found.message


@pytest.fixture
def image(tmp_path: Path) -> Iterator[str]:
    members: images_made.Members = {"usr/lib/python3/dist-packages/badlib-1.0.dist-info/METADATA": METADATA}
    layout = images_made.layout(tmp_path / "layout", [members])
    with registries.serve(registries.Registry()) as served:
        served.add_layout(layout, "v1")
        yield f"{served.host}/team/app:v1"


def test_an_image_is_read_here_and_once(data: Path, image: str) -> None:
    found = Registries(Reach(lambda name: TrustedRoot()))
    known = facts(data)
    for _ in range(2):
        images = found.images(30)
        world = World(images=images, now=lambda: NOW, facts=known.of(images))
        decided = deciding.validate([native({"vulnerabilities": {"from": "own-scan"}})], request(pod(image)), world)
        assert "CVE-2026-1 in badlib@1.0 (critical)" in decided.message
    images = found.images(0)
    late = deciding.validate(
        [native({"vulnerabilities": {"from": "own-scan"}, "onTimeout": "warn"})],
        request(pod(image)),
        World(images=images, now=lambda: NOW, facts=facts(data).of(images)),
    )
    assert (late.verdict, late.action) == ("error", "warn")


def test_an_image_that_cannot_be_read_is_an_error(data: Path) -> None:
    with pytest.raises(ExternalError, match="cannot be read"):
        facts(data).inspected(f"127.0.0.1:9/app@{digest_of('x')}", [])


def test_vex_that_is_none_excuses_nothing(data: Path) -> None:
    (_, statement), *_ = attested().attested[digest_of(IMAGE)]
    with pytest.raises(Refused, match="not OpenVEX"):
        facts(data).matched(statement, [{"statements": []}])


def provenance(source: str) -> ImageAttestation:
    workflow = "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml"
    name = f"{workflow}@refs/tags/v2.0.0"
    issuer = "https://token.actions.githubusercontent.com"
    signature = ImageSignature(digest_of(IMAGE), name, issuer, NOW, claims=((12, "https://github.com/acme/app"),))
    predicate = {
        "buildDefinition": {"externalParameters": {"source": {"uri": f"git+https://{source}@refs/heads/main"}}},
        "runDetails": {"builder": {"id": name}},
    }
    subject = [{"name": "app", "digest": {"sha256": digest_of(IMAGE).value}}]
    statement = {"_type": "https://in-toto.io/Statement/v1", "subject": subject, "predicate": predicate}
    return ImageAttestation(signature, {**statement, "predicateType": "https://slsa.dev/provenance/v1"})


def test_provenance_is_held_to_the_claims_of_the_certificate(data: Path) -> None:
    known, wanted = facts(data), WantedProvenance(("release",), "github.com/acme/app")
    assert known.built(provenance("github.com/acme/app"), wanted).endswith("@refs/tags/v2.0.0")
    with pytest.raises(Refused, match="the source is"):
        known.built(provenance("github.com/mallory/app"), wanted)
    with pytest.raises(Refused, match="the source is"):
        known.built(provenance("github.com/mallory/app"), WantedProvenance(("release",), "github.com/mallory/app"))
