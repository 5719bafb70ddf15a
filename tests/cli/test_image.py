"""`assay image`: between layouts, archives and two real registries, with and without the referrers API."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.cli._main import run as main
from assay.errors import ExitCode
from simulators import attached_image, real_registries
from simulators.attached_image import SBOM, SLSA, Made
from simulators.registry import Registry, serve

Said = Callable[..., str]


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with (
        real_registries.debian(tmp_path_factory.mktemp("registry")) as plain,
        real_registries.with_referrers() as modern,
    ):
        yield {"plain": plain, "modern": modern}


@pytest.fixture(params=["plain", "modern"])
def host(hosts: dict[str, str], request: pytest.FixtureRequest) -> str:
    return hosts[request.param]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return attached_image.make(tmp_path / "made")


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A repository of its own for each test."""
    return "".join(letter if letter.isalnum() else "-" for letter in request.node.name.lower()).strip("-")


@pytest.fixture
def assay(capfdbinary: pytest.CaptureFixture[bytes]) -> Said:
    """Runs a command; what it printed."""

    def run(*words: str | Path, code: int = ExitCode.OK) -> str:
        capfdbinary.readouterr()
        found = main(["image", *map(str, words)])
        out, err = capfdbinary.readouterr()
        assert found == code, err.decode()
        return out.decode() if code == ExitCode.OK else err.decode()

    return run


def tree(assay: Said, image: str | Path, *flags: str) -> Any:
    found = json.loads(assay("tree", image, "--json", *flags))
    del found["reference"]
    return found


def kinds(node: Any) -> list[str]:
    """All that hangs below, as ``kind/form``."""
    here = [f"{node['kind']}/{node['form']}"] if "kind" in node else []
    return sorted([*here, *(kind for item in node["children"] + node["attached"] for kind in kinds(item))])


ALL = [
    "attestation/referrer",
    "attestation/tag",
    "sbom/referrer",
    "sbom/tag",
    "signature/referrer",
    "signature/tag",
]


def test_a_tree_shows_everything_with_its_predicates(assay: Said, made: Made) -> None:
    found = tree(assay, made.folder)
    assert kinds(found) == ALL
    assert [child["platform"] for child in found["children"]] == ["linux/amd64", "linux/arm64"]
    (sbom,) = found["children"][0]["attached"]
    (nested,) = sbom["attached"]
    assert nested["documents"][0]["predicateType"] == "https://sigstore.dev/cosign/sign/v1"
    shown = assay("tree", f"oci-dir:{made.folder}:v1")
    assert shown.count(SLSA) == 2
    assert "│   └── sbom (referrer)" in shown


def test_a_copy_has_everything_and_comes_back_the_same(
    assay: Said, made: Made, host: str, name: str, tmp_path: Path
) -> None:
    there = f"{host}/{name}:v1"
    assert assay("copy", made.folder, there).strip() == str(made.index.digest)
    before = tree(assay, made.folder)
    assert tree(assay, there) == before
    assay("save", there, tmp_path / "saved.tar")
    assay("save", there, tmp_path / "folder")
    assert tree(assay, f"oci-archive:{tmp_path / 'saved.tar'}:v1", "--offline") == before
    assert tree(assay, tmp_path / "folder", "--offline") == before
    assay("load", tmp_path / "saved.tar", f"{host}/{name}/loaded")
    assert tree(assay, f"{host}/{name}/loaded:v1") == before


def test_skopeo_reads_what_was_copied(assay: Said, made: Made, host: str, name: str, tmp_path: Path) -> None:
    skopeo = shutil.which("skopeo") or pytest.skip("skopeo is not installed (make system)")
    assay("copy", made.folder, f"{host}/{name}:v1")
    assay("save", made.folder, tmp_path / "saved.tar")
    for place in (f"docker://{host}/{name}:v1", f"oci-archive:{tmp_path / 'saved.tar'}:v1", f"oci:{made.folder}:v1"):
        command = [skopeo, "inspect", "--raw", *(["--tls-verify=false"] if "docker:" in place else []), place]
        raw = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
        assert {item["digest"] for item in json.loads(raw)["manifests"]} == {str(item.digest) for item in made.images}
    target = tmp_path / "back"
    command = [skopeo, "copy", "--insecure-policy", "--src-tls-verify=false", "--all", "--preserve-digests"]
    subprocess.run([*command, f"docker://{host}/{name}:v1", f"oci:{target}:v1"], check=True, capture_output=True)
    assert tree(assay, target)["digest"] == str(made.index.digest)


