"""What a repository may claim about what hangs on an image, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from assay.errors import DigestMismatch, InputError, LimitExceeded, Malformed
from assay.formats import oci
from assay.formats.digest import sha256
from assay.model.digest import Digest
from assay.model.image import Descriptor, Manifest
from assay.model.image_tree import Node
from assay.ports import Readable
from assay.workflows import image_tree
from assay.workflows.image_tree import Options, read

CONFIG = Descriptor(oci.EMPTY, sha256(b"{}"), 2)
KIND = "application/vnd.example.note"


class Bytes:
    def __init__(self, data: bytes) -> None:
        self.left = memoryview(data)

    def readinto(self, buffer: memoryview, /) -> int:
        count = min(len(buffer), len(self.left))
        buffer[:count] = self.left[:count]
        self.left = self.left[count:]
        return count


@dataclass
class Repository:
    """A repository in memory that says what it is told to say."""

    manifests: dict[str, tuple[Descriptor, bytes]] = field(default_factory=dict)
    hanging: dict[Digest, list[Descriptor]] = field(default_factory=dict)
    blobs: dict[Digest, bytes] = field(default_factory=dict)
    asked: int = 0

    def add(self, data: bytes, media_type: str = oci.MANIFEST, name: str = "") -> Descriptor:
        item = Descriptor(media_type, sha256(data), len(data))
        self.manifests[str(item.digest)] = (item, data)
        if name:
            self.manifests[name] = (item, data)
        return item

    def hang(self, subject: Descriptor, number: int = 0) -> Descriptor:
        layer = self.keep(b'{"number": %d}' % number)
        manifest = Manifest(CONFIG, (layer,), oci.MANIFEST, KIND, subject, {"number": str(number)})
        item = self.add(oci.write_manifest(manifest))
        self.hanging.setdefault(subject.digest, []).append(item)
        return item

    def keep(self, data: bytes, media_type: str = KIND) -> Descriptor:
        item = Descriptor(media_type, sha256(data), len(data))
        self.blobs[item.digest] = data
        return item

    def manifest(self, target: str) -> tuple[Descriptor, bytes]:
        self.asked += 1
        if target not in self.manifests:
            raise InputError(f"there is no {target}")
        return self.manifests[target]

    def digest(self, tag: str) -> Digest | None:
        return self.manifests[tag][0].digest if tag in self.manifests else None

    @contextmanager
    def blob(self, item: Descriptor) -> Iterator[Readable]:
        yield Bytes(self.blobs[item.digest])

    def referrers(self, image: Digest, artifact_type: str = "") -> Sequence[Descriptor]:
        return self.hanging.get(image, [])


def image(repository: Repository) -> Descriptor:
    return repository.add(oci.write_manifest(Manifest(CONFIG, ())), name="v1")


@pytest.fixture
def there() -> Repository:
    return Repository()


def test_thousands_hang_on_an_image(there: Repository) -> None:
    subject = image(there)
    for number in range(2000):
        there.hang(subject, number)
    assert len(read(there, "v1", Options(tags=lambda: ["v1"])).attached) == 2000


def test_more_than_the_bound_is_refused_before_it_is_read(there: Repository) -> None:
    subject = image(there)
    listed = [Descriptor(oci.MANIFEST, sha256(b"%d" % number), 10) for number in range(image_tree.MAX_NODES + 1)]
    there.hanging[subject.digest] = listed
    with pytest.raises(LimitExceeded, match="hang on"):
        read(there, "v1")
    assert there.asked == 1


def test_lists_that_lead_back_end(there: Repository) -> None:
    """Digests make this impossible for honest bytes; a list may claim it all the same."""
    subject = image(there)
    first = there.hang(subject, 1)
    second = there.hang(first, 2)
    there.hanging[second.digest] = [first, second, subject]
    there.hanging[subject.digest] += [first, first, subject, second]
    (node,) = read(there, "v1").attached
    assert [item.item.digest for item in node.walk()] == [first.digest, second.digest]


def test_an_index_that_names_itself_ends(there: Repository) -> None:
    data = oci.write_index([Descriptor(oci.INDEX, sha256(b"itself"), 0)])
    item = Descriptor(oci.INDEX, sha256(b"itself"), len(data))
    data = oci.write_index([item])
    item = replace(item, size=len(data))
    there.manifests |= {"v1": (item, data), str(item.digest): (item, data)}
    assert read(there, "v1").children == ()


def test_a_chain_of_attachments_is_followed_to_a_depth(there: Repository) -> None:
    item = image(there)
    for number in range(image_tree.MAX_DEPTH + 1):
        item = there.hang(item, number)
    with pytest.raises(LimitExceeded, match="deeper"):
        read(there, "v1")


def test_what_is_about_another_image_is_left_out(there: Repository) -> None:
    subject, other = image(there), there.add(oci.write_manifest(Manifest(CONFIG, (), annotations={"other": "1"})))
    listed = there.hang(other)
    there.hanging[subject.digest] = [listed, there.add(b"{}", oci.INDEX), there.add(b"[]")]
    assert read(there, "v1").attached == ()


def test_what_is_listed_and_missing_is_told(there: Repository) -> None:
    subject = image(there)
    gone = Descriptor(oci.MANIFEST, sha256(b"gone"), 4)
    there.hanging[subject.digest] = [gone]
    there.add(oci.write_manifest(Manifest(CONFIG, ())), name=image_tree.tag_of(subject.digest))
    told: list[str] = []
    assert read(there, "v1", Options(note=told.append)).attached == ()
    assert any(str(gone.digest) in text for text in told)
    assert any("an image where an index is due" in text for text in told)


@pytest.mark.parametrize(("size", "error"), [(5, DigestMismatch), (oci.MAX_DOCUMENT + 1, LimitExceeded)])
def test_wrong_and_too_large_sizes_are_refused(there: Repository, size: int, error: type[InputError]) -> None:
    subject = image(there)
    item = there.hang(subject)
    there.hanging[subject.digest] = [replace(item, size=size)]
    with pytest.raises(error):
        read(there, "v1")


def test_a_manifest_with_a_digest_that_is_a_path_is_refused(there: Repository) -> None:
    document = {"manifests": [{"mediaType": oci.MANIFEST, "digest": "sha256:../../../etc/passwd", "size": 1}]}
    there.add(json.dumps(document).encode(), oci.INDEX, "v1")
    with pytest.raises(Malformed):
        read(there, "v1")


def test_the_elder_tags_and_the_referrers_tag_are_read_beside_the_api(there: Repository) -> None:
    subject = image(there)
    hung = there.hang(subject, 1)
    there.hanging.clear()
    tag = image_tree.tag_of(subject.digest)
    there.add(oci.write_index([hung]), oci.INDEX, tag)
    there.add(oci.write_manifest(Manifest(CONFIG, (there.keep(b"x"),))), name=f"{tag}.sig")
    found = read(there, "v1").attached
    assert [str(node.hangs.form) for node in found if node.hangs] == ["referrer", "tag"]


def test_an_attestation_without_a_note_is_looked_into(there: Repository) -> None:
    subject = image(there)
    bare = there.keep(b'{"messageSignature": {}}', "application/vnd.dev.sigstore.bundle.v0.3+json")
    statement = b'{"_type": "x", "predicateType": "https://example.com/p"}'
    for layer in (bare, there.keep(statement, "application/vnd.in-toto+json"), there.keep(b"[", bare.media_type)):
        manifest = Manifest(CONFIG, (layer,), oci.MANIFEST, layer.media_type, subject)
        there.hanging.setdefault(subject.digest, []).append(there.add(oci.write_manifest(manifest)))
    found = {(str(node.hangs.kind), node.hangs.documents[0].predicate_type) for node in _nodes(there) if node.hangs}
    assert found == {("signature", ""), ("attestation", "https://example.com/p"), ("attestation", "")}


def _nodes(there: Repository) -> Sequence[Node]:
    return read(there, "v1").attached
