"""What hangs on an image is stored in the form that the registry knows, and nobody's is lost."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from assay.adapters import attaching
from assay.adapters.attaching import CosignTag, Part
from assay.adapters.image_reference import parse
from assay.adapters.oci_layout import FolderBlobs
from assay.adapters.oci_layout_reader import LayoutPull
from assay.adapters.oci_layout_writer import LayoutWriter
from assay.adapters.registry.client import RegistryClient, connect
from assay.adapters.registry.referrers import tag_of
from assay.adapters.registry.transport import Policy
from assay.errors import DigestMismatch, ExternalError, InputError, LimitExceeded, Malformed
from assay.formats import oci
from assay.formats.digest import sha256
from assay.model.image import Descriptor, Manifest
from assay.ports import RegistryPush
from simulators import real_registries
from simulators.registry import Registry, serve

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with real_registries.debian(tmp_path_factory.mktemp("registry")) as host:
        yield host


@pytest.fixture(scope="module")
def modern() -> Iterator[str]:
    with real_registries.with_referrers() as host:
        yield host


def client(host: str, repository: str = "team/app") -> RegistryClient:
    return connect(parse(f"{host}/{repository}"), Policy())


def image(push: RegistryPush, tag: str = "1", content: bytes = b"{}") -> Descriptor:
    config = push.put_blob(content, "application/vnd.oci.image.config.v1+json")
    return push.put_manifest(oci.write_manifest(Manifest(config, ())), oci.MANIFEST, tag)


def part(number: int) -> Part:
    return Part(f'{{"number": {number}}}'.encode(), BUNDLE)


def test_a_referrer_is_listed_under_the_tag_where_the_api_is_missing(plain: str) -> None:
    there = client(plain, "one/plain")
    subject = image(there.push)
    added = attaching.attach(there.push, subject, BUNDLE, [part(1)], {"a": "b"})
    assert [item.digest for item in there.pull.referrers(subject.digest)] == [added.digest]
    (entry,) = oci.entries(there.pull.manifest(tag_of(subject.digest))[1])
    assert (entry.artifact_type, entry.annotations) == (BUNDLE, {"a": "b"})
    attaching.attach(there.push, subject, BUNDLE, [part(1)], {"a": "b"})
    assert len(there.pull.referrers(subject.digest)) == 1


def test_a_referrer_gets_no_tag_where_the_api_is_there(modern: str) -> None:
    there = client(modern, "one/modern")
    subject = image(there.push)
    added = attaching.attach(there.push, subject, BUNDLE, [part(1)])
    assert [item.digest for item in there.pull.referrers(subject.digest)] == [added.digest]
    assert there.pull.digest(tag_of(subject.digest)) is None
    assert there.edit.tags() == ["1"]


def together(work: Sequence[threading.Thread]) -> None:
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()


def test_writers_at_the_same_time_lose_nothing(plain: str) -> None:
    subject = image(client(plain, "many/writers").push)

    def write(number: int) -> None:
        there = client(plain, "many/writers")
        attaching.attach(there.push, subject, BUNDLE, [part(number)])
        attaching.append(there.push, there.edit, subject.digest, CosignTag.SIGNATURES, [part(number)])

    together([threading.Thread(target=write, args=(number,)) for number in range(4)])
    there = client(plain, "many/writers")
    assert len(there.pull.referrers(subject.digest)) == 4
    signatures = oci.parse(there.pull.manifest(f"{tag_of(subject.digest)}.sig")[1])
    assert isinstance(signatures, Manifest)
    assert {item.digest for item in signatures.layers} == {sha256(part(number).data) for number in range(4)}


def test_layers_are_appended_to_the_tags_of_cosign_and_an_sbom_is_replaced(modern: str) -> None:
    there = client(modern, "cosign/tags")
    subject = image(there.push)
    for tag, count in ((CosignTag.SIGNATURES, 2), (CosignTag.ATTESTATIONS, 2), (CosignTag.SBOM, 1)):
        for number in (1, 2, 2):
            attaching.append(there.push, there.edit, subject.digest, tag, [part(number)])
        manifest = oci.parse(there.pull.manifest(attaching.tag_name(subject.digest, tag))[1])
        assert isinstance(manifest, Manifest)
        assert len(manifest.layers) == count


def test_a_layout_is_a_repository_too(tmp_path: Path) -> None:
    writer = LayoutWriter(tmp_path / "layout")
    subject = image(writer, "v1")
    added = attaching.attach(writer, subject, BUNDLE, [part(1)])
    attaching.append(writer, writer, subject.digest, CosignTag.SIGNATURES, [part(2)])
    assert writer.tags() == ["v1", f"{tag_of(subject.digest)}.sig"]
    listed = oci.entries((tmp_path / "layout/index.json").read_bytes())
    assert [(item.digest, item.artifact_type) for item in listed[:2]] == [(subject.digest, ""), (added.digest, BUNDLE)]
    again = LayoutWriter(tmp_path / "layout")
    image(again, "v1", b'{"another": 1}')
    assert again.tags() == [f"{tag_of(subject.digest)}.sig", "v1"]
    assert again.delete_tag("v1")
    assert not again.delete_tag("v1")


def test_writers_of_one_layout_lose_nothing(tmp_path: Path) -> None:
    subject = image(LayoutWriter(tmp_path / "elsewhere"), "v1")

    def write(number: int) -> None:
        writer = LayoutWriter(tmp_path / "layout")
        attaching.attach(writer, subject, BUNDLE, [part(number)])
        attaching.append(writer, writer, subject.digest, CosignTag.SIGNATURES, [part(number)])

    together([threading.Thread(target=write, args=(number,)) for number in range(8)])
    listed = oci.entries((tmp_path / "layout/index.json").read_bytes())
    assert len([item for item in listed if item.artifact_type]) == 8


def test_unknown_fields_of_a_layout_stay(tmp_path: Path) -> None:
    writer = LayoutWriter(tmp_path)
    document = json.loads((tmp_path / "index.json").read_bytes())
    entry = {
        "mediaType": oci.MANIFEST,
        "digest": f"sha256:{'0' * 64}",
        "size": 1,
        "urls": ["x"],
        "annotations": {"k": 1},
    }
    (tmp_path / "index.json").write_text(json.dumps({**document, "extra": {"a": [1]}, "manifests": [entry]}))
    image(writer, "v1")
    found = json.loads((tmp_path / "index.json").read_bytes())
    assert found["extra"] == {"a": [1]}
    assert found["manifests"][0] == entry


def test_a_blob_that_is_not_what_it_should_be_leaves_nothing(tmp_path: Path) -> None:
    writer = LayoutWriter(tmp_path)
    for data, size in ((b"wrong", 5), (b"right and more", 5), (b"rig", 5)):
        with pytest.raises(DigestMismatch):
            writer.put_known(Descriptor("", sha256(b"right"), size), (data,))

    def interrupted() -> Iterator[bytes]:
        yield b"ri"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        writer.put_known(Descriptor("", sha256(b"right"), 5), interrupted())
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []
    writer.put_known(Descriptor("", sha256(b"right"), 5), (b"ri", b"ght"))
    assert writer.has_blob(sha256(b"right"))


def test_a_folder_with_something_else_is_no_layout(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("")
    with pytest.raises(InputError, match="something else"):
        LayoutWriter(tmp_path)
    with pytest.raises(ExternalError, match="cannot write"):
        LayoutWriter(tmp_path / "thesis.txt" / "layout")


def test_referrers_come_in_pages_within_bounds() -> None:
    with serve(Registry()) as registry:
        there = client(registry.host)
        subject = image(there.push)
        entry = {"mediaType": oci.MANIFEST, "size": 2, "artifactType": BUNDLE}
        listed = [{**entry, "digest": str(sha256(b"%d" % number))} for number in range(1000)]
        registry.referrers[str(subject.digest)] = listed
        registry.faults.page = 30
        assert [str(item.digest) for item in there.pull.referrers(subject.digest)] == [one["digest"] for one in listed]
        registry.faults.page = 1
        with pytest.raises(LimitExceeded, match="more than"):
            there.pull.referrers(subject.digest)
        registry.referrers[str(subject.digest)] = listed * 11
        registry.faults.page = 2000
        with pytest.raises(LimitExceeded, match="more than"):
            there.pull.referrers(subject.digest)


def test_a_tag_that_holds_something_else_is_not_written_over(plain: str) -> None:
    there = client(plain, "some/body")
    subject = image(there.push)
    other = image(there.push, tag_of(subject.digest), b'{"of": "somebody"}')
    with pytest.raises(Malformed, match="an image where an index is due"):
        attaching.attach(there.push, subject, BUNDLE, [part(1)])
    assert there.pull.digest(tag_of(subject.digest)) == other.digest


def test_a_layout_of_cosign_is_read_and_ours_is_marked_for_it(tmp_path: Path) -> None:
    writer = LayoutWriter(tmp_path)
    subject = image(writer, "v1")
    attaching.append(writer, writer, subject.digest, CosignTag.SIGNATURES, [part(1)])
    image(writer, "v1")
    document = json.loads((tmp_path / "index.json").read_bytes())
    assert [entry["annotations"]["kind"] for entry in document["manifests"]] == [
        "dev.cosignproject.cosign/sigs",
        "dev.cosignproject.cosign/image",
    ]
    for entry in document["manifests"]:
        del entry["annotations"]["org.opencontainers.image.ref.name"]  # as cosign writes it
    (tmp_path / "index.json").write_text(json.dumps(document))
    assert LayoutPull(FolderBlobs(tmp_path)).tags() == [f"{tag_of(subject.digest)}.sig"]
    image(LayoutWriter(tmp_path), "v2", b'{"another": 1}')
    kinds = [item.annotations.get("kind") for item in oci.entries((tmp_path / "index.json").read_bytes())]
    assert kinds == [None, None, "dev.cosignproject.cosign/image"]
