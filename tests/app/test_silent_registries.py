"""Registries that do not answer: one question after the other finds out, and whoever else asks is not kept waiting."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from assay.app import image_evidence
from assay.app.image_evidence import NamedRoots, Reach, Registries
from assay.errors import ExternalError, Late
from assay.model.image_policy import Authority
from assay.model.trusted_root import TrustedRoot
from conformance.suite import folder
from simulators import pushed_layout
from simulators.registry import Registry, serve


@pytest.fixture
def registry() -> Iterator[Registry]:
    with serve(Registry()) as found:
        pushed_layout.push(folder("cosign") / "images" / "unsigned", f"{found.host}/app")
        yield found


def registries(timeout: float = 0.5) -> Registries:
    return Registries(Reach(NamedRoots(lambda: TrustedRoot(), {}), attempts=1, timeout=timeout))


def seconds(all_of_them: Registries, image: str) -> float:
    """How long it takes to hear that nobody answers."""
    start = time.monotonic()
    with pytest.raises(ExternalError):
        all_of_them.images().digest(image)
    return time.monotonic() - start


def test_a_registry_that_is_silent_is_not_waited_for_by_everybody(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_evidence, "NEGATIVE_SECONDS", 60.0)
    all_of_them = registries()
    registry.faults.stall_manifests = 3
    assert seconds(all_of_them, f"{registry.host}/app:one") >= 0.4
    asked = all_of_them.asked
    assert max(seconds(all_of_them, f"{registry.host}/app:{number}") for number in range(20)) < 0.3
    assert all_of_them.asked == asked
    with pytest.raises(Late, match="a moment ago"):
        all_of_them.images().digest(f"{registry.host}/app:v1")


def test_others_are_asked_meanwhile(registry: Registry) -> None:
    all_of_them = registries()
    with serve(Registry()) as silent:
        silent.faults.stall_manifests = 3
        assert seconds(all_of_them, f"{silent.host}/app:v1")
        assert all_of_them.images().digest(f"{registry.host}/app:v1")


def test_one_question_finds_out_whether_it_is_back(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_evidence, "NEGATIVE_SECONDS", 0.2)
    all_of_them = registries(timeout=1.0)
    registry.faults.stall_manifests = 3
    seconds(all_of_them, f"{registry.host}/app:v1")
    time.sleep(0.3)
    probe = all_of_them.images(0)
    with pytest.raises(Late):
        probe.digest(f"{registry.host}/app:v1")
    assert probe.pending
    assert seconds(all_of_them, f"{registry.host}/app:other") < 0.3
    registry.faults.stall_manifests = 0
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            assert all_of_them.images().digest(f"{registry.host}/app:v1")
            break
        except ExternalError:
            time.sleep(0.1)
    else:
        raise AssertionError("the registry is back, and nobody noticed")
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
