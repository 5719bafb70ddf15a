"""The controller as it is put together, on a clock that is set: gates, holds, advances, restarts, re-creation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assay.__main__ import main
from assay.app.admission import Controller, Setting
from assay.errors import ExitCode
from assay.model.trusted_root import TrustedRoot
from simulators.native_samples import deployment, request

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BAD = "evil.example/app:1"
POLICY = """apiVersion: assay.dev/v1alpha1
kind: AssayPolicy
metadata: {name: release}
spec:
  registries: [allowed.example]
  action: enforce
  rollout:
    gates: [{noNewViolationFor: 14d}]   # as agreed
    grace: 30d
"""


class Serving:
    """A controller that can be started anew, and the commands of whoever steers it."""

    def __init__(self, place: Path) -> None:
        self.now, self._place = NOW, place
        (place / "policy.yaml").write_text(POLICY)
        self.controller = self._started()

    def _started(self) -> Controller:
        setting = Setting(
            (self._place / "policy.yaml",),
            self._place / "data" / "admission",
            lambda: TrustedRoot(),
            now=lambda: self.now,
        )
        found = Controller(setting)
        found.load()
        return found

    def restart(self) -> None:
        self.controller.close()
        self.controller = self._started()

    def action(self, days: float, name: str, image: str = BAD, uid: str = "1") -> str:
        self.now = NOW + days * DAY
        self.controller.reload()
        decision = self.controller.session(request(deployment(image, name=name, uid=uid))).decide(
            request(deployment(image, name=name, uid=uid)), mutating=False
        )
        return decision.action

    def steer(self, days: float, *words: str) -> int:
        at = (NOW + days * DAY).isoformat()
        return main(["policy", "rollout", *words, "--policies", str(self._place / "policy.yaml"), "--at", at])


@pytest.fixture
def serving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    monkeypatch.setenv("ASSAY_DATA_DIR", str(tmp_path / "data"))
    found = Serving(tmp_path)
    yield found
    found.controller.close()


def test_fourteen_days_without_a_violation_then_new_then_all(serving: Serving) -> None:
    assert serving.action(1, "old", "allowed.example/app:1") == "allow"
    serving.restart()
    assert serving.action(13.9, "old", "allowed.example/app:1") == "allow"
    serving.restart()
    assert serving.action(14, "new") == "deny"
    assert serving.action(14, "old") == "warn"
    assert serving.action(14, "old", uid="2") == "warn"  # made again under its name
    serving.restart()
    assert serving.action(43.9, "old") == "warn"
    assert serving.action(44, "old") == "deny"


def test_one_on_the_thirteenth_day_begins_the_count_anew(serving: Serving) -> None:
    assert serving.action(13, "late") == "allow"
    serving.restart()
    for days in range(14, 27):
        assert serving.action(days, "late", uid=str(days)) == "allow"
    assert serving.action(27, "late") == "warn"
    assert serving.action(27, "new") == "deny"


def test_hold_release_and_advance_by_force(serving: Serving, capsys: pytest.CaptureFixture[str]) -> None:
    assert serving.action(5, "old") == "allow"
    assert serving.steer(6, "hold", "release", "--reason", "freeze") == ExitCode.OK
    assert serving.action(40, "new") == "allow"
    assert serving.steer(40, "advance", "release") == ExitCode.NO
    assert serving.steer(40, "hold", "release", "--release") == ExitCode.OK
    assert serving.action(41, "newer") == "allow"  # what came while it was held was new, too
    assert serving.steer(42, "advance", "release") == ExitCode.NO
    assert "newer broke it anew on 2026-07-12" in capsys.readouterr().err
    assert serving.steer(42, "advance", "release", "--force", "--reason", "SEC-42") == ExitCode.OK
    assert serving.action(42.1, "newest") == "deny"
    assert serving.action(42.1, "newer") == "warn"
    serving.restart()
    assert serving.action(42.2, "another") == "deny"
    assert serving.steer(43, "advance", "release") == ExitCode.OK  # the grace period ends
    assert serving.action(43.1, "newer") == "deny"
