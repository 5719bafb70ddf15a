"""The use of a broken glass is on disk before it is answered, told and counted; what cannot be recorded is refused."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.test_admission_telling import BAD, objects, until
from simulators.cluster import SimulatedCluster, serve
from simulators.kubeconfig import kubeconfig
from simulators.running_admission import RunningAdmission, pod, running_admission

POLICY = """
apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {name: registries}
spec: {registries: [allowed.example], action: enforce}
"""


def assay(place: Path, *words: str) -> str:
    environment = {**os.environ, "COSIGN_PASSWORD": "test"}
    command = [sys.executable, "-m", "assay", *words]
    done = subprocess.run(command, cwd=place, env=environment, check=True, capture_output=True, text=True, timeout=300)
    return done.stdout


@pytest.fixture
def cluster() -> Iterator[SimulatedCluster]:
    with serve(SimulatedCluster()) as found:
        yield found


@pytest.fixture
def served(tmp_path: Path, cluster: SimulatedCluster) -> Iterator[RunningAdmission]:
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "registries.yaml").write_text(POLICY)
    assay(tmp_path, "-q", "key", "generate", "--output-key-prefix", "ours")
    end = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    said = ("--reason", "outage 42", "--until", end, "--key", "ours.key", "--tlog-upload=false")
    (policies / "glass.json").write_text(assay(tmp_path, "policy", "break-glass", BAD, *said))
    config = kubeconfig(tmp_path, cluster.url)
    flags = ("--policies", policies, "--break-glass-key", tmp_path / "ours.pub", "--kubeconfig", config)
    with running_admission(tmp_path, *flags) as found:
        yield found


def kept(place: Path) -> list[str]:
    """The uses on disk, read as anybody may who has the file."""
    path = place / "data" / "evidence" / "evidence.db"
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM entry WHERE kind = 'break-glass-use'")]


def test_a_use_is_on_disk_when_it_is_answered(
    served: RunningAdmission, cluster: SimulatedCluster, tmp_path: Path
) -> None:
    assert served.review(pod(BAD, name="dry"), dryRun=True)["allowed"] and not kept(tmp_path)
    assert served.review(pod(BAD, name="outage"))["allowed"]
    assert kept(tmp_path) == [f"{BAD} in shop/Pod/outage"]
    assert not served.review(pod(BAD.replace("ab" * 32, "cd" * 32), name="other"))["allowed"]
    page = served.get("/metrics").text
    (line,) = [line for line in page.splitlines() if line.startswith("assay_admission_break_glass_total{")]
    assert 'policy="AssayPolicy/registries"' in line and line.endswith(" 1")
    until(lambda: [event for event in objects(cluster, "Event") if event["reason"] == "BreakGlassUsed"])


def test_a_use_that_cannot_be_recorded_is_refused(served: RunningAdmission, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "evidence"
    folder.mkdir(exist_ok=True)
    folder.rename(folder.with_name("elsewhere"))
    folder.write_text("in the way")
    answer = served.review(pod(BAD, name="outage"))
    assert not answer["allowed"] and "its use cannot be recorded" in answer["status"]["message"]
    folder.unlink()
    assert served.review(pod(BAD, name="again"))["allowed"]
    assert json.dumps(kept(tmp_path)).count("again") == 1
