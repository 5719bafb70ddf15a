"""The image that ``make image`` builds: the same each time, run as its user, and listed by assay."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tools import image

from assay.__main__ import main


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the layout and its layers, built from what ``make test`` has downloaded."""
    downloads = image.BUILD / "downloads"
    if not all(any((downloads / name).glob("*")) for name in ("debian", "wheels")):
        message = "what the image is made of was not downloaded: python -m tools.image --fetch"
        pytest.fail(message) if os.environ.get("ASSAY_REQUIRE_ALL") else pytest.skip(message)
    folder = tmp_path_factory.mktemp("image")
    build(folder)
    return folder


def build(folder: Path) -> Path:
    """One at a time, for setuptools works in the tree of the source."""
    with (image.BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return image.build(folder)


def test_the_same_packages_give_the_same_image(built: Path, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        again = build(tmp_path)
    finally:
        os.umask(before)
    assert (again / "index.json").read_bytes() == (built / "image/index.json").read_bytes()


def test_it_runs_as_a_user_without_rights_and_without_a_shell(built: Path, tmp_path: Path) -> None:
    chroot = shutil.which("chroot", path="/usr/sbin:/usr/bin:/sbin")
    if os.geteuid() or chroot is None:
        pytest.skip("only root may change the root folder")
    root = tmp_path / "root"
    root.mkdir(mode=0o755)
    tmp_path.chmod(0o755)
    for layer in ("base", "application"):
        subprocess.run(["cp", "-a", f"{built}/layers/{layer}/.", str(root)], check=True)
    (config,) = _configs(built / "image")
    said = subprocess.run(
        [chroot, f"--userspec={config['User']}", str(root), *config["Entrypoint"], "scan", "pkg:pypi/a@1", "--help"],
        capture_output=True, text=True, check=True, env=dict(word.split("=", 1) for word in config["Env"]),
    ).stdout  # fmt: skip
    assert said.startswith("usage: assay scan")
    assert not (root / "bin/sh").exists()


def test_assay_lists_it(built: Path, tmp_path: Path) -> None:
    out = tmp_path / "sbom.json"
    assert main(["-q", "sbom", str(built / "image"), "-o", f"cyclonedx-json={out}", "--strict"]) == 0
    found = {item["purl"].partition("@")[0] for item in json.loads(out.read_text())["components"] if "purl" in item}
    assert {"pkg:pypi/assay", "pkg:pypi/cryptography", "pkg:deb/debian/libc6"} <= found


def _configs(layout: Path) -> list[dict[str, Any]]:
    blobs = [path.read_bytes() for path in (layout / "blobs/sha256").iterdir() if path.stat().st_size < 1 << 16]
    documents = [json.loads(blob) for blob in blobs if blob[:1] == b"{"]
    return [document["config"] for document in documents if "rootfs" in document]
