"""Helm itself renders the chart: as the committed manifests have it, and with every way of having certificates."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from assay.formats import manifest
from deploy.chart import FOLDER, HELM, PLAIN, RENDER

pytestmark = pytest.mark.interop
BIN = Path(__file__).parents[2] / "bench/.build/bin"


def helm(*words: str, code: int = 0) -> str:
    """Run Helm, built once from its Go module; what it wrote, or its complaint where `code` is not 0."""
    program = BIN / "helm"
    if not program.exists():
        go = shutil.which("go") or pytest.skip("there is no go")
        subprocess.run([go, "install", HELM], check=True, env={**os.environ, "GOBIN": str(BIN)})
    done = subprocess.run([str(program), *words], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stderr
    return done.stderr if code else done.stdout


def test_the_plain_manifests_are_what_the_chart_renders() -> None:
    assert helm(*RENDER) == PLAIN.read_text(encoding="utf-8")


def test_the_chart_is_sound() -> None:
    assert "0 chart(s) failed" in helm("lint", "--strict", str(FOLDER / "chart"))


def test_several_replicas_with_certificates_of_the_chart() -> None:
    words = ("--set", "tls.from=chart,replicas=3,policyConfigMaps={one,two},plainHttp={registry:5000}")
    found: list[Any] = [item.object for item in manifest.read(helm(*RENDER, *words), "chart")]
    by_kind = {item["kind"]: item for item in found}
    assert by_kind["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 1
    secret, webhooks = by_kind["Secret"], by_kind["ValidatingWebhookConfiguration"]["webhooks"]
    assert webhooks[0]["clientConfig"]["caBundle"] == secret["data"]["ca.crt"]
    assert "Certificate" not in by_kind


def test_values_that_are_none_are_refused() -> None:
    assert "replica" in helm(*RENDER, "--set", "replicas=0", code=1)
    assert "failurePolicy" in helm(*RENDER, "--set", "webhook.failurePolicy=Maybe", code=1)