def test_what_is_there_is_not_sent_again_and_what_is_next_door_is_mounted(
    made: Made, host: str, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["image", "copy", str(made.folder), f"{host}/{name}:v1"]) == ExitCode.OK
    capfd.readouterr()
    assert main(["image", "copy", str(made.folder), f"{host}/{name}:v1"]) == ExitCode.OK
    assert " 0 blobs (0 B) copied, 13 were there" in capfd.readouterr().err
    assert main(["image", "copy", f"{host}/{name}:v1", f"{host}/{name}/next:v2"]) == ExitCode.OK
    said = capfd.readouterr().err
    assert " 0 blobs (0 B) copied" in said
    assert "13 mounted" in said or "modern" in name  # whose registry holds its blobs in common


def test_one_platform_and_some_kinds(assay: Said, made: Made, host: str, name: str) -> None:
    assay("copy", made.folder, f"{host}/{name}:v1", "--platform", "linux/amd64")
    found = tree(assay, f"{host}/{name}:v1")
    assert found["digest"] == str(made.images[0].digest)
    assert kinds(found) == ["sbom/referrer", "signature/referrer"]
    assay("copy", made.folder, f"{host}/{name}:some", "--only", "sig,att")
    assert kinds(tree(assay, f"{host}/{name}:some")) == [
        "attestation/referrer",
        "attestation/tag",
        "sbom/referrer",  # of the copy before: nothing is taken away
        "signature/referrer",
        "signature/tag",
    ]
    assert "is nothing that can be attached" in assay(
        "copy", made.folder, f"{host}/{name}:some", "--only", "hats", code=ExitCode.USAGE
    )


def test_signatures_that_are_there_stay(assay: Said, made: Made, host: str, name: str, tmp_path: Path) -> None:
    assay("copy", made.folder, f"{host}/{name}:v1")
    (tmp_path / "payload").write_bytes(attached_image.payload(made.index.digest))
    (tmp_path / "signature").write_text("b3RoZXI=")
    flags = ("--payload", tmp_path / "payload", "--signature", tmp_path / "signature")
    assay("attach", "signature", f"{host}/{name}:v1", *flags)
    assay("copy", made.folder, f"{host}/{name}:v1")
    lines = [json.loads(line) for line in assay("download", "signature", f"{host}/{name}:v1").splitlines()]
    assert {line["Base64Signature"] for line in lines} == {"c2ln", "b3RoZXI="}


