"""`assay sbom` on every kind of source, as a process of its own."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from simulators.image import Members, layout
from simulators.registry import Registry, serve
from simulators.saved import docker_archive, packed

LOCK = json.dumps(
    {
        "name": "app",
        "version": "1.0.0",
        "lockfileVersion": 3,
        "packages": {"": {"name": "app", "version": "1.0.0"}, "node_modules/a": {"version": "1.0.0"}},
    }
).encode()
LAYERS: list[Members] = [{"srv/package-lock.json": LOCK}]


def assay(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "assay", "sbom", *arguments]
    return subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)


def purls(*arguments: str, given: bytes = b"") -> list[str]:
    done = assay(*arguments, "-q", "-o", "purls", given=given)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().split()


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return layout(tmp_path / "image", LAYERS)


def test_local_sources(tmp_path: Path, image: Path) -> None:
    (tmp_path / "package-lock.json").write_bytes(LOCK)
    with tarfile.open(tmp_path / "tree.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "package-lock.json", "sub/package-lock.json")
    (tmp_path / "oci.tar").write_bytes(packed(image))
    (tmp_path / "docker.tar").write_bytes(docker_archive(LAYERS))
    for name in ("package-lock.json", "tree.tar.gz", "oci.tar", "docker.tar", "image"):
        assert purls(str(tmp_path / name)) == ["pkg:npm/a@1.0.0", "pkg:npm/app@1.0.0"], name
    for source in ("-", "docker-archive:-", "docker-archive:-:1"):
        assert purls(source, given=docker_archive(LAYERS)) == ["pkg:npm/a@1.0.0", "pkg:npm/app@1.0.0"], source
    assert purls("oci-archive:-", given=packed(image)) == ["pkg:npm/a@1.0.0", "pkg:npm/app@1.0.0"]


def test_a_document_goes_in_as_it_came_out(image: Path) -> None:
    document = assay(str(image), "-q", "-o", "spdx-json").stdout
    assert purls("-", given=document) == ["pkg:npm/a@1.0.0", "pkg:npm/app@1.0.0"]


def test_documents_may_be_compressed_and_come_through_a_pipe_with_a_name(tmp_path: Path, image: Path) -> None:
    document = assay(str(image), "-q", "-o", "spdx-json").stdout
    (tmp_path / "sbom.json.gz").write_bytes(gzip.compress(document))
    packed = str(tmp_path / "sbom.json.gz")
    assert purls("convert", packed) == ["pkg:npm/a@1.0.0", "pkg:npm/app@1.0.0"]
    assert assay("validate", packed).returncode == 0
    pipe = tmp_path / "pipe"  # as a shell makes it of <(...)
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(pipe.write_bytes, document)
        done = assay("diff", packed, str(pipe))
    assert b"no difference in 2 components" in done.stdout, done.stderr


def test_an_image_in_a_registry(image: Path) -> None:
    with serve(Registry()) as registry:
        registry.add_layout(image, "1")
        done = assay(f"{registry.host}/team/app:1", "-o", "cyclonedx-json")
    assert b"is taken as registry:" in done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    root = document["metadata"]["component"]
    assert root["type"] == "container"
    assert root["purl"].startswith("pkg:oci/app@sha256")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("registry:registry.example/app", "--offline"), 2),
        (("registry.example/app", "--offline"), 2),
        (("docker:app", "--offline"), 2),
        (("registry:App",), 3),
        (("./absent",), 3),
        (("registry:127.0.0.1:1/app",), 4),
        ((".", "-o", "csv="), 2),
    ],
)
def test_exit_codes(arguments: tuple[str, ...], code: int) -> None:
    done = assay(*arguments)
    assert done.returncode == code, done.stderr
    assert b"remedy: " in done.stderr


def test_what_is_left_out_is_said_in_the_document(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("flask==3.0.0\n")
    words = ["-q", str(tmp_path), "-o", f"cyclonedx-json={tmp_path / 'x.json'}"]
    assert assay(*words, "--exclude", "lib/**", "--ecosystem=-npm").returncode == 0
    document = json.loads((tmp_path / "x.json").read_bytes())
    said = {(item["name"], item["value"]) for item in document["metadata"]["properties"]}
    assert {("assay:exclude", "lib/**"), ("assay:ecosystem", "-npm")} <= said
    assert document["compositions"][0]["aggregate"] == "incomplete"
    assert assay(*words).returncode == 0
    assert json.loads((tmp_path / "x.json").read_bytes())["compositions"][0]["aggregate"] == "complete"


@pytest.mark.parametrize("flag", ["--from-attached", "--verify-diffids"])
def test_what_is_about_images_is_refused_for_folders(tmp_path: Path, flag: str) -> None:
    done = assay(str(tmp_path), flag, "-o", "purls")
    assert done.returncode == 2 and f"{flag} is about images".encode() in done.stderr
    done = assay(str(tmp_path), "--platform", "linux/arm64", "-o", "purls")
    assert done.returncode == 0 and b"--platform is about images" in done.stderr


def test_flags_that_mean_nothing_for_a_source_are_told(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    done = assay(str(tmp_path / "a"), "--scope", "all-layers", "-o", "purls")
    assert done.returncode == 0 and b"--scope all-layers is about images" in done.stderr
    document = str(tmp_path / "a.cdx.json")
    assert assay("-q", str(tmp_path / "a"), "-o", f"cyclonedx-json={document}").returncode == 0
    done = assay(document, "--exclude", "lib/**", "-o", "purls")
    assert done.returncode == 0 and b"an SBOM is taken whole" in done.stderr
