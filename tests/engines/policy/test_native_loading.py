"""assay's own policies are loaded strictly: what is not known is refused and named, and the schema says the same."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from assay.engines.policy.native import description, loading
from assay.errors import Malformed
from assay.formats.manifest import Manifest
from assay.model.policy import Action
from simulators.native_samples import KEY, manifest

GOOD: dict[str, Any] = {
    "images": {"include": ["registry.example/acme/**"]},
    "signers": {
        "release": {
            "require": 2,
            "identities": [
                {"identityGlob": "https://github.com/acme/**", "issuer": "https://accounts.example"},
                {"identity": "ci@acme.example", "issuerRegexp": "https://[a-z.]+"},
            ],
            "trust": {"ignoreSct": True},
        },
        "qa": KEY,
    },
    "signedBy": ["release"],
    "attestations": [{"type": "spdx", "by": ["qa"], "conditions": [{"expression": "predicate.name != ''"}]}],
    "sbom": {"by": ["qa"], "complete": True},
    "vulnerabilities": {"from": "attested-scan", "by": ["qa"], "youngerThan": "24h", "deny": ["Critical", "kev"]},
    "provenance": {"by": ["release"], "source": "https://github.com/acme/app"},
    "slsa": {"by": ["release"], "level": 3, "verifier": "https://verifier.example"},
    "digests": {"pin": True},
    "registries": ["registry.example"],
    "conditions": [{"expression": "size(images) < 9", "message": "too many"}],
    "action": "warn",
    "rollout": {"auditUntil": "2026-12-01", "grace": "30d", "stages": [{"namespaces": ["dev-*"], "percent": 10}]},
    "onTimeout": "warn",
    "staleIfError": "1h",
    "onRevocation": "deny",
}


def test_everything_that_may_be_said_is_read() -> None:
    found = loading.policy(manifest("AssayPolicy", GOOD))
    assert found.signers["release"].need == 2
    assert found.signers["release"].authorities[0].identities[0].subject_regexp == r"^https://github\.com/acme/(?s:.*)$"
    assert found.signers["release"].authorities[0].ignore_sct
    assert found.vulnerabilities is not None
    assert found.vulnerabilities.deny == ("critical", "kev")
    assert found.provenance is not None
    assert found.provenance.source == "github.com/acme/app"
    assert found.digest_required
    assert (found.action, found.on_error, found.on_timeout) == (Action.WARN, Action.DENY, Action.WARN)
    assert [stage.percent for stage in found.rollout] == [10, 100]
    assert found.stale_if_error.total_seconds() == 3600


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"signdBy": ["x"]}, "AssayPolicy.spec.signdBy is not known"),
        ({"signers": {"a": {"kyes": []}}}, "AssayPolicy.spec.signers.a.kyes is not known"),
        ({"signers": {"a": {}}}, "the signer a has no identity, key or certificate"),
        ({"signedBy": ["nobody"]}, "there is no signer 'nobody'"),
        ({"action": "block"}, "AssayPolicy.spec.action is 'block'"),
        ({"rollout": {"grace": "soon"}}, "AssayPolicy.spec.rollout.grace is 'soon'"),
        ({"rollout": {"auditUntil": "tomorrow"}}, "AssayPolicy.spec.rollout.auditUntil"),
        ({"vulnerabilities": {"from": "attested-scan"}}, "vulnerabilities.by is missing"),
        ({"vulnerabilities": {"from": "rumours"}}, "AssayPolicy.spec.vulnerabilities.from is 'rumours'"),
        ({"vulnerabilities": {"from": "own-scan", "deny": ["grave"]}}, "vulnerabilities.deny has 'grave'"),
        ({"signers": {"a": {"identities": [{"identity": "x"}]}}}, "has 0 of issuer, issuerGlob and issuerRegexp"),
        ({"digests": {"pin": "yes"}}, "AssayPolicy.spec.digests.pin is 'yes'"),
        ({}, "it demands nothing"),
    ],
)
def test_what_cannot_be_read_is_named_with_file_line_and_field(change: dict[str, Any], told: str) -> None:
    with pytest.raises(Malformed) as caught:
        loading.policy(manifest("AssayPolicy", change))
    assert caught.value.what.startswith("policies.yaml:7: ")
    assert told in caught.value.what
    assert caught.value.remedy


def test_other_versions_and_kinds_are_refused() -> None:
    item: Any = {"apiVersion": "assay.dev/v2", "kind": "AssayPolicy", "metadata": {"name": "a"}, "spec": {}}
    with pytest.raises(Malformed, match="is not known"):
        loading.checked(Manifest(item, "a.yaml", 1))


def test_an_exception_is_bound_to_something_and_ends() -> None:
    spec = {"policies": ["*"], "reason": "r", "approver": "a", "expires": "2026-07-01"}
    with pytest.raises(Malformed, match="bound to no image and no vulnerability"):
        loading.exception(manifest("AssayException", spec))
    endless = {key: value for key, value in spec.items() if key != "expires"}
    with pytest.raises(Malformed, match="expires is missing"):
        loading.exception(manifest("AssayException", {**endless, "vulnerabilities": ["CVE-2026-1"]}))
    assert loading.exception(manifest("AssayException", {**spec, "vulnerabilities": ["CVE-2026-1"]})).name == "release"
    with pytest.raises(Malformed, match="names no digest"):
        loading.exception(manifest("AssayException", {**spec, "images": ["registry.example/app:1"]}))


@pytest.mark.parametrize("kind", sorted(description.KINDS))
def test_the_schema_of_each_kind_is_one(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(description.schema(kind))
    definition = description.definition(kind)
    assert definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["type"] == "object"


def test_the_schema_takes_what_is_loaded_and_refuses_what_is_not() -> None:
    validator = jsonschema.Draft202012Validator(description.schema("AssayPolicy"))
    validator.validate(manifest("AssayPolicy", GOOD).object)
    wrong: Any
    for wrong in ({"signdBy": []}, {"action": "block"}, {"rollout": {"grace": "soon"}}, {"digests": {"pin": "yes"}}):
        assert list(validator.iter_errors(manifest("AssayPolicy", wrong).object)), wrong