def test_what_was_made_elsewhere_is_attached_and_read_out_again(
    assay: Said, made: Made, host: str, name: str, tmp_path: Path
) -> None:
    there = f"{host}/{name}:v1"
    assay("copy", made.folder, there, "--only", "none")
    assert kinds(tree(assay, there)) == []
    digest = made.index.digest
    assert "no attestation" in assay("download", "attestation", there, code=ExitCode.INPUT)
    files = {"sbom": SBOM, "envelope": attached_image.envelope(digest), "bundle": attached_image.bundle(digest)}
    for key, data in files.items():
        (tmp_path / key).write_bytes(data)
    assay("attach", "sbom", there, tmp_path / "sbom")
    assay("attach", "sbom", there, tmp_path / "sbom", "--form", "cosign")
    assay("attach", "attestation", there, tmp_path / "envelope")
    assay("attach", "attestation", there, tmp_path / "bundle")
    signed = attached_image.bundle(digest, "https://sigstore.dev/cosign/sign/v1")
    (tmp_path / "signed").write_bytes(signed)
    assay("attach", "signature", there, "--bundle", tmp_path / "signed")
    assert kinds(tree(assay, there)) == sorted({*ALL} - {"signature/tag"})
    assert assay("download", "sbom", there).splitlines() == [SBOM.decode()] * 2
    envelopes = assay("download", "attestation", there, "--predicate-type", "slsaprovenance1").splitlines()
    assert [json.loads(line) for line in envelopes] == [json.loads(files["envelope"])] * 2
    bundles = [json.loads(line) for line in assay("download", "bundle", there).splitlines()]
    assert bundles == [json.loads(signed), json.loads(files["bundle"])]
    assay("download", "bundle", there, "--output-dir", tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_what_is_about_something_else_is_not_attached(assay: Said, made: Made, tmp_path: Path) -> None:
    other = made.images[0].digest
    for key, data in (("envelope", attached_image.envelope(other)), ("bundle", attached_image.bundle(other))):
        (tmp_path / key).write_bytes(data)
        said = assay("attach", "attestation", made.folder, tmp_path / key, code=ExitCode.INPUT)
        assert f"not about {made.index.digest}" in said
    (tmp_path / "payload").write_bytes(attached_image.payload(other))
    (tmp_path / "signature").write_text("c2ln")
    flags = ("--payload", tmp_path / "payload", "--signature", tmp_path / "signature")
    assert "not about" in assay("attach", "signature", made.folder, *flags, code=ExitCode.INPUT)
    assert "no SBOM that is known" in assay("attach", "sbom", made.folder, tmp_path / "signature", code=ExitCode.USAGE)


def test_clean_takes_away_what_is_attached(assay: Said, made: Made, host: str, name: str) -> None:
    there = f"{host}/{name}:v1"
    assay("copy", made.folder, there)
    assert len(assay("clean", there, "--dry-run").splitlines()) == 6
    assert kinds(tree(assay, there)) == ALL
    assert "no terminal" in assay("clean", there, code=ExitCode.USAGE)
    assay("clean", there, "--yes", "--type", "sbom")
    left = ["attestation/referrer", "attestation/tag", "signature/tag"]
    assert kinds(tree(assay, there)) == left
    assay("clean", there, "--yes")
    found = tree(assay, there)
    assert (kinds(found), found["digest"]) == ([], str(made.index.digest))
    assay("clean", there, "--yes")


def test_clean_of_a_layout_leaves_blobs(assay: Said, made: Made) -> None:
    blobs = len(list((made.folder / "blobs/sha256").iterdir()))
    assay("clean", made.folder, "--yes")
    assert kinds(tree(assay, made.folder)) == []
    assert len(list((made.folder / "blobs/sha256").iterdir())) == blobs


def test_a_registry_that_deletes_nothing_says_so(assay: Said, made: Made, tmp_path: Path) -> None:
    with real_registries.debian(tmp_path, deletes=False) as host:
        assay("copy", made.folder, f"{host}/x/y:v1")
        assert "lets nobody delete" in assay("clean", f"{host}/x/y:v1", "--yes", code=ExitCode.EXTERNAL)
        assert kinds(tree(assay, f"{host}/x/y:v1")) == ALL


def test_offline_and_wrong_words(assay: Said, made: Made, tmp_path: Path) -> None:
    assert "--offline" in assay("tree", "registry.example/app", "--offline", code=ExitCode.USAGE)
    assert "--offline" in assay("copy", made.folder, "registry.example/app", "--offline", code=ExitCode.USAGE)
    assert "no name of an image" in assay("copy", made.folder, "./x.tar", code=ExitCode.USAGE)
    assert "hold nothing that is attached" in assay("tree", "docker-archive:x.tar", code=ExitCode.USAGE)
    assert "neither an OCI layout" in assay("load", "registry.example/a", "registry.example/b", code=ExitCode.INPUT)
    attached_image.make(made.folder, "v2")
    assert "there are: v1, v2" in assay("tree", made.folder, code=ExitCode.INPUT)


def test_a_copy_that_is_interrupted_leaves_nothing_half_written(made: Made, tmp_path: Path) -> None:
    layer = json.loads((made.folder / "blobs/sha256" / made.images[0].digest.value).read_bytes())["layers"][0]
    blob = made.folder / "blobs/sha256" / layer["digest"].partition(":")[2]
    content = blob.read_bytes()
    program = Path(__file__).with_name("interrupted_copy.py")
    for target in ("oci-archive:out.tar", "oci-dir:out"):
        words = [sys.executable, str(program), str(blob), "image", "copy", str(made.folder), target]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        found = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, timeout=60)
        assert found.returncode == ExitCode.INTERRUPTED, found.stderr.decode()
    left = [path for path in tmp_path.rglob("*") if ".part" in path.name or path.name == "out.tar"]
    assert left == []
    assert main(["image", "copy", str(made.folder), f"oci-dir:{tmp_path}/out"]) == ExitCode.OK
    assert (tmp_path / "out/blobs/sha256" / blob.name).read_bytes() == content


