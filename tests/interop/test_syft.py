"""Syft reads what assay writes, and assay what Syft writes: `make interop` builds it from its Go module, once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.interop

MODULE = "github.com/anchore/syft/cmd/syft@v1.51.0"
ROOT = Path(__file__).parents[2]
BIN = ROOT / "bench/.build/bin"
SOURCE = ROOT / "src/assay/ecosystems/cargo/fixtures"


@pytest.fixture(scope="session")
def syft() -> Path:
    program = BIN / "syft"
    if not program.exists():
        go = shutil.which("go") or pytest.skip("there is no go")
        subprocess.run([go, "install", MODULE], check=True, env={**os.environ, "GOBIN": str(BIN)})
    return program


def _assay(form: str, target: Path) -> set[str]:
    """Writes the document; returns the purls of its components."""
    command = [sys.executable, "-m", "assay", "-q", "sbom", str(SOURCE), "-o", f"{form}={target}", "-o", "purls"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {*done.stdout.split()}


@pytest.mark.parametrize(
    "form", ["syft-json", "cyclonedx-json@1.6", "cyclonedx-xml@1.6", "spdx-json", "spdx-tag-value"]
)
def test_syft_converts_our_documents_and_keeps_every_purl(form: str, syft: Path, tmp_path: Path) -> None:
    document = tmp_path / "sbom"
    wanted = _assay(form, document)
    command = [str(syft), "convert", str(document), "-o", "syft-json"]
    environment = {**os.environ, "SYFT_CHECK_FOR_APP_UPDATE": "false"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    kept = {artifact["purl"] for artifact in json.loads(done.stdout)["artifacts"]}
    assert wanted
    assert wanted - kept == set()


@pytest.mark.parametrize("form", ["syft-json", "github-json", "cyclonedx-json", "cyclonedx-xml", "spdx-json"])
def test_documents_of_syft_are_valid_and_keep_every_purl(form: str, syft: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "SYFT_CHECK_FOR_APP_UPDATE": "false"}
    document, listed = tmp_path / "sbom", tmp_path / "purls"
    outputs = ["-o", f"{form}={document}", "-o", f"purls={listed}"]
    subprocess.run([str(syft), "scan", f"dir:{SOURCE}", "-q", *outputs], check=True, env=environment)
    assay = [sys.executable, "-m", "assay", "-q", "sbom"]
    done = subprocess.run([*assay, "validate", str(document)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for target in ("purls", "github", "csv"):
        subprocess.run([*assay, "convert", str(document), "-o", f"{target}={tmp_path / target}.out"], check=True)
        again = [*assay, "convert", f"{tmp_path / target}.out", "-o", "purls"]
        kept = subprocess.run(again, check=True, capture_output=True, text=True).stdout.split()
        assert {*listed.read_text().split()} == {*kept}, target
