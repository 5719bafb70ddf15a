"""``assay policy lint``, ``convert`` and ``explain``: what authors of policies are told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay.__main__ import main
from assay.errors import ExitCode
from assay.formats import manifest

LABELS = """apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: labels, annotations: {team: a}}
spec:
  validationFailureAction: Enforce
  rules:
  - name: app
    match: {any: [{resources: {kinds: [Pod], namespaces: ["shop-*"]}}]}
    exclude: {any: [{clusterRoles: [cluster-admin]}]}
    preconditions: {all: [{key: "{{ request.operation }}", operator: NotEquals, value: DELETE}]}
    validate:
      message: app is missing
      allowExistingViolations: false
      pattern: {metadata: {labels: {app: "?*"}}, spec: {"=(hostNetwork)": false}}
"""
SIGNED = """apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: require-signed-images}
spec:
  validationFailureAction: Audit
  rules:
  - name: signed
    match: {any: [{resources: {kinds: [Pod]}}]}
    verifyImages:
    - imageReferences: ["ghcr.io/acme/*"]
      mutateDigest: false
      verifyDigest: false
      attestors:
      - entries:
        - keyless:
            subjectRegExp: https://github.com/acme/.+
            issuer: https://token.actions.githubusercontent.com
            rekor: {url: "https://rekor.example", ignoreTlog: true}
"""
OWN = """apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {name: release}
spec:
  images: {include: ["registry.example/acme/**"]}
  workloads: {excludedNamespaces: [kube-system]}
  registries: [registry.example/acme]
  digests: {require: true}
  action: enforce
  rollout:
    auditUntil: "2026-12-01"
    grace: 30d
    stages: [{namespaces: [canary], percent: 10, auditUntil: "2026-11-01"}]
