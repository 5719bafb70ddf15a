"""The policies of the admission controller: out of a mounted ConfigMap, read again when the kubelet exchanges it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.adapters import trust_roots
from assay.app.admission import Controller, Setting

POLICY = """apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {{name: {name}}}
spec:
  rules:
    - name: tag
      match: {{any: [{{resources: {{kinds: [Pod]}}}}]}}
      validate: {{pattern: {{spec: {{containers: [{{image: "!*:latest"}}]}}}}}}
"""


def exchange(mount: Path, version: int, text: str) -> None:
    """As the kubelet does: a new hidden folder, and the link ``..data`` renamed over the elder one."""
    made = mount / f"..2026_{version}"
    made.mkdir(parents=True)
    (made / "policy.yaml").write_text(text)
    link = mount / "..data.new"
    link.symlink_to(made.name)
    link.replace(mount / "..data")
    if not (mount / "policy.yaml").is_symlink():
        (mount / "policy.yaml").symlink_to("..data/policy.yaml")


@pytest.fixture
def mount(tmp_path: Path) -> Path:
    exchange(tmp_path / "policies", 1, POLICY.format(name="first"))
    return tmp_path / "policies"


@pytest.fixture
def controller(mount: Path, tmp_path: Path) -> Iterator[Controller]:
    root = trust_roots.public_good(tmp_path).root
    made = Controller(Setting((mount,), tmp_path / "data", lambda: root))
    made.load()
    yield made
    made.close()


def names(controller: Controller) -> list[str]:
    return [policy.name for policy in controller.policies]


def test_an_exchanged_config_map_is_read_once(controller: Controller, mount: Path) -> None:
    (before,) = names(controller)
    assert before.endswith("first")
    assert not controller.reload()
    exchange(mount, 2, POLICY.format(name="second"))
    assert controller.reload()
    (after,) = names(controller)
    assert after.endswith("second")
    assert not controller.reload()


def test_a_policy_that_became_wrong_is_told(controller: Controller, mount: Path) -> None:
    exchange(mount, 2, POLICY.format(name="second").replace("validate:", "vaildate:"))
    controller.reload()
    assert any("vaildate" in problem for problem in controller.problems.values())


def test_policies_that_are_gone_leave_those_of_before_in_force(controller: Controller, mount: Path) -> None:
    (mount / "policy.yaml").unlink()
    mount.rename(mount.with_name("elsewhere"))
    assert not controller.reload()
    assert len(names(controller)) == 1
    assert "stay in force" in controller.problems["load"]


def test_folders_that_go_while_they_are_looked_at_end_nothing(controller: Controller, mount: Path) -> None:
    done = threading.Event()

    def churn() -> None:
        """Files and folders come and go beside the policies."""
        number = 0
        while not done.is_set():
            number += 1
            folder = mount / f"more-{number % 7}"
            folder.mkdir()
            (folder / "policy.yaml").write_text(POLICY.format(name="more"))
            (folder / "policy.yaml").unlink()
            folder.rmdir()

    churning = threading.Thread(target=churn)
    churning.start()
    try:
        for _ in range(3000):
            controller.reload()
    finally:
        done.set()
        churning.join()
    controller.reload()
    assert [name.endswith("first") for name in names(controller)] == [True]
