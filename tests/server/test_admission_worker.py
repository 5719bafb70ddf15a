"""Images are verified before anybody asks: when a registry says that they were pushed, and while they are in use."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from conformance.suite import folder
from server.test_admission_attacks import policy
from simulators import pushed_layout, real_registries
from simulators.processes import PATIENCE, within
from simulators.registry import Registry, serve
from simulators.running_admission import RunningAdmission, patch, pod, running_admission

SECRET = "a secret of some length"


def figure(served: RunningAdmission, name: str, label: str = "") -> float:
    for line in served.get("/metrics").text.splitlines():
        if line.startswith(name) and label in line and not line.startswith("#"):
            return float(line.rpartition(" ")[2])
    return 0.0


def flags(place: Path, host: str) -> tuple[str | Path, ...]:
    (place / "p.yaml").write_text(policy(host))
    (place / "secret").write_text(SECRET + "\n")
    return ("--policies", place / "p.yaml", "--notify-secret", place / "secret")


@pytest.fixture
def registry() -> Iterator[Registry]:
    with serve(Registry()) as found:
        pushed_layout.push_signed_and_not(found)
        yield found


def told(served: RunningAdmission, document: Any, **headers: str) -> requests.Response:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return served._session.post(f"{served.url}/notify", data=data, headers=headers, verify=served._ca, timeout=PATIENCE)


def event(registry: Registry, tag: str) -> dict[str, Any]:
    target = {"repository": "app", "tag": tag, "digest": "sha256:" + "0" * 64}
    return {"events": [{"action": "push", "target": target, "request": {"host": registry.host}}]}


def test_a_pushed_image_is_verified_before_it_is_asked_for(registry: Registry, tmp_path: Path) -> None:
    with running_admission(tmp_path, *flags(tmp_path, registry.host)) as served:
        known = {"Authorization": f"Bearer {SECRET}"}
        assert told(served, event(registry, "old-key"), **known).json() == {"images": 1}
        assert within(PATIENCE, lambda: figure(served, "assay_admission_worker_total", 'result="pass"') == 1)
        asked = figure(served, "assay_admission_questions_total")
        image = patch(served.review(pod(f"{registry.host}/app:old-key"), "/mutate"))[0]["value"]
        before = figure(served, "assay_admission_stored_total")
        assert served.review(pod(image))["allowed"]
        assert figure(served, "assay_admission_questions_total") <= asked + 1  # the tag alone
        assert figure(served, "assay_admission_stored_total") > before
        assert told(served, event(registry, "unsigned"), **known).status_code == 200
        assert within(PATIENCE, lambda: figure(served, "assay_admission_worker_total", 'result="fail"') == 1)
        assert not served.review(pod(f"{registry.host}/app:unsigned"))["allowed"]


def test_who_does_not_know_the_secret_moves_nothing(registry: Registry, tmp_path: Path) -> None:
    with running_admission(tmp_path, *flags(tmp_path, registry.host)) as served:
        item = event(registry, "old-key")
        assert told(served, item).status_code == 401
        assert told(served, item, Authorization="Bearer another").status_code == 401
        assert told(served, item, **{"X-Hub-Signature-256": "sha256=00"}).status_code == 401
        signed = hmac.new(SECRET.encode(), json.dumps(item).encode(), hashlib.sha256).hexdigest()
        assert told(served, item, **{"X-Hub-Signature-256": f"sha256={signed}"}).json() == {"images": 1}
        known = {"Authorization": SECRET}
        for data in (b"", b"[", b"[]", b"\xff\xfe", b"9" * 5000):
            assert told(served, data, **known).status_code == 400, data[:10]
        assert told(served, b" " * (5 << 20), **known).status_code == 413
        odd = {"events": [None, 5, {"action": "push", "target": {"repository": "../..", "tag": "x y"}}]}
        assert told(served, odd, **known).json() == {"images": 0}
        assert served.review(pod(f"{registry.host}/app:old-key"))["allowed"]


def test_a_registry_that_limits_is_asked_again_later(registry: Registry, tmp_path: Path) -> None:
    with running_admission(tmp_path, *flags(tmp_path, registry.host)) as served:
        registry.faults.rate_limit, registry.faults.retry_after = 3, "1"
        told(served, event(registry, "old-key"), Authorization=SECRET)
        assert within(PATIENCE, lambda: figure(served, "assay_admission_worker_total", 'result="pass"') == 1)


def test_images_in_use_are_looked_at_again(registry: Registry, tmp_path: Path) -> None:
    words = (*flags(tmp_path, registry.host), "--recheck", "1s")
    with running_admission(tmp_path, *words) as served:
        assert served.review(pod(f"{registry.host}/app:old-key"))["allowed"]
        assert within(PATIENCE, lambda: figure(served, "assay_admission_worker_total", 'result="pass"') >= 1)


def test_debians_registry_tells_of_a_push(tmp_path: Path) -> None:
    """The distribution project's registry, with its own notifications, signed by nothing but the secret."""
    (tmp_path / "registry").mkdir()
    with running_admission(tmp_path, *flags(tmp_path, "registry.example")) as served:
        tell = (f"{served.url}/notify", SECRET, served._ca)
        with real_registries.debian(tmp_path / "registry", tell=tell) as host:
            (tmp_path / "p.yaml").write_text(policy(host))
            assert within(PATIENCE, lambda: not served.review(pod(f"{host}/other:v1"))["allowed"]), "it is in force"
            pushed_layout.push(folder("cosign") / "images" / "old-key", f"{host}/app")
            assert within(PATIENCE, lambda: figure(served, "assay_admission_notifications_total", 'status="200"') >= 1)
            assert within(PATIENCE, lambda: figure(served, "assay_admission_worker_total", 'result="pass"') >= 1)
            assert served.review(pod(f"{host}/app:v1"))["allowed"]
