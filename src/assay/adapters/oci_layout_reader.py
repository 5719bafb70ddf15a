"""An OCI layout, in a folder or a tar, that is read as a repository (`assay.ports.RegistryPull`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from assay.adapters import blob, image
from assay.adapters.oci_layout import LayoutFiles
from assay.adapters.registry.referrers import tag_of
from assay.errors import InputError, LimitExceeded, Malformed
from assay.formats import cosign_layout, oci
from assay.formats import digest as digests
from assay.formats.compression import ByteStream
from assay.model.digest import Digest
from assay.model.image import Descriptor, Index, Manifest

MAX_ENTRIES = 20_000
"""Manifests that the index of a layout may list."""


class LayoutPull:
    """The names of entries in ``index.json`` are the tags; entries with a subject are the referrers."""

    def __init__(self, files: LayoutFiles) -> None:
        self.files = files
        self._known: dict[Digest, Manifest | Index] = {}

    def entries(self) -> Sequence[Descriptor]:
        """What ``index.json`` lists."""
        found = oci.entries(self.files.index())
        if len(found) > MAX_ENTRIES:
            raise LimitExceeded(f"{self.files.name} lists {len(found)} manifests (at most {MAX_ENTRIES})")
        return cosign_layout.with_tags(found)

    def tags(self) -> Sequence[str]:
        """The tags."""
        return [item.annotations[oci.REF_NAME] for item in self.entries() if oci.REF_NAME in item.annotations]

    def entry(self, tag: str) -> Descriptor | None:
        """The entry of a tag."""
        return next((item for item in self.entries() if item.annotations.get(oci.REF_NAME) == tag), None)

    def manifest(self, target: str) -> tuple[Descriptor, bytes]:
        """The manifest or index behind a tag or digest; raises `InputError` where there is none."""
        wanted = digests.find(target) if ":" in target else None
        if wanted is None:
            item = self.entry(target)
            if item is None:
                raise InputError(f"{self.files.name} has no {target}", "name a tag or a digest that it has")
            wanted, data = item.digest, image.read(self.files, item)
        else:
            data = self.files.manifest(Descriptor("", wanted, -1))
            if len(data) > oci.MAX_DOCUMENT:
                raise LimitExceeded(f"{wanted} has more than {oci.MAX_DOCUMENT} bytes, too many for a manifest")
            blob.check(data, wanted)
        found = oci.described(data, "")
        kind = found.media_type or (oci.INDEX if isinstance(oci.parse(data), Index) else oci.MANIFEST)
        return Descriptor(kind, wanted, len(data)), data

    def digest(self, tag: str) -> Digest | None:
        """What a tag points to."""
        item = self.entry(tag)
        return item.digest if item is not None else None

    @contextmanager
    def blob(self, item: Descriptor) -> Iterator[ByteStream]:
        """The bytes of a blob."""
        self.files.check(item)
        with self.files.open(item) as stream:
            yield stream

    def referrers(self, image: Digest, artifact_type: str = "") -> Sequence[Descriptor]:
        """The listed manifests whose subject is `image`, and those that the referrers tag of it lists."""
        listed = [item for item in self.entries() if self._about(item) == image]
        fallback = self.entry(tag_of(image))
        if fallback is not None:
            with suppress(Malformed):
                listed += oci.entries(self.manifest(str(fallback.digest))[1])
        unique = {item.digest: item for item in listed}
        return tuple(item for item in unique.values() if artifact_type in ("", item.artifact_type))

    def _about(self, item: Descriptor) -> Digest | None:
        """The subject of a listed manifest."""
        if item.media_type not in oci.MANIFESTS:
            return None
        if item.digest not in self._known:
            self._known[item.digest] = oci.parse(image.read(self.files, item))
        found = self._known[item.digest]
        return found.subject.digest if isinstance(found, Manifest) and found.subject is not None else None