def spoil(made: Made, how: str) -> None:
    """Make one layer of the layout something else than its digest says."""
    manifest = json.loads((made.folder / "blobs/sha256" / made.images[1].digest.value).read_bytes())
    blob = made.folder / "blobs/sha256" / manifest["layers"][0]["digest"].partition(":")[2]
    content = blob.read_bytes()
    blob.unlink()
    if how == "fifo":
        os.mkfifo(blob)
    elif how != "missing":
        blob.write_bytes({"changed": bytes([content[0] ^ 1]) + content[1:], "short": content[:-1]}[how])


@pytest.mark.parametrize("how", ["changed", "short", "missing", "fifo"])
def test_lies_leave_nothing_behind(assay: Said, made: Made, hosts: dict[str, str], tmp_path: Path, how: str) -> None:
    spoil(made, how)
    there = f"{hosts['plain']}/lies/{how}:v1"
    assay("copy", made.folder, there, code=ExitCode.INPUT)
    assert "there is no" in assay("tree", there, code=ExitCode.INPUT)
    assay("save", made.folder, tmp_path / "out.tar", code=ExitCode.INPUT)
    assay("save", made.folder, tmp_path / "out", code=ExitCode.INPUT)
    assert [path for path in tmp_path.glob("**/*") if "part" in path.name or path.name == "out.tar"] == []
    assert json.loads((tmp_path / "out/index.json").read_bytes())["manifests"] == []


def test_odd_names_steer_nothing(assay: Said, made: Made, hosts: dict[str, str], tmp_path: Path) -> None:
    index = made.folder / "index.json"
    odd = "../../v2/other/manifests/x\x1b[31m"
    document = json.loads(index.read_bytes())
    document["manifests"][0]["annotations"] = {"org.opencontainers.image.ref.name": odd}
    index.write_text(json.dumps(document))
    assert "\x1b" not in assay("tree", made.folder)
    assay("copy", made.folder, f"{hosts['modern']}/odd/name")
    assert kinds(tree(assay, f"{hosts['modern']}/odd/name:latest")) == ALL
    assay("save", made.folder, tmp_path / "saved")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "saved"]


def test_an_index_that_is_none_is_refused(assay: Said, made: Made) -> None:
    for text in ("{", "[]", '{"manifests": [{"digest": "sha256:../x", "size": 1}]}', '{"config": {}, "layers": []}'):
        (made.folder / "index.json").write_text(text)
        assay("tree", made.folder, code=ExitCode.INPUT)


def test_a_registry_that_fails_for_a_while_is_asked_again(assay: Said, made: Made) -> None:
    with serve(Registry()) as registry:
        registry.faults.broken_uploads = 2
        assay("copy", made.folder, f"{registry.host}/team/app:v1", "--jobs", "1")
        assert kinds(tree(assay, f"{registry.host}/team/app:v1")) == ALL
        registry.faults.broken_uploads = 100
        attached_image.make(made.folder, "v2")
        assay("copy", f"{made.folder}:v2", f"{registry.host}/team/app:v2", "--jobs", "1", code=ExitCode.EXTERNAL)
        assert "v2" not in registry.manifests


def test_tags_of_layouts_and_archives_are_chosen(assay: Said, made: Made, tmp_path: Path) -> None:
    assay("save", made.folder, f"{tmp_path}/out:v9")
    assay("save", made.folder, f"{tmp_path}/out:v8", "--platform", "arm64", "--only", "none")
    assay("save", made.folder, f"{tmp_path}/out.tar:v7")
    assert tree(assay, f"{tmp_path}/out:v9")["digest"] == str(made.index.digest)
    assert tree(assay, f"{tmp_path}/out:v8")["digest"] == str(made.images[1].digest)
    assert tree(assay, f"oci-archive:{tmp_path}/out.tar:v7")["digest"] == str(made.index.digest)
    assert tree(assay, f"{tmp_path}/out@{made.images[1].digest}")["digest"] == str(made.images[1].digest)
    assay("tree", f"{tmp_path}/out:v1", code=ExitCode.INPUT)
    said = assay("attach", "sbom", f"{tmp_path}/out.tar:v7", made.folder / "index.json", code=ExitCode.USAGE)
    assert "no SBOM" in said
    (tmp_path / "sbom").write_bytes(SBOM)
    said = assay("attach", "sbom", f"{tmp_path}/out.tar:v7", tmp_path / "sbom", code=ExitCode.USAGE)
    assert "cannot be added to" in said
