"""Suites of assay's own policies: what each case expects is held to what the engine decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.__main__ import main
from assay.app import policies as loaded_policies
from assay.app import policy_tests
from assay.errors import ExitCode

POLICY = """
apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {name: release}
spec:
  registries: [registry.example]
  action: enforce
  rollout: {auditUntil: 2026-12-01, grace: 30d}
"""
SIGNED = """  signers: {team: {identities: [{identity: a@b.example, issuer: "https://c.example"}]}}
  signedBy: [team]
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {name: app}
spec: {containers: [{name: app, image: HOST/app:1}]}
"""
SUITE = """
apiVersion: test.assay.dev/v1alpha1
kind: Suite
metadata: {name: release}
policies: [release.yaml]
cases:
  - {name: ours, object: ours.yaml, at: 2026-12-02, verdict: pass, action: allow}
  - {name: audit, object: other.yaml, at: 2026-11-30, verdict: fail, action: allow}
  - {name: new, object: other.yaml, at: 2026-12-02, verdict: fail, action: deny}
  - {name: grace, object: other.yaml, at: 2026-12-02, existing: true, action: warn}
  - {name: all, object: other.yaml, at: 2027-01-02, existing: true, action: deny}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {"release.yaml": POLICY, "ours.yaml": POD.replace("HOST", "registry.example"),
             "other.yaml": POD.replace("HOST", "other.example"), "suite.yaml": SUITE}  # fmt: skip
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    return tmp_path


def outcomes(folder: Path, suite: str) -> list[tuple[str, str, str]]:
    (folder / "suite.yaml").write_text(suite)
    return [(one.case, one.outcome, one.message) for one in policy_tests.run(policy_tests.find([folder]))]


def test_every_phase_of_a_rollout(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "test", str(folder)]) == ExitCode.OK, capsys.readouterr()
    assert [outcome for _, outcome, _ in outcomes(folder, SUITE)] == ["pass"] * 5


def test_what_is_decided_otherwise_is_a_failure_with_the_reason(folder: Path) -> None:
    found = outcomes(
        folder, SUITE.replace("at: 2026-12-02, verdict: fail, action: deny", "at: 2026-12-02, action: allow")
    )
    assert [name for name, outcome, _ in found if outcome == "fail"] == ["new"]
    assert "other.yaml:2: action is deny, wanted is allow" in found[2][2]
    assert "registries" in found[2][2]


def test_what_takes_a_registry_is_an_error_and_no_pass(folder: Path) -> None:
    (folder / "release.yaml").write_text(POLICY.replace("  registries: [registry.example]\n", SIGNED))
    found = outcomes(folder, SUITE.split("  - {name: audit")[0])
    assert found[0][1] == "fail"
    assert "verdict is error, wanted is pass" in found[0][2]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("verdict: pass, action: allow", "", "neither verdict nor action"),
        ("at: 2026-12-02, verdict: pass", "when: 1, verdict: pass", "this field is not known"),
        ("verdict: pass", "verdict: good", "is none of pass, fail, error"),
        ("[release.yaml]", "[ours.yaml]", "no AssayPolicy is in these files"),
        ("ours.yaml", "absent.yaml", "cannot be read"),
        ("v1alpha1", "v2", "is not known"),
    ],
)
def test_suites_that_are_none_are_failures(folder: Path, old: str, new: str, said: str) -> None:
    found = outcomes(folder, SUITE.replace(old, new))
    assert found[-1][1] == "fail"
    assert said in found[-1][2]


def test_a_suite_beside_the_policies_is_no_policy_and_no_problem(folder: Path) -> None:
    loaded = loaded_policies.load([folder])
    assert [policy.name for policy in loaded.policies] == ["AssayPolicy/release"]
    assert not loaded.problems
