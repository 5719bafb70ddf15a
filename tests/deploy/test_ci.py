"""deploy/ci: what it holds is sound, and its scripts do what the page says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CI = ROOT / "deploy" / "ci"
SCRIPTS = CI / "scripts"
WORKFLOW = CI / "github" / "assay.yml"
ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
DIGEST = "sha256:" + "ab" * 32
MAY = {
    "ASSAY_IMAGE": f"registry.example/team/app@{DIGEST}",
    "ASSAY_REF": "refs/heads/main",
    "ASSAY_DEFAULT_BRANCH": "main",
    "ASSAY_EVENT": "push",
}


def run(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    whole = {**os.environ, "PATH": path, **environment}
    return subprocess.run([SCRIPTS / script], env=whole, capture_output=True, text=True, timeout=120)


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def test_shellcheck_finds_nothing() -> None:
    shellcheck = shutil.which("shellcheck") or pytest.skip("shellcheck is not installed (make system)")
    scripts = sorted(SCRIPTS.glob("*.sh"))
    assert len(scripts) == 7
    subprocess.run([shellcheck, *scripts], check=True)


def test_actionlint_finds_nothing() -> None:
    go = shutil.which("go") or pytest.skip("there is no go")
    binaries = ROOT / ".cache" / ACTIONLINT.rpartition("@")[2]
    if not (binaries / "actionlint").exists():
        subprocess.run([go, "install", ACTIONLINT], check=True, env={**os.environ, "GOBIN": str(binaries)})
    subprocess.run([binaries / "actionlint", "-no-color", WORKFLOW], check=True)


def test_every_action_is_pinned_and_inputs_never_become_code() -> None:
    for path in sorted(CI.glob("github/*.yml")):
        text = path.read_text()
        for used in re.findall(r"^\s+(?:- )?uses: (.+)$", text, re.MULTILINE):
            assert used.startswith("./") or re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", used), used
        runs = re.findall(r"^\s+run: (.+)$", text, re.MULTILINE)
        assert runs
        assert not any("${{" in line for line in runs)


def test_permissions_are_the_least() -> None:
    workflow = loaded(WORKFLOW)
    assert workflow["permissions"] == {}
    check, sign = workflow["jobs"]["check"], workflow["jobs"]["sign"]
    assert check["permissions"] == {"contents": "read", "packages": "read", "security-events": "write"}
    assert sign["permissions"] == {"contents": "read", "id-token": "write", "packages": "write"}
    assert sign["needs"] == "check"
    assert "refs/tags/" in sign["if"]
    checkouts = [step for job in (check, sign) for step in job["steps"] if "checkout" in step.get("uses", "")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_the_templates_name_scripts_that_are_there() -> None:
    for path in (CI / "github/action.yml", WORKFLOW, CI / "gitlab/assay.gitlab-ci.yml"):
        named = re.findall(r"scripts/([\w-]+\.sh)", path.read_text())
        assert named
        assert all(os.access(SCRIPTS / name, os.X_OK) for name in named)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"ASSAY_REF": "refs/tags/v1"}, ""),
        ({"ASSAY_REF": "refs/heads/feature"}, "neither a tag nor the branch main"),
        ({"ASSAY_REF": "refs/heads/main-2"}, "neither a tag nor the branch main"),
        ({"ASSAY_REF": "refs/pull/1/merge"}, "neither a tag nor the branch main"),
        ({"ASSAY_REF": "refs/tags/"}, "neither a tag nor the branch main"),
        ({"ASSAY_EVENT": "pull_request_target"}, "signs nothing"),
        ({"ASSAY_EVENT": "merge_request_event"}, "signs nothing"),
        ({"ASSAY_IMAGE": "registry.example/team/app:1"}, "is no digest"),
        ({"ASSAY_IMAGE": f"registry.example/team/app@{DIGEST} --yes"}, "is no digest"),
    ],
)
def test_only_the_default_branch_and_tags_sign(changes: dict[str, str], reason: str) -> None:
    for script in ("may-sign.sh", *(["sign.sh", "attest.sh"] if reason else [])):
        found = run(script, **{**MAY, **changes})
        assert found.returncode == (2 if reason else 0)
        assert reason in found.stderr


def test_sbom_and_scan_leave_reports_whatever_the_verdict(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    requirements = tmp_path / "app/requirements.txt"
    requirements.write_text("django==3.2.0\n")
    results, summary, output = tmp_path / "results", tmp_path / "summary", tmp_path / "output"
    told = {"ASSAY_OUTPUT": str(results), "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(output)}
    assert run("sbom.sh", ASSAY_SOURCE=str(tmp_path / "app"), **told).returncode == 0
    found = run("scan.sh", ASSAY_FAIL_ON="critical kev", **told)
    assert found.returncode in (0, 1), found.stderr
    assert json.loads((results / "scan.sarif").read_bytes())["version"] == "2.1.0"
    assert output.read_text() == f"sarif={results}/scan.sarif\n"
    assert summary.read_text() == (results / "scan.md").read_text()
    names = {path.name for path in results.iterdir()}
    assert names >= {"sbom.cdx.json", "sbom.spdx.json", "scan.json", "scan.vuln.json", "scan.md"}
    bad = run("scan.sh", ASSAY_FAIL_ON="nonsense", **told)
    assert bad.returncode == 2


def test_the_login_is_a_file_for_this_user_alone(tmp_path: Path) -> None:
    environment = {"REGISTRY": "registry.example", "REGISTRY_USER": "u", "REGISTRY_PASSWORD": "p" * 90}
    found = run("login.sh", RUNNER_TEMP=str(tmp_path), GITHUB_ENV=str(tmp_path / "env"), **environment)
    assert found.returncode == 0
    folder = Path((tmp_path / "env").read_text().strip().partition("=")[2])
    assert (folder / "config.json").stat().st_mode & 0o777 == 0o600
    assert list(json.loads((folder / "config.json").read_text())["auths"]) == ["registry.example"]
    assert "p" * 90 not in found.stdout + found.stderr
