"""What assay's own policies demand of images, check by check: what lets an image in, and what is said where not."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assay.adapters.access import Access
from assay.app.image_facts import Facts
from assay.engines.policy import deciding
from assay.engines.policy.native.leniency import Leniency
from assay.engines.policy.world import World
from assay.errors import Malformed
from assay.model.assay_policy import AssayException, BreakGlass
from assay.model.decision import Decision
from assay.model.policy import Action, Outcome
from simulators.memory_images import MemoryImages, digest_of
from simulators.native_samples import IMAGE, KEY, NOW, deployment, native, pod, request

HOUR = timedelta(hours=1)
SCAN = "https://cosign.sigstore.dev/attestation/vuln/v1"
NO_LOG = {"release": {**KEY, "trust": {"ignoreLog": True}}}
SIGNERS: dict[str, Any] = {"signers": {"release": KEY, "qa": KEY}}


@pytest.fixture
def images() -> MemoryImages:
    found = MemoryImages()
    found.add(IMAGE, "release")
    return found


def decide(
    images: MemoryImages, spec: dict[str, Any], item: Any = None, facts: Facts | None = None, **more: Any
) -> Decision:
    leniency = more.pop("leniency", None)
    world = World(images=images, now=lambda: NOW, facts=facts)
    asked = request(item or pod(IMAGE), **more)
    return deciding.validate([native({**SIGNERS, **spec}, leniency)], asked, world)


def only(decision: Decision) -> Any:
    (found,) = decision.results
    return found


def test_who_signed_is_found_and_who_did_not_is_named(images: MemoryImages) -> None:
    good = decide(images, {"signedBy": ["release"]})
    assert (good.verdict, good.action) == ("pass", "allow")
    assert only(good).details["digest"] == str(digest_of(IMAGE))
    bad = decide(images, {"signedBy": ["release", "qa"]})
    assert bad.action == "deny"
    found = only(bad)
    assert found.details["wanted"].startswith("signed by qa")
    assert found.details["mend"] == f"assay sign {IMAGE}"


def test_of_several_keys_as_many_as_are_wanted_must_have_signed(images: MemoryImages) -> None:
    many = {"release": {"keys": KEY["keys"] * 3, "require": 3}}
    assert decide(images, {"signers": many, "signedBy": ["release"]}).verdict == "pass"


def test_no_registry_is_asked_where_nothing_hangs_on_it() -> None:
    nothing = MemoryImages(away=True)
    assert decide(nothing, {"registries": ["registry.example"]}).verdict == "pass"
    bad = decide(nothing, {"registries": ["registry.example/other", "ghcr.io"], "digests": {"require": True}})
    assert {item.rule for item in bad.results if item.outcome is Outcome.FAIL} == {"registries", "digests"}
    assert "assay image copy" in bad.message
    assert nothing.asked == []


def test_a_name_that_only_begins_like_a_registry_is_none_of_it(images: MemoryImages) -> None:
    for image in ("registry.example.evil.example/acme/app:1", "registry.examplf/acme/app:1"):
        assert decide(images, {"registries": ["registry.example"]}, pod(image)).action == "deny"


@pytest.mark.parametrize("image", ["UPPER/x", "a b", "registry.example/app@sha256:12", "xn--é/app", "/app", "app:"])
def test_odd_references_are_refused_and_told(images: MemoryImages, image: str) -> None:
    bad = decide(images, {"signedBy": ["release"]}, pod(image))
    assert bad.action == "deny"
    assert "is no image reference" in bad.message or "is no registry host" in bad.message


def test_every_place_of_an_image_counts(images: MemoryImages) -> None:
    item = pod(IMAGE)
    item["spec"]["initContainers"] = [{"name": "i", "image": "registry.example/other:1"}]
    assert "there is no registry.example/other:1" in decide(images, {"signedBy": ["release"]}, item).message
    for extra in (
        {"ephemeralContainers": [{"name": "e", "image": "registry.example/other:1"}]},
        {"volumes": [{"name": "v", "image": {"reference": "registry.example/other:1"}}]},
    ):
        item = pod(IMAGE)
        item["spec"].update(extra)
        denied = decide(images, {"signedBy": ["release"]}, item, operation="UPDATE", sub_resource="ephemeralcontainers")
        assert denied.action == "deny"


def test_an_sbom_must_be_there_and_complete(images: MemoryImages) -> None:
    spec = {"sbom": {"by": ["release"], "complete": True}}
    assert decide(images, spec).action == "deny"
    bom: dict[str, Any] = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": []}
    images.attest(IMAGE, "release", "https://cyclonedx.org/bom", bom)
    assert "has no components" in decide(images, spec).message
    part = {"type": "library", "name": "left-pad", "purl": "pkg:npm/left-pad@1.3.0", "version": "1.3.0"}
    images.attested.clear()
    images.attest(IMAGE, "release", "https://cyclonedx.org/bom", {**bom, "components": [part]})
    assert decide(images, spec).verdict == "pass"
    images.attested.clear()
    part.pop("version")
    images.attest(
        IMAGE, "release", "https://cyclonedx.org/bom", {**bom, "components": [{**part, "purl": "pkg:npm/left-pad"}]}
    )
    assert "gives no version of 1 components" in decide(images, spec).message


def scan(ended: datetime | None, *found: dict[str, Any]) -> dict[str, Any]:
    """A predicate of cosign's with Trivy's report inside."""
    metadata = {"scanFinishedOn": ended.isoformat()} if ended is not None else {}
    result = {"SchemaVersion": 2, "Results": [{"Target": "app", "Vulnerabilities": list(found)}]}
    return {"scanner": {"uri": "pkg:github/aquasecurity/trivy@0.60.0", "result": result}, "metadata": metadata}


def flaw(name: str, severity: str) -> dict[str, Any]:
    return {
        "VulnerabilityID": name,
        "PkgName": "openssl",
        "InstalledVersion": "3.0.1",
        "Severity": severity,
        "FixedVersion": "3.0.2",
    }


@pytest.mark.parametrize(
    ("ended", "signed", "told"),
    [
        (NOW - HOUR, NOW - HOUR, ""),
        (NOW - HOUR, NOW - 30 * HOUR, "30 hours ago"),
        (NOW - 30 * HOUR, NOW - HOUR, "30 hours ago"),
        (None, NOW - HOUR, "nobody vouches"),
        (NOW - HOUR, None, "nobody vouches"),
        (NOW + HOUR, NOW - HOUR, "in the future"),
    ],
)
def test_the_age_of_a_scan_is_that_of_the_earlier_of_its_end_and_its_signature(
    images: MemoryImages, tmp_path: Path, ended: datetime | None, signed: datetime | None, told: str
) -> None:
    images.attest(IMAGE, "release", SCAN, scan(ended), signed)
    spec = {"vulnerabilities": {"from": "attested-scan", "by": ["release"], "youngerThan": "24h"}}
    found = decide(images, spec, facts=facts(tmp_path))
    assert (told in found.message) if told else found.verdict == "pass", found.message


def facts(folder: Path) -> Facts:
    return Facts(folder / "data", folder / "cache", Access(offline=True), lambda: NOW)


def test_an_attested_scan_may_not_have_what_the_policy_denies(images: MemoryImages, tmp_path: Path) -> None:
    images.attest(IMAGE, "release", SCAN, scan(NOW, flaw("CVE-2026-1", "CRITICAL"), flaw("CVE-2026-2", "LOW")), NOW)
    base = {"from": "attested-scan", "by": ["release"]}

    def verdict(leniency: Leniency | None = None, **more: Any) -> Decision:
        return decide(images, {"vulnerabilities": {**base, **more}}, facts=facts(tmp_path), leniency=leniency)

    bad = verdict(deny=["critical"])
    assert "CVE-2026-1 in openssl@3.0.1 (critical)" in bad.message
    assert "CVE-2026-2" not in bad.message
    assert only(bad).details["mend"] == "update openssl@3.0.1 to 3.0.2"
    assert "this scan cannot tell" in verdict(deny=["kev"]).message
    assert verdict(deny=["critical"], ignore=["cve-2026-1"]).verdict == "pass"
    assert "CVE-2026-2" in verdict(deny=["CVE-2026-2"]).message
    assert "CVE-2026-2" in verdict(deny=["low"]).message
    excused = AssayException("x", ("rel*",), "r", "a", NOW + HOUR, vulnerabilities=("CVE-2026-1",))
    assert verdict(Leniency((excused,)), deny=["critical"]).verdict == "pass"
    ended = AssayException("x", ("rel*",), "r", "a", NOW, vulnerabilities=("CVE-2026-1",))
    assert verdict(Leniency((ended,)), deny=["critical"]).verdict == "fail"


def test_vex_of_the_named_signers_excuses_and_that_of_others_does_not(images: MemoryImages, tmp_path: Path) -> None:
    images.attest(IMAGE, "release", SCAN, scan(NOW, flaw("CVE-2026-1", "CRITICAL")), NOW)
    said = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://acme.example/vex/1",
        "author": "acme",
        "timestamp": "2026-05-01T00:00:00Z",
        "version": 1,
        "statements": [
            {
                "vulnerability": {"name": "CVE-2026-1"},
                "products": [{"@id": str(digest_of(IMAGE))}],
                "status": "not_affected",
                "justification": "vulnerable_code_not_present",
            }
        ],
    }
    images.attest(IMAGE, "qa", "https://openvex.dev/ns/v0.2.0", said, NOW)
    base = {"from": "attested-scan", "by": ["release"], "deny": ["critical"]}
    assert decide(images, {"vulnerabilities": base}, facts=facts(tmp_path)).action == "deny"
    trusting = {**base, "vexBy": ["qa"]}
    assert decide(images, {"vulnerabilities": trusting}, facts=facts(tmp_path)).verdict == "pass"


def test_without_facts_vulnerabilities_are_an_error_and_the_policy_says_what_that_does(images: MemoryImages) -> None:
    spec = {"vulnerabilities": {"from": "own-scan"}}
    closed = decide(images, spec)
    assert (closed.verdict, closed.action) == ("error", "deny")
    assert decide(images, {**spec, "onError": "warn"}).action == "warn"


def test_a_registry_that_is_away_is_an_error_with_the_action_of_the_policy(images: MemoryImages) -> None:
    images.away = True
    assert decide(images, {"signedBy": ["release"]}).action == "deny"
    lenient = decide(images, {"signedBy": ["release"], "onError": "audit"})
    assert (lenient.verdict, lenient.action) == ("error", "allow")


def test_a_level_of_slsa_is_one_that_the_verifier_reached(images: MemoryImages) -> None:
    predicate = {
        "verifier": {"id": "https://verifier.example"},
        "verificationResult": "PASSED",
        "verifiedLevels": ["SLSA_BUILD_LEVEL_2", "SLSA_SOURCE_LEVEL_3"],
    }
    images.attest(IMAGE, "release", "https://slsa.dev/verification_summary/v1", predicate)

    def level(number: int, **more: Any) -> Decision:
        wanted = {"by": ["release"], "level": number, "verifier": "https://verifier.example", **more}
        return decide(images, {"slsa": wanted})

    assert level(2).verdict == "pass"
    assert "SLSA_BUILD_LEVEL_3" in level(3).message
    assert level(3, track="SOURCE").verdict == "pass"
    assert "the summary is of https://verifier.example" in level(1, verifier="https://other.example").message
    predicate["verificationResult"] = "FAILED"
    assert "the summary's result is FAILED" in level(1).message


def test_provenance_is_what_the_builders_certificate_bears_out(images: MemoryImages, tmp_path: Path) -> None:
    images.attest(IMAGE, "release", "https://slsa.dev/provenance/v1", {"buildDefinition": {}}, name="key sha256:00")
    spec = {"provenance": {"by": ["release"], "source": "github.com/acme/app"}}
    assert "this was signed with a key" in decide(images, spec, facts=facts(tmp_path)).message


def test_a_condition_that_explodes_refuses(images: MemoryImages) -> None:
    many = "[" + ",".join("1" * 40) + "]"
    rounds = f"{many}.all(a, {many}.all(b, {many}.all(c, {many}.all(d, {many}.all(e, a + b + c + d + e > 0)))))"
    found = decide(images, {"conditions": [{"expression": rounds}]})
    assert found.action == "deny"
    assert "cannot be told" in str(found)


def test_conditions_see_the_request_and_the_attestation(images: MemoryImages) -> None:
    assert (
        decide(images, {"conditions": [{"expression": "images.all(i, i.registry == 'registry.example')"}]}).verdict
        == "pass"
    )
    bad = decide(images, {"conditions": [{"expression": "object.metadata.name == 'x'", "message": "be x"}]})
    assert "be x" in bad.message
    assert decide(images, {"conditions": [{"expression": "object.nothing.there"}]}).action == "deny"
    images.attest(IMAGE, "release", "https://acme.example/tests/v1", {"passed": 12})
    wanted = {"type": "https://acme.example/tests/v1", "by": ["release"]}
    for expression, verdict in (("predicate.passed > 10", "pass"), ("predicate.passed > 12", "fail")):
        found = decide(images, {"attestations": [{**wanted, "conditions": [{"expression": expression}]}]})
        assert found.verdict == verdict
    with pytest.raises(Malformed, match="is no CEL"):
        native({**SIGNERS, "conditions": [{"expression": "object."}]})


def test_an_exception_and_broken_glass_are_for_one_digest(images: MemoryImages) -> None:
    spec = {"signedBy": ["qa"]}
    right, wrong = digest_of(IMAGE), digest_of("other")
    for image, verdict in ((right, "pass"), (wrong, "fail")):
        item = AssayException("x", ("release",), "outage", "ann", NOW + HOUR, images=(image,))
        found = decide(images, spec, leniency=Leniency((item,)))
        assert found.verdict == verdict
        glass = BreakGlass("g", image, "outage", NOW + HOUR, signer="ann")
        found = decide(images, spec, leniency=Leniency(glasses=(glass,)))
        assert found.verdict == verdict
    assert (
        "glass broken by ann"
        in decide(
            images, spec, leniency=Leniency(glasses=(BreakGlass("g", right, "outage", NOW + HOUR, signer="ann"),))
        )
        .results[0]
        .message
    )
    both = AssayException("x", ("release",), "r", "ann", NOW + HOUR, images=(right,), vulnerabilities=("CVE-1",))
    assert decide(images, spec, leniency=Leniency((both,))).verdict == "fail"  # it is about that vulnerability alone
    other = AssayException("x", ("release",), "r", "ann", NOW + HOUR, images=(right,), checks=("sbom",))
    assert decide(images, spec, leniency=Leniency((other,))).verdict == "fail"
    late = BreakGlass("g", right, "outage", NOW, signer="ann")
    assert decide(images, spec, leniency=Leniency(glasses=(late,))).action == "deny"


def test_a_request_that_leaves_a_digest_as_it_is_is_only_reported(images: MemoryImages) -> None:
    image = f"registry.example/acme/app@{digest_of(IMAGE)}"
    spec = {"signedBy": ["qa"]}
    old = deployment(image)
    for before, action in ((old, "allow"), (deployment("registry.example/acme/old:1"), "deny"), (None, "deny")):
        found = decide(images, spec, deployment(image), operation="UPDATE", old_object=before)
        assert (found.verdict, found.action) == ("fail", action)
    strict = {**spec, "onRevocation": "deny"}
    assert decide(images, strict, deployment(image), operation="UPDATE", old_object=old).action == "deny"
    for tagged in (deployment(IMAGE), pod(IMAGE)):
        labelled = {**tagged, "metadata": {**tagged["metadata"], "labels": {"seen": "yes"}}}
        assert decide(images, spec, labelled, operation="UPDATE", old_object=tagged).action == "allow"
    restarted = copy.deepcopy(deployment(IMAGE))
    restarted["spec"]["template"]["metadata"] = {"annotations": {"restarted": "now"}}
    assert decide(images, spec, restarted, operation="UPDATE", old_object=deployment(IMAGE)).action == "deny"


def test_what_a_request_leaves_as_it_is_is_not_pinned(images: MemoryImages) -> None:
    """A digest that is written into a running pod starts its containers anew; into a ReplicaSet, makes another one."""
    policy, world = native({"digests": {"pin": True}}), World(images=images, now=lambda: NOW)
    for item in (pod(IMAGE), deployment(IMAGE)):
        same = request(item, "UPDATE", old_object=copy.deepcopy(item))
        assert deciding.mutate([policy], same, world).patched is None
        new = request(item, "UPDATE", old_object=deployment("registry.example/acme/old:1"))
        assert f"{IMAGE}@{digest_of(IMAGE)}" in str(deciding.mutate([policy], new, world).patched)
    owned = deployment(IMAGE, ownerReferences=[{"kind": "Deployment", "name": "app", "uid": "1", "controller": True}])
    assert deciding.mutate([policy], request({**owned, "kind": "ReplicaSet"}), world).patched is None


def test_tags_are_pinned_in_every_kind_of_workload(images: MemoryImages) -> None:
    policy, world = native({"digests": {"pin": True}}), World(images=images, now=lambda: NOW)
    for item in (pod(IMAGE), deployment(IMAGE)):
        found = deciding.whole([policy], request(item), world)
        assert (found.verdict, found.action) == ("pass", "allow")
        assert f"{IMAGE}@{digest_of(IMAGE)}" in str(found.patched)
    assert deciding.whole([policy], request(pod(f"a@{digest_of(IMAGE)}")), world).patched is None


def test_actions_are_those_of_the_policy(images: MemoryImages) -> None:
    spec = {"signedBy": ["qa"]}
    assert decide(images, {**spec, "action": "audit"}).action == "allow"
    warned = decide(images, {**spec, "action": "warn"})
    assert warned.action == "warn"
    assert warned.warnings[0].startswith(IMAGE)
    assert len(warned.warnings[0]) <= 256
    assert warned.results[0].action is Action.WARN


def test_scopes_choose_images_and_workloads(images: MemoryImages) -> None:
    bad = {"signedBy": ["qa"]}
    for scope, item, denied in (
        ({"images": {"include": ["registry.example/acme/*"]}}, pod(IMAGE), True),
        ({"images": {"include": ["registry.example/*"]}}, pod(IMAGE), False),
        ({"images": {"include": ["registry.example/**:1"]}}, pod(IMAGE), True),
        ({"images": {"exclude": ["**/app"]}}, pod(IMAGE), False),
        ({"workloads": {"kinds": ["Deployment"]}}, pod(IMAGE), False),
        ({"workloads": {"namespaces": ["sho?"]}}, pod(IMAGE), True),
        ({"workloads": {"excludedNamespaces": ["s*"]}}, pod(IMAGE), False),
        ({"workloads": {"selector": {"matchLabels": {"a": "b"}}}}, pod(IMAGE, labels={"a": "b"}), True),
        ({"workloads": {"selector": {"matchLabels": {"a": "b"}}}}, pod(IMAGE), False),
        ({"workloads": {"operations": ["UPDATE"]}}, pod(IMAGE), False),
    ):
        assert (decide(images, {**bad, **scope}, item).action == "deny") is denied, scope


def test_what_is_being_deleted_can_go(images: MemoryImages) -> None:
    going = pod(IMAGE, deletionTimestamp="2026-06-01T00:00:00Z")
    other = pod(f"{IMAGE}-other", deletionTimestamp="2026-06-01T00:00:00Z")
    assert decide(images, {"signedBy": ["qa"]}, going, operation="UPDATE", old_object=other).action == "allow"
    assert decide(images, {"signedBy": ["qa"]}, going).action == "deny"
    other["metadata"].pop("deletionTimestamp")  # whoever asks writes the new object, and nobody the old one
    assert decide(images, {"signedBy": ["qa"]}, going, operation="UPDATE", old_object=other).action == "deny"


@pytest.mark.parametrize(
    ("pattern", "image"),
    [
        ("registry.example/**", "registry.example:443/acme/app:1"),
        ("registry.example/**", "Registry.Example/acme/app:1"),
        ("docker.io/**", "nginx"),
        ("docker.io/**", "index.docker.io/library/nginx"),
        ("docker.io/**", "registry-1.docker.io/library/nginx"),
        ("registry.example/**:1", "registry.example:443/acme/app:1"),
    ],
)
def test_other_spellings_are_no_way_around_a_policy(images: MemoryImages, pattern: str, image: str) -> None:
    assert decide(images, {"signedBy": ["qa"], "images": {"include": [pattern]}}, pod(image)).action == "deny"
