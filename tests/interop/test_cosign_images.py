"""cosign verifies what assay copied, assay reads what cosign wrote: `make interop` builds cosign once (6 minutes)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators import attached_image, real_cosign, real_registries

pytestmark = pytest.mark.interop

ELDER = ["--new-bundle-format=false"]
KEY = ["--tlog-upload=false", "--use-signing-config=false", "--yes"]


@pytest.fixture(scope="module")
def cosign() -> Path:
    return real_cosign.program()


@pytest.fixture(scope="module", params=["plain", "modern"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("registry")
    with real_registries.debian(folder) if request.param == "plain" else real_registries.with_referrers() as found:
        yield found


def run(*words: str | Path, code: int = 0) -> str:
    environment = {**os.environ, "COSIGN_PASSWORD": ""}
    done = subprocess.run(list(map(str, words)), env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == code, done.stderr
    return done.stdout


def assay(*words: str | Path) -> str:
    return run(sys.executable, "-m", "assay", "-q", *words)


def kinds(node: Any) -> list[str]:
    here = [f"{node['kind']}/{node['form']}"] if "kind" in node else []
    return sorted([*here, *(kind for item in node["children"] + node["attached"] for kind in kinds(item))])


def test_what_cosign_signed_is_copied_and_verified_by_both(cosign: Path, host: str, tmp_path: Path) -> None:
    made = attached_image.make(tmp_path / "made")
    there, copy = f"{host}/signed/app", f"{host}/copied/app"
    assay("image", "copy", made.folder, f"{there}:v1", "--only", "none")
    run(cosign, "generate-key-pair", "--output-key-prefix", tmp_path / "k")
    key, public = ["--key", str(tmp_path / "k.key")], tmp_path / "k.pub"
    image = f"{there}@{made.index.digest}"
    run(cosign, "sign", *key, *KEY, *ELDER, image)
    run(cosign, "sign", *key, *KEY, image)
    (tmp_path / "sbom").write_bytes(attached_image.SBOM)
    run(cosign, "attest", *key, *KEY, "--type", "cyclonedx", "--predicate", tmp_path / "sbom", image)
    wanted = ["attestation/referrer", "signature/referrer", "signature/tag"]
    assert kinds(json.loads(assay("image", "tree", image, "--json"))) == wanted
    assay("image", "save", image, tmp_path / "out.tar")
    assay("image", "save", image, tmp_path / "folder")
    run(cosign, "verify", "--key", public, "--insecure-ignore-tlog=true", "--local-image", tmp_path / "folder")
    run(cosign, "save", "--dir", tmp_path / "of-cosign", image)
    assert kinds(json.loads(assay("image", "tree", tmp_path / "of-cosign", "--json"))) == ["signature/tag"]
    assay("image", "load", tmp_path / "out.tar", f"{copy}:v1")
    assert kinds(json.loads(assay("image", "tree", f"{copy}:v1", "--json"))) == wanted
    moved = f"{copy}@{made.index.digest}"
    for more in ([], ELDER):
        run(cosign, "verify", "--key", public, "--insecure-ignore-tlog=true", *more, moved)
    types = ["--type", "cyclonedx"]
    run(cosign, "verify-attestation", "--key", public, "--insecure-ignore-tlog=true", *types, moved)
    assert "cyclonedx" in run(cosign, "tree", moved)
    assay("image", "clean", moved, "--yes")
    run(cosign, "verify", "--key", public, "--insecure-ignore-tlog=true", moved, code=10)
