"""`assay policy test|lint|apply` on Gatekeeper's objects."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE, STDOUT
from xml.etree import ElementTree

import pytest

from assay.__main__ import main
from assay.errors import ExitCode

TEMPLATE = """apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8sdenied}
spec:
  crd: {spec: {names: {kind: K8sDenied}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package k8sdenied
      violation[{"msg": msg}] {
        input.review.object.metadata.name == "bob"
        msg := "not <bob>"
      }
"""
CONSTRAINT = """apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sDenied
metadata: {name: no-bob}
"""
SUITE = """kind: Suite
apiVersion: test.gatekeeper.sh/v1alpha1
tests:
- name: names
  template: template.yaml
  constraint: constraint.yaml
  cases:
  - {name: bob, object: bob.yaml, assertions: [{violations: yes}]}
  - {name: alice, object: alice.yaml, assertions: [{violations: no}]}
"""


def pod(name: str) -> str:
    return f"{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: shop}}}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {"template": TEMPLATE, "constraint": CONSTRAINT, "suite": SUITE, "bob": pod("bob"), "alice": pod("alice")}
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def test_a_suite_that_passes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "test", str(folder)]) == ExitCode.OK
    head, *cases, summary = capsys.readouterr().out.splitlines()
    assert head.split() == ["RESULT", "FILE", "TEST"]
    assert [line.split()[0] for line in cases] == ["pass", "pass"]
    assert summary == "2 passed, 0 failed, 0 skipped in 1 file"


def test_a_suite_that_fails_in_every_form(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "alice.yaml").write_text(pod("bob"))
    assert main(["policy", "test", "--fail-only", str(folder / "suite.yaml")]) == ExitCode.NO
    shown = capsys.readouterr().out
    assert "names/alice" in shown
    assert "names/bob" not in shown
    assert "1 violations, none is wanted; messages: 'not <bob>'" in shown
    assert main(["policy", "test", "-o", "json", str(folder)]) == ExitCode.NO
    document = json.loads(capsys.readouterr().out)
    assert document["summary"] == {"pass": 1, "fail": 1, "skip": 0}
    assert [item["result"] for item in document["results"]] == ["pass", "fail"]
    assert main(["policy", "test", "-o", "junit", str(folder)]) == ExitCode.NO
    root = ElementTree.fromstring(capsys.readouterr().out)
    assert root.attrib == {"tests": "2", "failures": "1", "skipped": "0"}
    failure = root.find("testsuite/testcase[@name='alice']/failure")
    assert failure is not None
    assert "not <bob>" in failure.attrib["message"]


def test_many_files_are_run_over_all_cores(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(20):
        (folder / f"suite-{number:02}.yaml").write_text(SUITE)
    (folder / "suite-07.yaml").write_text(SUITE.replace("template.yaml", "absent.yaml"))
    assert main(["policy", "test", "-o", "json", str(folder)]) == ExitCode.NO
    results = json.loads(capsys.readouterr().out)["results"]
    assert [item["file"] for item in results] == sorted(item["file"] for item in results)
    assert {Path(item["file"]).name for item in results if item["result"] == "fail"} == {"suite-07.yaml"}
    assert len(results) == 42


def test_files_that_are_no_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "test", str(tmp_path)]) == ExitCode.INPUT
    assert "there are no tests in" in capsys.readouterr().err
    assert main(["policy", "test", str(tmp_path / "absent")]) == ExitCode.INPUT
    (tmp_path / "suite.yaml").write_text("kind: Suite\napiVersion: test.gatekeeper.sh/v1alpha1\ntest: []\n")
    assert main(["policy", "test", str(tmp_path)]) == ExitCode.NO
    assert "test: this field is not known" in capsys.readouterr().out


def test_lint_names_file_line_and_reason(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "lint", str(folder)]) == ExitCode.OK
    assert capsys.readouterr().out == "1 policies can be loaded, 0 problems\n"
    (folder / "template.yaml").write_text("# first\n" + TEMPLATE.replace("msg :=", "msg = foo(1); msg :="))
    assert main(["policy", "lint", str(folder)]) == ExitCode.NO
    shown = capsys.readouterr().out
    assert f"{folder}/template.yaml:2: ConstraintTemplate k8sdenied: spec.targets[0].rego, line 4: " in shown
    assert "there is no function foo" in shown
    assert "there is no template for K8sDenied that could be loaded" in shown
    assert "0 policies can be loaded, 2 problems" in shown
    assert main(["policy", "lint", "-o", "json", str(folder)]) == ExitCode.NO
    assert len(json.loads(capsys.readouterr().out)["problems"]) == 2


def test_apply_to_objects_and_to_reviews(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policies = [str(folder / "template.yaml"), str(folder / "constraint.yaml")]
    assert main(["policy", "apply", *policies, "--resource", str(folder / "alice.yaml")]) == ExitCode.OK
    assert "Pod/alice: verdict pass, action allow" in capsys.readouterr().out
    assert main(["policy", "apply", *policies, "--resource", str(folder / "bob.yaml")]) == ExitCode.NO
    assert "K8sDenied/no-bob K8sDenied: not <bob>" in capsys.readouterr().out
    reviews = [
        {"request": {"uid": "1", "operation": "DELETE", "oldObject": {"kind": "Pod", "metadata": {"name": name}}}}
        for name in ("alice", "bob")
    ]
    recorded = folder / "recorded.jsonl"
    recorded.write_text("\n".join(map(json.dumps, reviews)))
    assert main(["policy", "apply", *policies, "--reviews", str(recorded), "-o", "json"]) == ExitCode.NO
    assert [item["action"] for item in json.loads(capsys.readouterr().out)] == ["allow", "deny"]
    recorded.write_text("{")
    assert main(["policy", "apply", *policies, "--reviews", str(recorded)]) == ExitCode.INPUT
    assert main(["policy", "apply", *policies]) == ExitCode.USAGE


@pytest.mark.parametrize("broken", ["{", '{"request": 1}'])
def test_what_cannot_be_read_is_told_before_any_verdict(
    folder: Path, capsys: pytest.CaptureFixture[str], broken: str
) -> None:
    policies = [str(folder / "template.yaml"), str(folder / "constraint.yaml")]
    review = {"request": {"uid": "1", "operation": "CREATE", "object": {"kind": "Pod", "metadata": {"name": "bob"}}}}
    recorded = folder / "recorded.jsonl"
    recorded.write_text(f"{json.dumps(review)}\n{broken}\n")
    resource = ["--resource", str(folder / "alice.yaml")]
    assert main(["policy", "apply", *policies, *resource, "--reviews", str(recorded)]) == ExitCode.INPUT
    told = capsys.readouterr()
    assert told.out == ""
    assert f"error: {recorded}:2: " in told.err


def test_a_policy_that_cannot_be_loaded_is_told_before_the_verdicts_of_the_others(folder: Path) -> None:
    text = TEMPLATE.replace("k8sdenied", "zebra").replace("K8sDenied", "Zebra")
    (folder / "zebra.yaml").write_text(text.replace("msg :=", "msg = foo(1); msg :="))
    policies = [str(folder / f"{name}.yaml") for name in ("template", "constraint", "zebra")]
    words = ["-m", "assay", "-q", "policy", "apply", *policies, "--resource", str(folder / "alice.yaml")]
    done = subprocess.run([sys.executable, *words], stdout=PIPE, stderr=STDOUT, text=True, check=False)
    assert done.returncode == ExitCode.INPUT
    assert done.stdout.count("error: ") == 1
    assert done.stdout.index("there is no function foo") < done.stdout.index("Pod/alice: verdict pass")


def test_a_policy_that_cannot_be_loaded_leaves_no_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without it the others would say less than all of them do."""
    (tmp_path / "bad.yaml").write_text(
        "apiVersion: assay.dev/v1alpha1\nkind: AssayPolicy\nmetadata: {name: a}\nspec: {x: 1}\n"
    )
    (tmp_path / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n")
    assert (
        main(["policy", "check", str(tmp_path / "pod.yaml"), "--policies", str(tmp_path / "bad.yaml")])
        == ExitCode.INPUT
    )
    found = capsys.readouterr()
    assert found.out == ""
    assert "AssayPolicy.spec.x is not known" in found.err
