"""Tests of policies are found and run; those that do not come to an end cost only themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.app import policy_tests
from assay.errors import InputError

TEMPLATE = """apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {{name: k8sdenied}}
spec:
  crd: {{spec: {{names: {{kind: K8sDenied}}}}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package k8sdenied
      violation[{{"msg": "no"}}] {{ {body} }}
"""
CONSTRAINT = "{apiVersion: constraints.gatekeeper.sh/v1beta1, kind: K8sDenied, metadata: {name: a}}"
SUITE = """kind: Suite
apiVersion: test.gatekeeper.sh/v1alpha1
tests:
- name: t
  template: TEMPLATE
  constraint: constraint.yaml
  cases:
  - {name: c, object: constraint.yaml, assertions: [{violations: yes}]}
"""
ENDLESS = "count([1 | numbers.range(1, 9000)[_] > 0; numbers.range(1, 9000)[_] > 0; input.review]) > 0"


def test_a_file_without_an_end_is_a_failure_and_the_others_are_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "constraint.yaml").write_text(CONSTRAINT)
    (tmp_path / "fine.yaml").write_text(TEMPLATE.format(body="true"))
    (tmp_path / "endless.yaml").write_text(TEMPLATE.format(body=ENDLESS))
    for name in ("a", "b", "c"):
        template = "endless.yaml" if name == "b" else "fine.yaml"
        (tmp_path / f"{name}-suite.yaml").write_text(SUITE.replace("TEMPLATE", template))
    monkeypatch.setattr(policy_tests, "SECONDS", 2)
    results = [*policy_tests.run(policy_tests.find([tmp_path]))]
    assert [(Path(item.file).name, item.outcome) for item in results] == [
        ("a-suite.yaml", "pass"),
        ("b-suite.yaml", "fail"),
        ("c-suite.yaml", "pass"),
    ]
    assert "did not end within 2 s" in results[1].message


def test_files_are_found_by_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/any-name.yml").write_text(SUITE)
    (tmp_path / "other.yaml").write_text("kind: Suite\n")
    found = policy_tests.find([tmp_path])
    assert [Path(item.path).name for item in found] == ["any-name.yml"]
    with pytest.raises(InputError, match="there is no"):
        policy_tests.find([tmp_path / "absent"])
