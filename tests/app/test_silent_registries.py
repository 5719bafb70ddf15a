"""Registries that do not answer: one question after the other finds out, and whoever else asks is not kept waiting."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from assay.app import image_evidence
from assay.app.image_evidence import NamedRoots, Reach, Registries
from assay.errors import ExternalError, Late
from assay.model.image_policy import Authority
from assay.model.trusted_root import TrustedRoot
from conformance.suite import folder
from simulators import pushed_layout
from simulators.processes import PATIENCE, within
from simulators.registry import Registry, serve


@pytest.fixture
def registry() -> Iterator[Registry]:
    with serve(Registry()) as found:
        pushed_layout.push(folder("cosign") / "images" / "unsigned", f"{found.host}/app")
        yield found


def registries(timeout: float = 30) -> Registries:
    return Registries(Reach(NamedRoots(lambda: TrustedRoot(), {}), attempts=1, timeout=timeout))


def refused(all_of_them: Registries, image: str) -> None:
    """Hear that nobody answers."""
    with pytest.raises(ExternalError):
        all_of_them.images().digest(image)


def test_a_registry_that_is_silent_is_not_waited_for_by_everybody(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_evidence, "NEGATIVE_SECONDS", 60.0)
    all_of_them = registries(timeout=0.5)
    registry.faults.stall_manifests = 3
    start = time.monotonic()
    refused(all_of_them, f"{registry.host}/app:one")
    assert time.monotonic() - start >= 0.4
    asked = all_of_them.asked
    for number in range(20):
        refused(all_of_them, f"{registry.host}/app:{number}")
    assert all_of_them.asked == asked, "the others hear of it, and do not ask"
    with pytest.raises(Late, match="a moment ago"):
        all_of_them.images().digest(f"{registry.host}/app:v1")


def test_others_are_asked_meanwhile(registry: Registry) -> None:
    all_of_them = registries(timeout=3)
    with serve(Registry()) as silent:
        silent.faults.stall_manifests = 20
        refused(all_of_them, f"{silent.host}/app:v1")
        assert all_of_them.images().digest(f"{registry.host}/app:v1")


def test_one_question_finds_out_whether_it_is_back(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_evidence, "NEGATIVE_SECONDS", 0.2)
    all_of_them = registries(timeout=3)
    registry.faults.stall_manifests = 20
    refused(all_of_them, f"{registry.host}/app:v1")
    time.sleep(0.3)
    probe = all_of_them.images(0)
    with pytest.raises(Late):
        probe.digest(f"{registry.host}/app:v1")
    asked = all_of_them.asked
    refused(all_of_them, f"{registry.host}/app:other")
    assert probe.pending and all_of_them.asked == asked, "whoever comes meanwhile waits for nobody"
    registry.faults.stall_manifests = 0

    def answers() -> bool:
        with suppress(ExternalError):
            return bool(all_of_them.images().digest(f"{registry.host}/app:v1"))
        return False

    assert within(PATIENCE, answers), "the registry is back, and nobody noticed"
    assert all_of_them.images().digest(f"{registry.host}/app:v1")


def test_signatures_in_a_registry_that_is_away_keep_nobody_from_the_images(registry: Registry) -> None:
    all_of_them = registries()
    key = (folder("cosign") / "keys" / "empty.pub").read_text()
    digest = all_of_them.images().digest(f"{registry.host}/app:v1")
    elsewhere = Authority("elsewhere", key=key, ignore_log=True, repository="127.0.0.1:1/signatures")
    with pytest.raises(ExternalError, match="cannot be reached"):
        all_of_them.images().signatures(f"{registry.host}/app@{digest}", elsewhere)
    assert all_of_them.images().digest(f"{registry.host}/app:v1") == digest


def test_a_refusal_says_nothing_of_the_registry(registry: Registry) -> None:
    all_of_them = registries()
    for _ in range(2):
        with pytest.raises(Exception, match="missing"):
            all_of_them.images().digest(f"{registry.host}/app:missing")
        assert all_of_them.images().digest(f"{registry.host}/app:v1")
