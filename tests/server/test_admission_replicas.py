"""Two servers at once: what one of them has seen, revoked or verified holds for the other within seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from simulators.cluster import SimulatedCluster, serve
from simulators.kubeconfig import kubeconfig
from simulators.postgres_server import postgres_server
from simulators.processes import PATIENCE, within
from simulators.running_admission import RunningAdmission, pod, running_admission

POLICY = """
apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {name: registries}
spec: {registries: [%s], action: enforce}
"""
IMAGE = pod("one.example/app:1")


@pytest.fixture(params=("postgres", "files"))
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[list[RunningAdmission], Path]]:
    """Two servers that share a database, or have a file each and a cluster; and the folder of their policies."""
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "p.yaml").write_text(POLICY % "one.example")
    with ExitStack() as stack:
        if request.param == "postgres":
            flags: list[str | Path] = ["--database", stack.enter_context(postgres_server()).common]
        else:
            cluster = stack.enter_context(serve(SimulatedCluster()))
            flags = ["--replicas", "--kubeconfig", kubeconfig(tmp_path, cluster.url), "--background-scan", "0"]
        servers = []
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
            words = ("--policies", policies, "--behind", "3s", *flags)
            servers.append(stack.enter_context(running_admission(tmp_path / name, *words)))
        yield servers, policies


def test_what_is_revoked_is_in_force_on_both_within_seconds(two: tuple[list[RunningAdmission], Path]) -> None:
    servers, policies = two
    assert all(one.review(IMAGE)["allowed"] for one in servers)
    (policies / "p.yaml").write_text(POLICY % "other.example")
    assert within(PATIENCE, lambda: not any(one.review(IMAGE)["allowed"] for one in servers))
    assert within(PATIENCE, lambda: all(one.get("/readyz").status_code == 200 for one in servers))


def test_one_that_starts_with_what_is_no_longer_in_force_is_not_ready_until_it_has_waited(tmp_path: Path) -> None:
    for name, allowed in (("a", "one.example"), ("b", "elder.example")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "p.yaml").write_text(POLICY % allowed)
    with postgres_server() as server:
        words = ("--database", server.common, "--behind", "1h")
        with (
            running_admission(tmp_path / "a", "--policies", tmp_path / "a" / "p.yaml", *words),
            running_admission(tmp_path / "b", "--policies", tmp_path / "b" / "p.yaml", *words, ready=False) as behind,
        ):
            time.sleep(2)
            assert behind.get("/readyz").status_code == 503
            others = "the policies of this replica are others than those in force"
            assert within(PATIENCE, lambda: others in behind.get("/healthz").text)
            (tmp_path / "b" / "p.yaml").write_text(POLICY % "one.example")
            assert within(PATIENCE, lambda: behind.get("/readyz").status_code == 200)


def test_another_trust_root_is_in_force_within_seconds(tmp_path: Path) -> None:
    """It is read again when it changes; one that cannot be read leaves what was in force, and is told."""
    import json

    empty = {"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}
    root = tmp_path / "root.json"
    root.write_text(json.dumps({**empty, "tlogs": [], "certificateAuthorities": [], "ctlogs": []}))
    (tmp_path / "p.yaml").write_text(POLICY % "one.example")
    with running_admission(tmp_path, "--policies", tmp_path / "p.yaml", "--admission-trusted-root", root) as served:
        assert "load" not in served.get("/healthz").text
        root.write_text("nothing")
        assert within(PATIENCE, lambda: "stay in force" in served.get("/healthz").text)
        assert served.review(IMAGE)["allowed"]
        root.write_text(json.dumps(empty))
        assert within(PATIENCE, lambda: "stay in force" not in served.get("/healthz").text)
