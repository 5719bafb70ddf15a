"""``assay policy break-glass``: what it writes is taken from whoever is named, and from nobody else."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assay.__main__ import main
from assay.app import own_policies
from assay.app.break_glass import Glasses
from assay.engines.verify import Options

IMAGE = f"registry.example/team/app@sha256:{'9f' * 32}"


def _in(**span: float) -> str:
    return (datetime.now(UTC) + timedelta(**span)).isoformat()


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COSIGN_PASSWORD", "test")
    for name in ("ours", "theirs"):
        assert main(["-q", "key", "generate", "--output-key-prefix", name]) == 0
    return tmp_path


def _glasses(public: Path) -> Glasses:
    pem = public.read_text().split("-----")[2]
    return Glasses(lambda: Options(key=base64.b64decode(pem), ignore_log=True))


def _broken(capfd: pytest.CaptureFixture[str]) -> dict[str, Any]:
    words = [IMAGE, "--reason", "outage 42", "--until", _in(hours=2), "--namespace", "shop"]
    assert main(["policy", "break-glass", *words, "--key", "ours.key", "--tlog-upload=false"]) == 0
    out = capfd.readouterr()
    assert f"{IMAGE} may run until" in out.err
    found: dict[str, Any] = json.loads(out.out)
    return found


def test_what_is_signed_is_taken_from_its_signer_only(keys: Path, capfd: pytest.CaptureFixture[str]) -> None:
    item = _broken(capfd)
    (keys / "glass.json").write_text(json.dumps(item))
    loaded = own_policies.load([keys / "glass.json"], _glasses(keys / "ours.pub"))
    assert not loaded.problems
    (glass,) = loaded.leniency.glasses
    assert (glass.reason, glass.namespaces, glass.signer) == ("outage 42", ("shop",), "a key")
    assert own_policies.load([keys / "glass.json"], _glasses(keys / "theirs.pub")).problems
    item["spec"]["reason"] = "another"
    (keys / "glass.json").write_text(json.dumps(item))
    (problem,) = own_policies.load([keys / "glass.json"], _glasses(keys / "ours.pub")).problems
    assert "the object says something else than what was signed" in problem.what


@pytest.mark.parametrize(
    ("image", "until", "told"),
    [
        ("registry.example/team/app:1", {"hours": 1}, "has no digest"),
        (IMAGE, {"days": 8}, "more than 7 days away"),
        (IMAGE, {"hours": -1}, "is past"),
        (IMAGE, None, "no time"),
    ],
)
def test_wrong_use_signs_nothing(
    keys: Path, capfd: pytest.CaptureFixture[str], image: str, until: dict[str, float] | None, told: str
) -> None:
    moment = "soon" if until is None else _in(**until)
    words = [image, "--reason", "r", "--until", moment, "--key", "ours.key", "--tlog-upload=false"]
    assert main(["policy", "break-glass", *words]) == 2
    out = capfd.readouterr()
    assert told in out.err and not out.out
