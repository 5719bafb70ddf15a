"""Images in tars: OCI and docker archives read in place, real ones of skopeo too, and those that lie."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from assay.adapters.findings_cache import FindingsCache
from assay.adapters.image import Image
from assay.adapters.image_options import ImageOptions
from assay.adapters.sources import Request, open_source
from assay.engines.catalog import Options, catalog
from assay.errors import AssayError, DigestMismatch, InputError, Malformed
from assay.model.sbom import Sbom
from simulators.ecosystem import LISTS
from simulators.image import Members, layout, tar
from simulators.saved import docker_archive, packed

LAYERS: list[Members] = [{"a.list": b"a 1", "b.list": b"b 1"}, {".wh.b.list": b"", "c.list": b"c 1"}]
CYCLONEDX = b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": "hung"}]}'
REQUEST = Request(ImageOptions())


def opened(path: Path, chosen: str = "", request: Request = REQUEST) -> tuple[Sbom, str]:
    told: list[str] = []
    found = open_source(f"{path}{chosen}", request._replace(note=told.append))
    assert isinstance(found, Image)
    return catalog(found, [LISTS]), told[0].removesuffix(":").rpartition(" ")[2] if told else ""


def names(sbom: Sbom) -> list[str]:
    return [item.name for item in sbom.components]


def qualifiers(sbom: Sbom) -> dict[str, str]:
    assert sbom.subject.purl is not None
    return dict(sbom.subject.purl.qualifiers)


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstandard.compress])
@pytest.mark.parametrize("old", [False, True])
def test_docker_archives_are_read_in_place(tmp_path: Path, compress: Callable[[bytes], bytes], old: bool) -> None:
    (tmp_path / "x.tar").write_bytes(compress(docker_archive(LAYERS, old=old)))
    sbom, scheme = opened(tmp_path / "x.tar")
    assert scheme == "docker-archive"
    assert names(sbom) == ["a", "c"]
    assert [layer.created_by for layer in sbom.layers] == ["step 0", "step 1"]
    assert all(layer.digest == layer.diff_id for layer in sbom.layers)
    assert sbom.subject.purl is not None
    assert (sbom.subject.purl.type, sbom.subject.purl.name) == ("oci", "app")
    assert qualifiers(sbom) == {"arch": "amd64", "repository_url": "app.example/team/app", "tag": "1"}


@pytest.mark.parametrize(
    ("told", "name", "more"),
    [
        ("app.example/team/app:1", "app", {"repository_url": "app.example/team/app", "tag": "1"}),
        ("app:1", "app", {"tag": "1"}),
        ("1", "image", {"tag": "1"}),
        ("", "image", {}),
        ("a b:c:", "image", {}),
        (f"app@sha256:{'a' * 64}", "app", {}),
        (f"app:1@sha256:{'a' * 64}", "app", {"tag": "1"}),
        (f"sha256:{'a' * 64}", "image", {}),
    ],
)
def test_an_image_is_named_by_its_annotation_else_by_its_folder(
    tmp_path: Path, told: str, name: str, more: dict[str, str]
) -> None:
    folder = layout(tmp_path / "image", LAYERS)
    index = json.loads((folder / "index.json").read_bytes())
    index["manifests"][0]["annotations"] = {"org.opencontainers.image.ref.name": told}
    (folder / "index.json").write_text(json.dumps(index))
    sbom, _ = opened(folder)
    assert sbom.subject.purl is not None
    assert sbom.subject.purl.name == name
    assert qualifiers(sbom) == {"arch": "amd64", **more}


def test_a_layer_that_old_docker_stored_as_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(docker_archive([LAYERS[0], LAYERS[1], LAYERS[0]], old=True))
    assert names(opened(tmp_path / "x.tar")[0]) == ["a", "b", "c"]


def test_compressed_layers_are_known_by_what_they_unpack_to(tmp_path: Path) -> None:
    data = docker_archive(LAYERS, old=True)
    plain = tar(LAYERS[0])
    at = data.index(plain[:512])
    packed_layer = gzip.compress(plain)
    header = bytearray(data[at - 512 : at])
    header[124:136] = b"%011o\0" % len(packed_layer)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    padded = packed_layer + bytes(-len(packed_layer) % 512)
    rest = at + len(plain) + -len(plain) % 512
    (tmp_path / "x.tar").write_bytes(data[: at - 512] + bytes(header) + padded + data[rest:])
    assert names(opened(tmp_path / "x.tar")[0]) == ["a", "c"]


@pytest.mark.parametrize("old", [False, True])
def test_a_layer_that_is_not_what_its_diff_id_says_is_an_error(tmp_path: Path, old: bool) -> None:
    (tmp_path / "x.tar").write_bytes(docker_archive(LAYERS, lie=True, old=old))
    with pytest.raises(DigestMismatch):
        opened(tmp_path / "x.tar")


def test_a_configuration_with_a_wrong_digest_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(docker_archive(LAYERS).replace(b"step 0", b"STEP 0"))
    with pytest.raises(DigestMismatch):
        opened(tmp_path / "x.tar")


def test_layers_of_a_docker_archive_are_cached_by_diff_id(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(docker_archive(LAYERS))
    options = Options(cache=FindingsCache(tmp_path / "cache"), analyser="test")
    for _ in range(2):
        source = open_source(str(tmp_path / "x.tar"), REQUEST)
        assert isinstance(source, Image)
        assert names(catalog(source, [LISTS], options)) == ["a", "c"]
    (tmp_path / "lie.tar").write_bytes(docker_archive([{"x.list": b"x 1"}], lie=True))
    lie = open_source(str(tmp_path / "lie.tar"), REQUEST)
    assert isinstance(lie, Image)
    with pytest.raises(DigestMismatch):
        catalog(lie, [LISTS], options)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_oci_archives_are_read_in_place(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    folder = layout(tmp_path / "image", LAYERS, name="registry.example:5000/team/app:1.2")
    (tmp_path / "x.tar").write_bytes(compress(packed(folder)))
    sbom, scheme = opened(tmp_path / "x.tar")
    assert scheme == "oci-archive"
    assert names(sbom) == ["a", "c"]
    assert qualifiers(sbom)["repository_url"] == "registry.example:5000/team/app"


def test_an_attached_sbom_is_listed_and_used_when_asked_for(tmp_path: Path) -> None:
    folder = layout(tmp_path / "image", LAYERS, referrers=[("application/vnd.cyclonedx+json", CYCLONEDX)])
    (tmp_path / "x.tar").write_bytes(packed(folder))
    wanted = Request(ImageOptions(), from_attached=True)
    for path in (folder, tmp_path / "x.tar"):
        assert [item.media_type for item in opened(path)[0].attached] == ["application/vnd.cyclonedx+json"]
        told: list[str] = []
        used = open_source(str(path), wanted._replace(note=told.append))
        assert isinstance(used, Sbom)
        assert names(used) == ["hung"]
        assert not any("SBOMs hang" in text for text in told)


@pytest.mark.parametrize("broken", [False, True])
def test_which_of_several_attached_sboms_is_used_is_told(tmp_path: Path, broken: bool) -> None:
    first = CYCLONEDX[:-9] if broken else CYCLONEDX
    spdx = b'{"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "other", "packages": []}'
    hanging = [("application/spdx+json", spdx), ("application/vnd.cyclonedx+json", first)]
    folder = layout(tmp_path / "image", LAYERS, referrers=hanging)
    told: list[str] = []
    used = open_source(f"oci-dir:{folder}", Request(ImageOptions(), from_attached=True, note=told.append))
    assert isinstance(used, Sbom)
    taken = spdx if broken else first
    (note,) = told
    assert note.startswith(f"2 SBOMs hang on the image: sha256:{hashlib.sha256(taken).hexdigest()} (application/")
    assert ("(1 before it cannot be read: " in note) is broken
    assert "`assay image download sbom IMAGE --output-dir DIR`" in note


def test_without_an_attached_sbom_asking_for_it_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(docker_archive(LAYERS))
    with pytest.raises(InputError, match="no SBOM attached") as caught:
        open_source(str(tmp_path / "x.tar"), Request(ImageOptions(), from_attached=True))
    assert caught.value.remedy


def test_a_tag_chooses_and_a_wrong_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(docker_archive(LAYERS))
    assert names(opened(Path(f"docker-archive:{tmp_path / 'x.tar'}"), ":app.example/team/app:1")[0]) == ["a", "c"]
    assert opened(tmp_path / "x.tar", ":1")[1] == "docker-archive"
    assert opened(tmp_path / "x.tar", ":app.example/team/app:1")[1] == "docker-archive", "as the remedy names it"
    with pytest.raises(InputError, match="no image 2") as caught:
        open_source(f"docker-archive:{tmp_path / 'x.tar'}:2", REQUEST)
    assert "app.example/team/app:1" in caught.value.remedy


@pytest.mark.parametrize("scheme", ["oci-archive", "docker-archive"])
@pytest.mark.parametrize("data", [b"", b"text", tar({"a": b""}), tar({"manifest.json": b"{}", "index.json": b"[]"})])
def test_what_is_no_image_archive_is_told(tmp_path: Path, scheme: str, data: bytes) -> None:
    (tmp_path / "x.tar").write_bytes(data)
    with pytest.raises(InputError):
        open_source(f"{scheme}:{tmp_path / 'x.tar'}", REQUEST)


@pytest.mark.parametrize("cut", [0.1, 0.3, 0.5, 0.7])
def test_an_archive_that_is_cut_off_is_told(tmp_path: Path, cut: float) -> None:
    data = docker_archive(LAYERS)
    (tmp_path / "x.tar").write_bytes(data[: int(len(data.rstrip(bytes(1))) * cut)])
    with pytest.raises(AssayError):
        opened(Path(f"docker-archive:{tmp_path / 'x.tar'}"))


def test_layers_and_diff_ids_must_agree_in_number(tmp_path: Path) -> None:
    data = docker_archive(LAYERS).replace(b'"Layers": ["blobs', b'"Layers": ["","blobs', 1)
    (tmp_path / "x.tar").write_bytes(data)
    with pytest.raises(Malformed):
        opened(tmp_path / "x.tar")


@pytest.mark.system
@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive"])
def test_archives_that_skopeo_wrote_are_read(tmp_path: Path, kind: str) -> None:
    skopeo = shutil.which("skopeo") or pytest.skip("skopeo is not installed (make system)")
    folder = layout(tmp_path / "image", LAYERS, name="1.2")
    target = f"{kind}:{tmp_path / 'x.tar'}:app.example/app:1.2"
    subprocess.run(
        [skopeo, "copy", "--insecure-policy", f"oci:{folder}:1.2", target], check=True, capture_output=True, timeout=60
    )
    sbom, scheme = opened(tmp_path / "x.tar")
    assert scheme == kind
    assert names(sbom) == ["a", "c"]
    assert qualifiers(sbom)["repository_url"] == "app.example/app"
