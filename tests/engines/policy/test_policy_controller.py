"""policy-controller's policies: which images they are about, which authorities are met, and what cannot be loaded."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from assay.app import own_policies
from assay.engines.policy import deciding
from assay.engines.policy.policy_controller.engine import takes
from assay.engines.policy.policy_controller.loading import policy, trust_root
from assay.engines.policy.world import World
from assay.errors import Malformed
from assay.formats.image_reference import parse
from assay.formats.manifest import Manifest
from assay.model.decision import Decision
from simulators.log_keys import p256
from simulators.memory_images import MemoryImages, digest_of
from simulators.native_samples import IMAGE, deployment, pod, request

Object = dict[str, Any]
KEY = base64.b64encode(p256().public_key).decode()
PEM = f"-----BEGIN PUBLIC KEY-----\n{KEY}\n-----END PUBLIC KEY-----\n"
WHO: Object = {"name": "release", "key": {"data": PEM}}
PINNED = f"{IMAGE.rpartition(':')[0]}@{digest_of(IMAGE)}"


def manifest(spec: Object, kind: str = "ClusterImagePolicy", name: str = "cip") -> Manifest:
    item: Object = {"apiVersion": "policy.sigstore.dev/v1beta1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    return Manifest(item, "cip.yaml", 3)


def decide(images: MemoryImages, spec: Object, item: Object | None = None, *more: Manifest, **asked: Any) -> Decision:
    spec = {"images": [{"glob": "**"}], **spec}
    loaded = own_policies.of_manifests([manifest(spec), *more])
    assert not loaded.problems, [problem.what for problem in loaded.problems]
    world = World(images=images, now=lambda: datetime(2026, 6, 1, tzinfo=UTC))
    return deciding.whole(loaded.policies, request(item or pod(IMAGE), **asked), world)


@pytest.fixture
def images() -> MemoryImages:
    found = MemoryImages()
    found.add(IMAGE, "release")
    return found


@pytest.mark.parametrize(
    ("glob", "image", "taken"),
    [
        ("**", "nginx", True),
        ("*", "nginx", True),
        ("*", "registry.example/app", False),
        ("*/*", "acme/app:1", True),
        ("index.docker.io/library/*", "nginx:1.27", True),
        ("index.docker.io/acme/app:*", "acme/app:1", True),
        ("nginx*", "nginx:1.27", True),
        ("registry.example/*", "registry.example/acme/app", False),
        ("registry.example/**", "registry.example/acme/app", True),
        ("registry.example/acme/app:1", "registry.example/acme/app:12", False),
        ("registryXexample/**", "registry.example/acme/app", False),
        ("registry.example/**", "registry.example:443/acme/app", True),
        ("index.docker.io/**", "registry-1.docker.io/library/nginx", True),
    ],
)
def test_globs(glob: str, image: str, taken: bool) -> None:
    assert takes(glob, parse(image), image) is taken


def test_one_authority_is_enough_and_each_that_is_not_met_is_told(images: MemoryImages) -> None:
    other = {**WHO, "name": "other"}
    good = decide(images, {"authorities": [other, WHO]})
    assert (good.action, good.verdict) == ("allow", "pass")
    bad = decide(images, {"authorities": [other, {**other, "name": "third"}]})
    assert bad.action == "deny"
    assert "other: " in bad.message
    assert "third: " in bad.message
    assert decide(images, {"authorities": [other], "mode": "warn"}).action == "warn"


def test_all_policies_must_be_met(images: MemoryImages) -> None:
    second = manifest({"images": [{"glob": "**"}], "authorities": [{**WHO, "name": "other"}]}, name="second")
    assert decide(images, {"authorities": [WHO]}, None, second).action == "deny"


def test_tags_are_pinned_first_and_refused_where_they_were_not(images: MemoryImages) -> None:
    loaded = own_policies.of_manifests([manifest({"images": [{"glob": "**"}], "authorities": [WHO]})])
    world = World(images=images)
    assert PINNED.rpartition("@")[2] in str(deciding.mutate(loaded.policies, request(deployment(IMAGE)), world).patched)
    assert "which can move" in deciding.validate(loaded.policies, request(pod(IMAGE)), world).message
    assert deciding.validate(loaded.policies, request(pod(PINNED)), world).allowed


def test_static_answers_ask_no_registry() -> None:
    nobody = MemoryImages(away=True)
    assert decide(nobody, {"authorities": [{"static": {"action": "pass"}}]}, pod(PINNED)).verdict == "pass"
    bad = decide(nobody, {"authorities": [{"static": {"action": "fail", "message": "not here"}}]}, pod(PINNED))
    assert "not here" in bad.message
    assert nobody.asked == []


REGO = """package sigstore
isCompliant[response] {
  passed := input.predicate.passed
  response := {"result": passed > 10, "error": sprintf("only %d passed", [passed])}
}
"""


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("rego", REGO),
        ("rego", "package sigstore\nisCompliant { input.predicate.passed > 10 }"),
        ("cel", "predicate.passed > 10"),
    ],
)
def test_attestations_are_held_to_rego_and_cel(images: MemoryImages, kind: str, text: str) -> None:
    wanted = {"name": "tests", "predicateType": "https://acme.example/t", "policy": {"type": kind, "data": text}}
    spec = {"authorities": [{**WHO, "attestations": [wanted]}]}
    assert decide(images, spec).action == "deny"
    images.attest(IMAGE, "release", "https://acme.example/t", {"passed": 3})
    bad = decide(images, spec)
    assert bad.action == "deny"
    if text is REGO:
        assert "only 3 passed" in bad.message
    images.attest(IMAGE, "release", "https://acme.example/t", {"passed": 12})
    assert decide(images, spec).verdict == "pass"


def test_the_policy_of_the_whole_sees_what_the_authorities_found(images: MemoryImages) -> None:
    images.signed[digest_of(IMAGE)].append("second")
    two = [WHO, {**WHO, "name": "second"}, {**WHO, "name": "third"}]
    text = "package sigstore\nisCompliant { count(input.authorityMatches) >= %d }"
    for number, verdict in ((2, "pass"), (3, "fail")):
        spec = {"authorities": two, "policy": {"type": "rego", "data": text % number}}
        assert decide(images, spec).verdict == verdict
    meta: Object = {
        "type": "cel",
        "data": "metadata.name == 'app' && typemeta.kind == 'Pod' && has(authorityMatches.release)",
    }
    meta |= {"includeObjectMeta": True, "includeTypeMeta": True}
    spec = {"authorities": two, "policy": meta}
    assert decide(images, spec).verdict == "pass"


def test_resources_are_matched_by_kind_and_labels(images: MemoryImages) -> None:
    bad: Object = {"authorities": [{"static": {"action": "fail"}}]}
    pods = [{"group": "", "version": "v1", "resource": "pods"}]
    assert decide(images, {**bad, "match": pods}).action == "deny"
    assert decide(images, {**bad, "match": pods}, deployment(IMAGE)).action == "allow"
    labelled = [{**pods[0], "selector": {"matchLabels": {"a": "b"}}}]
    assert decide(images, {**bad, "match": labelled}).action == "allow"
    assert decide(images, {**bad, "match": labelled}, pod(IMAGE, labels={"a": "b"})).action == "deny"


def test_images_without_a_policy_are_what_the_config_map_says(images: MemoryImages) -> None:
    for word, action in (("deny", "deny"), ("warn", "warn"), ("allow", "allow")):
        item: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "config-policy-controller"}}
        more = Manifest({**item, "data": {"no-match-policy": word}}, "config.yaml", 1)
        spec = {"images": [{"glob": "other.example/**"}], "authorities": [WHO]}
        assert decide(images, spec, None, more).action == action


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"authorities": [WHO], "polcy": {}}, "ClusterImagePolicy.spec.polcy is not known"),
        ({"authorities": []}, "spec.authorities is empty"),
        ({"authorities": [{"key": {"kms": "awskms://x"}}]}, "kms is not read here"),
        ({"authorities": [{"key": {"secretRef": {"name": "x"}}}]}, "secretRef is not read here"),
        ({"authorities": [{"keyless": {"identities": [{"issuer": "x"}]}}]}, "lacks issuer or subject"),
        ({"authorities": [WHO], "policy": {"type": "cue", "data": "x"}}, "is CUE"),
        ({"authorities": [WHO], "policy": {"type": "rego", "data": "package x\nnot rego ("}}, "cip.yaml:3"),
        ({"authorities": [WHO], "policy": {"type": "rego", "remote": {"url": "x"}}}, "is in remote"),
        ({"authorities": [{**WHO, "key": {"data": "no pem"}}]}, "no PEM block"),
        ({"authorities": [WHO], "images": [{"glob": "a[b]"}]}, "has the glob"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_when_it_is_loaded(spec: Object, told: str) -> None:
    with pytest.raises(Malformed) as caught:
        policy(manifest({"images": [{"glob": "**"}], **spec}))
    assert "cip.yaml:3" in caught.value.what
    assert told in caught.value.what


def test_a_trust_root_is_its_keys() -> None:
    log = {
        "baseURL": "https://log.example",
        "hashAlgorithm": "sha-256",
        "publicKey": base64.b64encode(PEM.encode()).decode(),
    }
    name, root = trust_root(manifest({"sigstoreKeys": {"tLogs": [log]}}, "TrustRoot", "mine"))
    assert (name, root.logs[0].url) == ("mine", "https://log.example")
    with pytest.raises(Malformed, match="are not read here"):
        trust_root(manifest({"remote": {"root": "x", "mirror": "y"}}, "TrustRoot"))
