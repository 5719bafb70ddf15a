"""cosign, unmodified, over a rotation: it verifies what was signed before and after, and signs to the new log."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import requests

from assay.formats import tlog_note
from simulators.kept_instance import KeptInstance
from simulators.real_cosign import Cosign

pytestmark = pytest.mark.interop

EMAIL = "you@org.example"


def test_cosign_takes_both_shards_and_all_certificates(tmp_path: Path) -> None:
    instance, cosign = KeptInstance(tmp_path), Cosign(tmp_path / "cosign")
    cosign.folder.mkdir()
    files = tmp_path / "data/sigstore/client-files"
    signed: list[Path] = []

    def sign(name: str) -> None:
        file = tmp_path / name
        file.write_text(name)
        roots = ("--trusted-root", files / "trusted_root.json", "--signing-config", files / "signing_config.json")
        token = ("--identity-token", instance.token(EMAIL))
        cosign("sign-blob", file, "--yes", *roots, "--bundle", f"{file}.json", *token)
        signed.append(file)

    def verify() -> None:
        who = ("--certificate-identity", EMAIL, "--certificate-oidc-issuer", instance.url)
        for file in signed:
            root = ("--trusted-root", files / "trusted_root.json")
            cosign("verify-blob", file, "--bundle", f"{file}.json", *root, *who)

    with instance.serving("--dev-oidc"):
        sign("before")
        for what in ("ca", "tsa", "ct", "log"):
            assert instance.run("rotate", what).returncode == 0
        until = time.monotonic() + 40
        while origin(instance) != "log2.127.0.0.1":
            assert time.monotonic() < until
            time.sleep(0.2)
        sign("after")
        verify()


def origin(instance: KeptInstance) -> str:
    return tlog_note.checkpoint(requests.get(f"{instance.url}/checkpoint", timeout=20).text).origin
