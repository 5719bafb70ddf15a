"""The controller keeps its advisory data young: real updates from a real server, told where they fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advisory_data import osv
from simulators.processes import PATIENCE, within
from simulators.running_admission import RunningAdmission, running_admission
from simulators.web import Web, serve

POLICY = """
apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {name: registries}
spec: {registries: [allowed.example], action: enforce}
"""


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    (tmp_path / "policy.yaml").write_text(POLICY)
    with serve(Web()) as server:
        record = osv("ACME-1", "PyPI", "acme", ("introduced", "0"), ("fixed", "2"))
        server.files["acme.json"] = json.dumps(record).encode()
        monkeypatch.setenv("ASSAY_DB_FEED", f"acme=osv+complete+{server.url('acme.json')}")
        monkeypatch.setenv("ASSAY_DB_SOURCE", "acme")
        yield server


def counted(served: RunningAdmission, result: str) -> bool:
    """Whether an update came to that, within a while."""
    series = f'assay_advisory_updates_total{{result="{result}"}} 1'
    return within(PATIENCE, lambda: series in served.get("/metrics").text)


def test_the_data_is_there_after_the_first_update(tmp_path: Path, web: Web) -> None:
    with running_admission(tmp_path, "--policies", tmp_path / "policy.yaml", "--update-advisories", "1h") as served:
        assert counted(served, "updated")
        assert web.requests == ["acme.json"]
        manifest: Any = json.loads((tmp_path / "data" / "advisories" / "manifest.json").read_bytes())
        assert "acme" in json.dumps(manifest)
        assert "advisories" not in served.get("/healthz").text


def test_one_that_fails_is_told_and_the_webhooks_go_on(tmp_path: Path, web: Web) -> None:
    web.status["acme.json"] = 404
    with running_admission(tmp_path, "--policies", tmp_path / "policy.yaml", "--update-advisories", "1h") as served:
        assert counted(served, "failed")
        assert "could not be brought up to date" in served.get("/healthz").text
        assert served.get("/readyz").status_code == 200


def test_one_that_hangs_holds_up_no_end(tmp_path: Path, web: Web) -> None:
    web.stall = 120
    with running_admission(tmp_path, "--policies", tmp_path / "policy.yaml", "--update-advisories", "1h") as served:
        assert within(PATIENCE, lambda: web.requests)
        served.close()
        served.process.terminate()
        served.process.wait(40)
