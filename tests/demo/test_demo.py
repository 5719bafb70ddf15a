"""The demo image: what can be had without a network, and that it is the same each time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.__main__ import main
from assay.errors import ExitCode
from demo import __main__ as demo
from demo import admission, layout, parts


def _nothing(downloads: Path) -> None:
    raise parts.LeftOutError("no network in tests")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    fetch: dict[str, Callable[[Path], None]] = dict.fromkeys(demo.FETCH, _nothing)
    monkeypatch.setattr(demo, "FETCH", fetch)


@pytest.mark.usefixtures("offline")
def test_without_any_tool_there_is_still_an_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = demo.build(tmp_path)
    assert "left out: debian (no network in tests)" in capsys.readouterr().out
    assert main(["-q", "sbom", str(image), "-o", f"cyclonedx-json={tmp_path / 'sbom.json'}"]) == ExitCode.OK
    document = json.loads((tmp_path / "sbom.json").read_text(encoding="utf-8"))
    found = {component["name"]: component.get("version") for component in document["components"]}
    assert found["openssl"] == "3.0.11-1~deb12u2"
    assert {"base-files", "libc6", "libssl3", "zlib1g"} <= set(found)


def test_the_same_folders_give_the_same_image(tmp_path: Path) -> None:
    for number, umask in ((1, 0o022), (2, 0o077)):
        mask = os.umask(umask)
        try:
            tree = tmp_path / str(number) / "tree"
            (tree / "usr/bin").mkdir(parents=True)
            (tree / "usr/bin/tool").write_text("#!/bin/sh\n")
            (tree / "usr/bin/tool").chmod(0o700)
            (tree / "usr/bin/link").symlink_to("tool")
            parts.settle_modes(tree)
            layout.write(tmp_path / str(number) / "image", [layout.Tree(tree, "COPY tree /")], "x:1")
        finally:
            os.umask(mask)
    one, two = (
        {path.name: path.read_bytes() for path in sorted((tmp_path / name / "image").rglob("*")) if path.is_file()}
        for name in "12"
    )
    assert one == two
    assert len(one) == 5


def test_what_comes_with_another_digest_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.jar").write_bytes(b"something else")
    with pytest.raises(parts.LeftOutError, match=r"a\.jar has the digest"):
        parts._check(tmp_path / "a.jar", "0" * 64)
    assert not (tmp_path / "a.jar").exists()


def test_everything_that_is_fetched_is_pinned() -> None:
    for name in ("wheels.txt", "programs.txt"):
        text = (parts.HERE / name).read_text(encoding="utf-8")
        assert text.count("==") > 1
        assert text.count("--hash=sha256:") >= text.count("==")
    for pin in json.loads((parts.HERE / "npm.json").read_text(encoding="utf-8")):
        assert len(pin["sha256"]) == 64
    assert all(len(digest) == 64 for digest in json.loads((parts.HERE / "jars.json").read_text()).values())


def test_the_policy_admits_the_signed_image_and_says_why_the_others_stay_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("COSIGN_PASSWORD", "demo"), ("ASSAY_DATA_DIR", "data"), ("ASSAY_CACHE_DIR", "cache")):
        monkeypatch.setenv(name, str(tmp_path / value) if name.startswith("ASSAY") else value)
    told: dict[str, str] = {}

    def run(command: list[str]) -> int:
        code = main(command[1:])
        told[command[3].rpartition(":")[2]] = capsys.readouterr().out
        return code

    assert admission.show(tmp_path, run) == 0
    assert "action allow" in told["signed"] and "no      " not in told["signed"]
    assert "it is not signed; wanted is signed by team" in told["unsigned"]
    assert "step 7 (subject): the statement is about sha256:" in told["tampered"]
    assert "in Pillow@9.0.0 (critical" in told["vulnerable"] and "mend: update Pillow@9.0.0 to " in told["vulnerable"]
    assert all("action deny" in told[name] for name in ("unsigned", "tampered", "vulnerable"))


def test_it_starts_as_make_starts_it() -> None:
    code = "from demo import __main__"  # in a process of its own, which has not the paths of the tests
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True, timeout=120)


def test_an_image_that_is_not_kept_out_fails_the_demo(tmp_path: Path) -> None:
    assert admission.check("127.0.0.1:1", tmp_path, lambda _: 0) == 1
