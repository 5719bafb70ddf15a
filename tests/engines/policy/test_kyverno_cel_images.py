"""ImageValidatingPolicy: which images it is about, who must have signed them, and what of that is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assay.engines.policy.given_cluster import GivenCluster
from assay.engines.policy.kyverno_cel.image_validating import ImageValidatingPolicy
from assay.engines.policy.kyverno_cel.loading import load
from assay.engines.policy.world import World
from assay.errors import Malformed
from assay.formats.manifest import Manifest
from assay.model.image_policy import Authority
from assay.model.policy import Outcome, RuleResult
from simulators.memory_images import MemoryImages, digest_of
from simulators.native_samples import deployment, pod, request

SIGNED, UNSIGNED = "registry.example/acme/app:1", "registry.example/acme/other:1"
PROVENANCE = "https://slsa.dev/provenance/v1"
KEY = {"key": {"data": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"}}
PODS: dict[str, Any] = {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}]}
ALL = "images.containers.all(i, verifyImageSignatures(i, [attestors.release]) > 0)"


@pytest.fixture
def images() -> MemoryImages:
    found = MemoryImages()
    found.add(SIGNED, "release")
    found.add(UNSIGNED)
    found.attest(SIGNED, "release", PROVENANCE, {"builder": "ours"})
    return found


def policy(**spec: Any) -> ImageValidatingPolicy:
    """A policy that wants the signature of `release`, unless the spec says otherwise."""
    whole = {
        "matchConstraints": PODS,
        "attestors": [{"name": "release", "cosign": KEY}, {"name": "qa", "cosign": KEY}],
        "attestations": [{"name": "provenance", "intoto": {"type": PROVENANCE}}],
        "validations": [{"expression": ALL, "message": "not signed"}],
        "validationConfigurations": {"verifyDigest": False},
        **spec,
    }
    item: dict[str, Any] = {
        "apiVersion": "policies.kyverno.io/v1",
        "kind": "ImageValidatingPolicy",
        "metadata": {"name": "p"},
    }
    found = load(Manifest({**item, "spec": whole}, "p.yaml", 1))
    assert isinstance(found, ImageValidatingPolicy)
    return found


def judged(images: MemoryImages | None, item: Any, **spec: Any) -> RuleResult:
    (found,) = policy(**spec).validate(request(item), World(images=images))
    return found


def test_a_signed_image_passes_and_an_unsigned_one_says_why_it_does_not(images: MemoryImages) -> None:
    assert judged(images, pod(SIGNED)).outcome is Outcome.PASS
    found = judged(images, pod(SIGNED, UNSIGNED))
    assert found.outcome is Outcome.FAIL
    assert found.message.startswith("not signed; release: ")
    assert "it is not signed" in found.message


@pytest.mark.parametrize("kind", ["pod", "deployment"])
def test_the_images_of_controllers_are_looked_at_too(images: MemoryImages, kind: str) -> None:
    item = pod(UNSIGNED) if kind == "pod" else deployment(UNSIGNED)
    assert judged(images, item).outcome is Outcome.FAIL


def test_what_a_policy_names_beside_pods_is_looked_at_where_its_images_are(images: MemoryImages) -> None:
    rules = [{"resources": ["pods", "deployments"]}]
    for item in (pod(UNSIGNED), deployment(UNSIGNED)):
        assert judged(images, item, matchConstraints={"resourceRules": rules}).outcome is Outcome.FAIL


def test_init_and_ephemeral_containers_have_lists_of_their_own(images: MemoryImages) -> None:
    item = pod(SIGNED)
    item["spec"]["initContainers"] = [{"name": "i", "image": UNSIGNED}]
    text = f"({ALL}) && images.initContainers.size() == 1 && images.ephemeralContainers.size() == 0"
    spec: dict[str, Any] = {"validations": [{"expression": text}]}
    found = judged(images, item, **spec)
    assert found.outcome is Outcome.FAIL, "an image that no validation looked at is not let in"
    assert found.message == f"image {UNSIGNED} is not verified: no signature or attestation of it was checked"
    optional = {"verifyDigest": False, "required": False}
    assert judged(images, item, **spec, validationConfigurations=optional).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("references", "wanted"),
    [
        ([{"glob": "registry.example/*"}], Outcome.FAIL),
        ([{"glob": "other.example/*"}], Outcome.PASS),
        ([{"glob": "registry.example/acme/oth??:1"}], Outcome.FAIL),
        ([{"expression": "ref.startsWith('registry.example/')"}], Outcome.FAIL),
        ([{"expression": "image.registry == 'other.example'"}], Outcome.PASS),
        ([{"expression": "image(ref).repository() == 'acme/other'"}], Outcome.FAIL),
        ([{"glob": "other.example/*"}, {"glob": "*"}], Outcome.FAIL),
    ],
)
def test_only_images_that_the_policy_is_about_are_verified(
    images: MemoryImages, references: list[dict[str, str]], wanted: Outcome
) -> None:
    assert judged(images, pod(UNSIGNED), matchImageReferences=references).outcome is wanted


def test_a_glob_takes_the_short_names_of_docker_too(images: MemoryImages) -> None:
    images.add("nginx")
    assert judged(images, pod("nginx"), matchImageReferences=[{"glob": "docker.io/library/*"}]).outcome is Outcome.FAIL


def test_attestors_are_counted(images: MemoryImages) -> None:
    both = "images.containers.all(i, verifyImageSignatures(i, [attestors.release, attestors.qa]) == {count})"
    for count, wanted in ((1, Outcome.PASS), (2, Outcome.FAIL)):
        text = both.replace("{count}", str(count))
        assert judged(images, pod(SIGNED), validations=[{"expression": text}]).outcome is wanted


def test_attestations_are_verified_before_their_payload_is_had(images: MemoryImages) -> None:
    verify = "images.containers.all(i, verifyAttestationSignatures(i, attestations.provenance, [attestors.{by}]) > 0)"
    builder = "images.containers.all(i, extractPayload(i, attestations.provenance).predicate.builder == 'ours')"

    def of(*expressions: str) -> RuleResult:
        return judged(images, pod(SIGNED), validations=[{"expression": text} for text in expressions])

    assert of(verify.replace("{by}", "release"), builder).outcome is Outcome.PASS
    assert of(verify.replace("{by}", "qa"), builder).outcome is Outcome.FAIL
    found = of(builder)
    assert found.outcome is Outcome.ERROR
    assert "before its signatures are verified" in found.message


@pytest.mark.parametrize("reference", [SIGNED, "registry.example/acme/app"])
def test_images_need_a_digest_where_the_policy_says_so(images: MemoryImages, reference: str) -> None:
    found = judged(images, pod(reference), validationConfigurations={})
    assert (found.outcome, found.message) == (Outcome.FAIL, f"image {reference} does not have a digest")
    pinned = f"registry.example/acme/app@{digest_of(SIGNED)}"
    assert judged(images, pod(pinned), validationConfigurations={}).outcome is Outcome.PASS


def test_tags_are_made_digests(images: MemoryImages) -> None:
    pinned = f"{SIGNED}@{digest_of(SIGNED)}"
    (found,) = policy().mutate(request(pod(SIGNED, pinned)), World(images=images))
    assert found.patched is not None
    assert [item["image"] for item in found.patched["spec"]["containers"]] == [pinned, pinned]
    (found,) = policy().mutate(request(deployment(SIGNED)), World(images=images))
    assert found.patched is not None
    assert found.patched["spec"]["template"]["spec"]["containers"][0]["image"] == pinned
    assert policy().mutate(request(pod(pinned)), World(images=images)) == ()
    assert (
        policy(validationConfigurations={"mutateDigest": False}).mutate(request(pod(SIGNED)), World(images=images))
        == ()
    )


def test_a_registry_that_is_away_is_an_error_and_not_a_pass(images: MemoryImages) -> None:
    images.away = True
    for world in (World(images=images), World()):
        (found,) = policy().validate(request(pod(SIGNED)), world)
        assert found.outcome is Outcome.ERROR
        (found,) = policy().mutate(request(pod(SIGNED)), world)
        assert found.outcome is Outcome.ERROR


def test_no_registry_is_asked_where_no_image_is_the_policys(images: MemoryImages) -> None:
    judged(images, pod(UNSIGNED), matchImageReferences=[{"glob": "other.example/*"}])
    policy(matchConditions=[{"name": "never", "expression": "false"}]).validate(
        request(pod(SIGNED)), World(images=images)
    )
    assert images.asked == []


def test_images_of_other_documents_are_named_by_expressions(images: MemoryImages) -> None:
    spec: dict[str, Any] = {
        "evaluation": {"mode": "JSON"},
        "images": [{"name": "all", "expression": "object.images"}],
        "validations": [{"expression": "images.all.all(i, verifyImageSignatures(i, [attestors.release]) > 0)"}],
    }
    for reference, wanted in ((SIGNED, Outcome.PASS), (UNSIGNED, Outcome.FAIL)):
        (found,) = policy(**spec).judge_payload({"images": [reference]}, World(images=images))
        assert found.outcome is wanted


class Recording(MemoryImages):
    """Keeps the authorities that were asked for."""

    def signatures(self, reference: str, authority: Authority) -> Any:
        self.authority = replace(authority)
        return super().signatures(reference, authority)


def test_attestors_become_authorities_with_everything_that_they_say() -> None:
    images = Recording()
    images.add(SIGNED, "release")
    keyless = {
        "keyless": {
            "identities": [{"issuer": "https://issuer.example", "subjectRegExp": ".*@acme.example"}],
            "roots": "ROOTS",
        },
        "ctlog": {"rekorPubKey": "REKOR", "ctLogPubKey": "CT", "tsaCertChain": "TSA", "insecureIgnoreSCT": True},
        "source": {"repository": "registry.example/signatures", "tagPrefix": "v1-"},
        "annotations": {"team": "acme"},
    }
    assert judged(images, pod(SIGNED), attestors=[{"name": "release", "cosign": keyless}]).outcome is Outcome.PASS
    found = images.authority
    (identity,) = found.identities
    assert (identity.issuer, identity.subject_regexp) == ("https://issuer.example", ".*@acme.example")
    assert (found.roots, found.rekor_key, found.ct_key, found.tsa_chain) == ("ROOTS", "REKOR", "CT", "TSA")
    assert (found.ignore_sct, found.ignore_log) == (True, False)
    assert (found.repository, found.tag_prefix, found.annotations) == (
        "registry.example/signatures",
        "v1-",
        {"team": "acme"},
    )


def test_keys_may_be_computed_or_lie_in_a_secret() -> None:
    images = Recording()
    images.add(SIGNED, "release")
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "n"},
        "data": {"cosign.pub": "S0VZ"},
    }
    maps = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "k", "namespace": "shop"},
        "data": {"pub": "PUB"},
    }
    world = World(images=images, cluster=GivenCluster([secret, maps]))
    variables = [{"name": "cm", "expression": "resource.Get('v1', 'configmaps', object.metadata.namespace, 'k')"}]
    for key, wanted in (
        ({"secretRef": {"name": "s", "namespace": "n"}}, "KEY"),
        ({"expression": "variables.cm.data.pub", "hashAlgorithm": "sha512"}, "PUB"),
    ):
        attestors = [{"name": "release", "cosign": {"key": key}}]
        (found,) = policy(attestors=attestors, variables=variables).validate(request(pod(SIGNED)), world)
        assert found.outcome is Outcome.PASS, found.message
        assert images.authority.key == wanted
    assert images.authority.hash_algorithm == "sha512"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"attestors": [{"name": "n", "notary": {"certs": {"value": "x"}}}]}, "spec.attestors[0].notary: Notary"),
    ({"attestors": [{"name": "n", "cosign": {"key": {"kms": "gcpkms://x"}}}]}, "spec.attestors[0].cosign.key.kms"),
    ({"attestors": [{"name": "n", "cosign": {**KEY, "tuf": {"mirror": "x"}}}]}, "spec.attestors[0].cosign.tuf"),
    ({"attestors": [{"name": "n", "cosign": {}}]}, "spec.attestors[0]"),
    ({"attestors": [{"name": "n", "cosign": {**KEY, "keyless": {"identities": [{"issuer": "x"}]}}}]}, "exactly one of"),
    ({"attestors": [{"name": "n", "cosign": {"keyless": {"identities": []}}}]}, "keyless.identities"),
    ({"attestors": [{"name": "n", "cosign": {"keyless": {"roots": "x"}}}]}, "keyless.identities"),
    ({"attestors": [{"name": "n", "cosign": {"keyless": {"identities": [{}]}}}]}, "identities[0]"),
    ({"attestors": [{"name": "n", "cosign": {"key": {"hashAlgorithm": "sha256"}}}]}, "one of data, expression"),
    ({"attestors": [{"name": "n", "cosign": {**KEY, "unknown": 1}}]}, "spec.attestors[0].cosign.unknown"),
    ({"attestations": [{"name": "s", "referrer": {"type": "sbom"}}]}, "spec.attestations[0].referrer"),
    ({"matchImageReferences": [{"glob": "a", "expression": "true"}]}, "spec.matchImageReferences[0]"),
    ({"matchImageReferences": [{"expression": "nothing"}]}, "spec.matchImageReferences[0].expression"),
    ({"validationConfigurations": {"mutate": True}}, "spec.validationConfigurations.mutate"),
    ({"credentials": {"password": "x"}}, "spec.credentials.password"),
    ({"images": [{"name": "x", "expression": "1 +"}]}, "spec.images[0].expression"),
]


@pytest.mark.parametrize(("spec", "said"), REFUSED)
def test_what_cannot_be_verified_is_refused_when_it_is_loaded(spec: dict[str, Any], said: str) -> None:
    with pytest.raises(Malformed) as caught:
        policy(**spec)
    assert said in str(caught.value)