---
apiVersion: assay.dev/v1alpha1
kind: AssayException
metadata: {name: old-one}
spec: {policies: [release], reason: legacy, approver: ann, expires: "2027-01-01",
       images: ["sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]}
"""
CONTROLLED = """apiVersion: policy.sigstore.dev/v1beta1
kind: ClusterImagePolicy
metadata: {name: acme}
spec:
  images: [{glob: "ghcr.io/acme/**"}]
  authorities:
  - name: ci
    keyless:
      identities: [{issuer: "https://issuer.example", subjectRegExp: "acme"}]
    ctlog: {url: "https://rekor.example"}
"""


def pod(name: str, labels: dict[str, str], image: str = "docker.io/library/nginx:1") -> str:
    """A pod as JSON."""
    metadata = {"name": name, "namespace": "shop-a", "labels": labels}
    spec = {"containers": [{"name": "c", "image": image}]}
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, text in (("labels", LABELS), ("signed", SIGNED), ("own", OWN), ("controlled", CONTROLLED)):
        (tmp_path / f"{name}.yaml").write_text(text)
    (tmp_path / "good.json").write_text(pod("good", {"app": "a"}))
    (tmp_path / "bad.json").write_text(pod("bad", {}))
    return tmp_path


def test_a_converted_policy_decides_as_before(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "convert", str(files / "labels.yaml")]) == ExitCode.OK
    told = capsys.readouterr()
    assert "exclude: roles are not known to CEL" in told.err and "the new policy is stricter" in told.out
    (item,) = manifest.read(told.out, "out")
    found: dict[str, Any] = item.object
    assert found["kind"] == "ValidatingPolicy" and found["spec"]["validationActions"] == ["Deny"]
    assert found["metadata"]["annotations"]["team"] == "a"
    assert "assay.dev/lost" in found["metadata"]["annotations"]
    (files / "new.yaml").write_text(told.out)
    for policy in ("labels.yaml", "new.yaml"):
        for name, code in (("good", ExitCode.OK), ("bad", ExitCode.NO)):
            words = ["policy", "apply", str(files / policy), "--resource", str(files / f"{name}.json")]
            assert main(words) == code, (policy, name)


def test_strict_refuses_a_loss_and_a_rule_without_form_is_never_passed_over(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "convert", "--strict", str(files / "labels.yaml")]) == ExitCode.NO
    (files / "odd.yaml").write_text(LABELS.replace('{app: "?*"}', "{app: \"{{ x509_decode('a') }}\"}"))
    capsys.readouterr()
    assert main(["policy", "convert", "-o", "json", str(files / "odd.yaml")]) == ExitCode.NO
    told = capsys.readouterr()
    (one,) = json.loads(told.out)["policies"]
    assert one["objects"] == [] and "x509_decode" in one["refused"][0]["what"]
    assert "spec.rules[app] is not converted" in told.err


def test_images_become_an_assay_policy(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [str(files / "signed.yaml"), str(files / "controlled.yaml")]
    assert main(["policy", "convert", "--to", "assay", *names]) == ExitCode.OK
    text = capsys.readouterr().out
    found: list[Any] = [item.object for item in manifest.read(text, "out")]
    signed, controlled = (item["spec"] for item in found)
    assert signed["images"] == {"include": ["ghcr.io/acme/**"]} and signed["action"] == "audit"
    assert signed["signers"]["signer1"]["trust"] == {"ignoreLog": True}
    assert controlled["signers"]["ci"]["identities"][0]["identityRegexp"] == ".*(?:acme).*"
    (files / "new.yaml").write_text(text)
    assert main(["policy", "lint", str(files / "new.yaml")]) == ExitCode.OK
    assert "2 policies can be loaded" in capsys.readouterr().out


def test_nothing_to_convert(files: Path) -> None:
    assert main(["policy", "convert", str(files / "own.yaml")]) == ExitCode.INPUT
    assert main(["policy", "convert", str(files / "absent.yaml")]) == ExitCode.INPUT


def test_explain_says_whom_what_and_when(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "explain", str(files / "own.yaml")]) == ExitCode.OK
    text = capsys.readouterr().out
    for told in (
        "registry.example/acme/**",
        "Not in the namespaces kube-system",
        "be named by digest",
        "10 % of the workloads in canary: reported only until 2026-11-01",
        "reported only until 2026-12-01, then enforce",
        "Excepted by old-one",
        "until 2027-01-01",
    ):
        assert told in text
    assert main(["policy", "explain", str(files / "controlled.yaml")]) == ExitCode.OK
    assert "acme of https://issuer.example" in capsys.readouterr().out


def test_explain_names_the_field_that_is_wrong(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["policy", "explain", str(files / "labels.yaml"), "-o", "json", "--resource"]
    assert main([*words, str(files / "bad.json")]) == ExitCode.OK
    (one,) = json.loads(capsys.readouterr().out)
    rule = one["objects"][0]["steps"][0]
    match, preconditions, pattern, result = rule["steps"]
    assert match["holds"] and preconditions["holds"] and preconditions["steps"][0]["found"] == "CREATE"
    assert not pattern["holds"] and pattern["found"].startswith("metadata.labels.app: null")
    assert pattern["wanted"] == "?*" and pattern["mend"] == "set metadata.labels.app to what is wanted"
    assert not result["holds"] and "the request is refused" in result["text"]
    assert main([*words, str(files / "good.json")]) == ExitCode.OK
    (one,) = json.loads(capsys.readouterr().out)
    assert one["objects"][0]["steps"][0]["steps"][-1]["holds"]


def test_explain_of_a_policy_that_is_not_there(files: Path) -> None:
    assert main(["policy", "explain", str(files), "--name", "absent"]) == ExitCode.INPUT


def test_lint_says_what_is_not_meant(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "lint", "-o", "json", str(files / "signed.yaml")]) == ExitCode.NO
    rules = {item["rule"]: item for item in json.loads(capsys.readouterr().out)["problems"]}
    assert {"deprecated-kind", "deprecated-field", "unanchored-regex", "mutable-tag", "no-log"} == set(rules)
    assert rules["deprecated-kind"]["remedy"] == f"assay policy convert {files / 'signed.yaml'}"
    assert (
        "spec.rules[0].verifyImages[0].attestors[0].entries[0].keyless.subjectRegExp"
        in rules["unanchored-regex"]["what"]
    )
    (files / "signed.yaml").write_text(SIGNED.replace("mutateDigest: false", "mutateDigest: true"))
    assert main(["policy", "lint", str(files / "signed.yaml")]) == ExitCode.NO
    assert "set mutateDigest: false, or enforce" in capsys.readouterr().out


def test_notes_are_no_fault(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "lint", str(files / "labels.yaml")]) == ExitCode.OK
    assert "note: " in capsys.readouterr().out


def test_lint_as_sarif(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (files / "cue.yaml").write_text(CONTROLLED.replace("    ctlog:", "    attestations: [{name: a, predicateType: x, "
                                    "policy: {type: cue, data: x}}]\n    ctlog:"))  # fmt: skip
    assert main(["policy", "lint", "-o", "sarif", str(files / "cue.yaml")]) == ExitCode.NO
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    results = {item["ruleId"]: item for item in run["results"]}
    assert "CUE" in results["cannot-load"]["message"]["text"] and results["cannot-load"]["level"] == "error"
    place = results["cannot-load"]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == str(files / "cue.yaml") and place["region"]["startLine"] == 1
    assert run["tool"]["driver"]["rules"][results["unanchored-regex"]["ruleIndex"]]["id"] == "unanchored-regex"
