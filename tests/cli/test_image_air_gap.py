"""Signed here, saved, carried over, verified there without a network, loaded, and verified from there."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.cli._main import run as main
from assay.errors import ExitCode
from simulators import attached_image, real_registries


def assay(*words: str | Path, code: int = ExitCode.OK) -> None:
    assert main([str(word) for word in words]) == code


@pytest.mark.parametrize("modern", [False, True])
def test_what_was_signed_is_verified_across_an_air_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, modern: bool
) -> None:
    monkeypatch.setenv("COSIGN_PASSWORD", "")
    monkeypatch.chdir(tmp_path)
    made = attached_image.make(tmp_path / "made")
    assay("key", "generate")
    key, public = ["--key", "cosign.key", "--tlog-upload=false"], ["--key", "cosign.pub", "--insecure-ignore-tlog"]
    with real_registries.with_referrers() if modern else real_registries.debian(tmp_path) as host:
        there, beyond = f"{host}/here/app:v1", f"{host}/beyond/app:v1"
        assay("image", "copy", made.folder, there, "--only", "none")
        assay("verify", there, *public, code=ExitCode.NO)
        assay("sign", there, *key)
        assay("verify", there, *public)
        assay("image", "save", there, "carried.tar")
        assay("image", "save", there, "carried")
        for place in ("oci-archive:carried.tar", "oci-dir:carried"):
            assay("verify", place, *public, "--offline")
        assay("image", "load", "carried.tar", beyond)
        assay("verify", beyond, *public)
        assay("image", "clean", beyond, "--yes")
        assay("verify", beyond, *public, code=ExitCode.NO)
        assay("verify", there, *public)
