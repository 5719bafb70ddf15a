"""``verifyImages``: who must have signed, how many of them, what must be attested, and tags made digests."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from assay.engines.policy.given_cluster import GivenCluster
from assay.engines.policy.world import World
from assay.errors import Malformed
from assay.model.image_policy import Authority, ImageAttestation, ImageSignature
from simulators.kyverno_samples import changed, classic, outcomes
from simulators.memory_images import MemoryImages, digest_of
from simulators.native_samples import deployment, pod

SIGNED, UNSIGNED = "registry.example/acme/app:1", "registry.example/acme/other:1"
PROVENANCE = "https://slsa.dev/provenance/v1"


def pem(name: str) -> str:
    """A key that belongs to `name`."""
    return f"-----BEGIN PUBLIC KEY-----\n{name}\n-----END PUBLIC KEY-----"


class KeyedImages(MemoryImages):
    """Images whose signers are known by their keys, or by the subjects of their certificates."""

    def _named(self, authority: Authority) -> Authority:
        subjects = [identity.subject for identity in authority.identities]
        return replace(authority, name=authority.key.split("\n")[1] if authority.key else subjects[0])

    def signatures(self, reference: str, authority: Authority) -> Sequence[ImageSignature]:
        return super().signatures(reference, self._named(authority))

    def attestations(self, reference: str, predicate_type: str, authority: Authority) -> Sequence[ImageAttestation]:
        return super().attestations(reference, predicate_type, self._named(authority))


@pytest.fixture
def world() -> World:
    images = KeyedImages()
    images.add(SIGNED, "release", "qa")
    images.add(UNSIGNED)
    images.attest(SIGNED, "release", PROVENANCE, {"builder": "ours"})
    return World(images=images)


def key(*names: str) -> dict[str, Any]:
    """An entry with keys."""
    return {"keys": {"publicKeys": "\n".join(map(pem, names))}}


def rule(*entries: dict[str, Any], count: int = 0, **more: Any) -> dict[str, Any]:
    """A rule that wants these to have signed."""
    attestors = {"entries": list(entries), **({"count": count} if count else {})}
    check = {"imageReferences": ["registry.example/*"], "attestors": [attestors], "verifyDigest": False}
    return {"verifyImages": [{**check, **more}]}


def test_who_must_have_signed(world: World) -> None:
    assert outcomes(pod(SIGNED), rule(key("release")), world=world) == ["pass"]
    assert outcomes(pod(UNSIGNED), rule(key("release")), world=world) == ["fail"]
    assert outcomes(pod(SIGNED), rule(key("mallory")), world=world) == ["fail"]
    assert outcomes(pod("elsewhere.example/x:1"), rule(key("release")), world=world) == []
    assert outcomes(pod(UNSIGNED), rule(key("release"), skipImageReferences=["*/other:*"]), world=world) == []
    assert outcomes(deployment(UNSIGNED), rule(key("release")), world=world) == ["fail"]


@pytest.mark.parametrize(
    ("entries", "count", "wanted"),
    [
        ([key("release"), key("qa")], 0, "pass"),
        ([key("release"), key("mallory")], 0, "fail"),
        ([key("release"), key("mallory")], 1, "pass"),
        ([key("release", "mallory")], 0, "fail"),
        ([key("release", "mallory")], 1, "pass"),
        ([key("mallory"), {"attestor": {"entries": [key("release"), key("qa")]}}], 1, "pass"),
        ([{"keyless": {"subject": "release", "issuer": "https://issuer.example"}}], 0, "pass"),
    ],
)
def test_how_many_must_have_signed(entries: list[dict[str, Any]], count: int, wanted: str, world: World) -> None:
    assert outcomes(pod(SIGNED), rule(*entries, count=count), world=world) == [wanted]


def test_what_must_be_attested(world: World) -> None:
    def attested(value: str) -> dict[str, Any]:
        condition = {"key": "{{ builder }}", "operator": "Equals", "value": value}
        wanted = {
            "type": PROVENANCE,
            "attestors": [{"entries": [key("release")]}],
            "conditions": [{"all": [condition]}],
        }
        return rule(key("release"), attestations=[wanted])

    assert outcomes(pod(SIGNED), attested("ours"), world=world) == ["pass"]
    assert outcomes(pod(SIGNED), attested("theirs"), world=world) == ["fail"]


def test_tags_become_digests_and_are_asked_for(world: World) -> None:
    strict = rule(key("release"), verifyDigest=True)
    pinned = f"{SIGNED}@{digest_of(SIGNED)}"
    found = changed(pod(SIGNED), strict, world=world)
    assert found["spec"]["containers"][0]["image"] == pinned
    assert (outcomes(pod(SIGNED), strict, world=world), outcomes(found, strict, world=world)) == (["fail"], ["pass"])
    assert changed(pod(UNSIGNED), strict, world=world) == pod(UNSIGNED)
    assert changed(pod(SIGNED), rule(key("release"), mutateDigest=False), world=world) == pod(SIGNED)


def test_without_a_registry_nothing_passes(world: World) -> None:
    away = KeyedImages(away=True)
    assert outcomes(pod(SIGNED), rule(key("release"))) == ["error"]
    assert outcomes(pod(SIGNED), rule(key("release")), world=World(images=away)) == ["error"]


def test_images_are_where_the_extractors_say(world: World) -> None:
    item = {"apiVersion": "example.com/v1", "kind": "Task", "metadata": {"name": "t", "namespace": "shop"},
            "spec": {"steps": [{"id": "a", "image": UNSIGNED}]}}  # fmt: skip
    extractors = {"Task": [{"path": "/spec/steps/*/image", "key": "id"}]}
    match = {"any": [{"resources": {"kinds": ["Task"]}}]}
    found = {**rule(key("release")), "match": match, "imageExtractors": extractors}
    assert outcomes(item, found, world=world) == ["fail"]


def test_keys_come_from_secrets(world: World) -> None:
    data = {"cosign.pub": base64.b64encode(pem("release").encode()).decode()}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "k", "namespace": "n"}, "data": data}
    held = replace(world, cluster=GivenCluster([secret]))
    for entry in ({"secret": {"name": "k", "namespace": "n"}}, {"publicKeys": "k8s://n/k"}):
        assert outcomes(pod(SIGNED), rule({"keys": entry}), world=held) == ["pass"]
        assert outcomes(pod(SIGNED), rule({"keys": entry}), world=world) == ["error"]


@pytest.mark.parametrize(
    ("entry", "more", "place"),
    [
        ({"keyless": {}}, {}, "entries[0]"),
        ({"keyless": {"rekor": {"url": "https://r.example"}}}, {}, "entries[0].keyless"),
        ({"keys": {"kms": "awskms://x"}}, {}, "keys.kms"),
        ({"certificates": {"certChain": "x"}}, {}, "certificates.cert"),
        ({"keys": {"publicKeys": "x"}}, {"type": "Notary"}, "verifyImages[0].type"),
        ({"keys": {"publicKeys": "x"}}, {"imageReferences": []}, "imageReferences"),
        ({"keys": {"publicKeys": "x"}}, {"attestations": [{"attestors": []}]}, "attestations[0].type"),
    ],
)
def test_what_anybody_could_meet_or_nobody_can_check_is_refused(entry: Any, more: Any, place: str) -> None:
    with pytest.raises(Malformed) as error:
        classic(rule(entry, **more))
    assert place in error.value.what


def test_a_statement_by_anybody_is_refused() -> None:
    check = {"imageReferences": ["*"], "attestations": [{"type": PROVENANCE}]}
    with pytest.raises(Malformed, match="anybody"):
        classic({"verifyImages": [check]})
