"""An OCI image layout that is written to: a folder that behaves as a repository (`assay.ports.RegistryPush`).

::

    oci-layout      {"imageLayoutVersion": "1.0.0"}
    index.json      {"manifests": [{..., "annotations": {"org.opencontainers.image.ref.name": "v1"}}]}
    blobs/sha256/9f86d0...

Tags are the names of entries in ``index.json``; a manifest with a subject is listed there without one, which is how the
image specification's layouts hold referrers. Each blob is written beside its place, hashed, brought to disk and
renamed; ``index.json`` is changed last, under a lock of the folder, so that what it lists is always there.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from assay.adapters import blob
from assay.adapters.output import writing
from assay.errors import ExternalError, InputError
from assay.formats import cosign_layout, json, json_bytes, oci
from assay.formats.json import Json, Object, as_list, as_object
from assay.model.digest import Algorithm, Digest
from assay.model.image import Descriptor, Manifest

_LAYOUT = b'{"imageLayoutVersion": "1.0.0"}'
_ATTACHED = ("sha256-", "sha512-")
"""How the tags begin under which something hangs on an image."""
_NAMES = frozenset(("blobs", "index.json", "oci-layout"))
_REMEDY = "check the path, its permissions and the free space"


class LayoutWriter:
    """Writes blobs, manifests and tags to a layout in a folder, which is made where there is none."""

    def __init__(self, folder: Path) -> None:
        """Raises `InputError` for a folder with something else in it, `ExternalError` where it cannot be made."""
        self._folder = folder
        self.name = str(folder)
        if (folder / "index.json").is_file():
            return
        if folder.is_dir() and any(path.name not in _NAMES and path.name[0] != "." for path in folder.iterdir()):
            raise InputError(f"{folder} holds something else than an OCI layout", "name an empty or a new folder")
        with _writable(folder):
            (folder / "blobs").mkdir(parents=True, exist_ok=True)
        with self._locked():
            if not (folder / "index.json").is_file():
                self._write("oci-layout", _LAYOUT)
                self._write("index.json", oci.write_index(()))

    def _write(self, name: str, data: bytes) -> None:
        with writing(self._folder / name) as file:
            file.write(data)

    def _place(self, digest: Digest) -> Path:
        return self._folder / "blobs" / str(digest.algorithm) / digest.value

    def has_blob(self, digest: Digest) -> bool:
        """Whether the blob is there; what is there was checked when it was written."""
        return self._place(digest).is_file()

    def put_blob(self, data: bytes, media_type: str) -> Descriptor:
        """Store a blob, unless it is there."""
        item = Descriptor(media_type, Digest(Algorithm.SHA256, hashlib.sha256(data).hexdigest()), len(data))
        if not self.has_blob(item.digest):
            self.put_known(item, (data,))
        return item

    def put_blob_pieces(self, pieces: Iterable[bytes], media_type: str) -> Descriptor:
        """Store a blob of unknown size and digest."""
        running = hashlib.sha256()
        with self._receiving(Algorithm.SHA256) as (descriptor, name):
            size = _receive(descriptor, pieces, running)
            found = Digest(Algorithm.SHA256, running.hexdigest())
            Path(name).replace(self._place(found))
        return Descriptor(media_type, found, size)

    def put_known(self, item: Descriptor, pieces: Iterable[bytes | memoryview]) -> None:
        """Store a blob under its digest; raises `DigestMismatch`, and keeps nothing, where it is another."""
        running = blob.hasher(item.digest)
        with self._receiving(item.digest.algorithm) as (descriptor, name):
            size = _receive(descriptor, pieces, running, item.size)
            blob.compare(size, running.hexdigest(), item.digest, item.size)
            Path(name).replace(self._place(item.digest))

    @contextmanager
    def _receiving(self, algorithm: Algorithm) -> Iterator[tuple[int, str]]:
        """A temporary file beside the blobs, brought to disk before it is renamed; gone where the block fails."""
        folder = self._folder / "blobs" / str(algorithm)
        with _writable(self._folder):
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
            try:
                os.fchmod(descriptor, 0o644)
                yield descriptor, name
            finally:
                os.close(descriptor)
                with suppress(FileNotFoundError):
                    Path(name).unlink()

    def put_manifest(self, data: bytes, media_type: str, tag: str = "") -> Descriptor:
        """Store a manifest; it is listed in ``index.json`` if it has a tag or a subject."""
        item = self._keep(data, media_type)
        manifest = oci.parse(data)
        if tag.startswith(_ATTACHED):
            self._edit(lambda items: [*(_without_tag(items, tag)), _entry(item, tag)])
        elif tag:
            self._edit(lambda items: cosign_layout.marked([*_without_tag(items, tag), _entry(item, tag)], item))
        elif isinstance(manifest, Manifest) and manifest.subject is not None:
            listed = _entry(item) | {"artifactType": manifest.artifact_type or manifest.config.media_type}
            self._list(listed)
        return item

    def put_referrers(self, manifests: Sequence[tuple[bytes, str]]) -> None:
        """Store manifests that have subjects."""
        for data, media_type in manifests:
            self.put_manifest(data, media_type)

    def mount(self, digest: Digest, repository: str) -> bool:
        """Nothing can be taken over from elsewhere."""
        return False

    def list_image(self, item: Descriptor) -> None:
        """List an image that has no tag, unless it is listed."""
        self._list(_entry(item))
        self._edit(lambda items: cosign_layout.marked(items, item))

    def _list(self, entry: Object) -> None:
        digest = entry["digest"]
        self._edit(
            lambda items: items if any(as_object(one).get("digest") == digest for one in items) else [*items, entry]
        )

    def _keep(self, data: bytes, media_type: str) -> Descriptor:
        item = oci.described(data, media_type)
        if not self.has_blob(item.digest):
            self.put_known(item, (data,))
        return item

    def tags(self) -> list[str]:
        """The tags, in the order of ``index.json``."""
        names = (as_object(as_object(item).get("annotations")).get(oci.REF_NAME) for item in self._items())
        return [name for name in names if isinstance(name, str)]

    def update_tag(self, tag: str, change: Callable[[bytes | None], bytes | None]) -> None:
        """Let `change` make a new manifest of that of a tag (None: there is none); None from it leaves all as it is."""

        def edit(items: list[Json]) -> list[Json]:
            old = next((item for item in items if _tag(item) == tag), None)
            new = change(self._stored(as_object(old)) if old is not None else None)
            if new is None:
                return items
            return [*_without_tag(items, tag), _entry(self._keep(new, ""), tag)]

        self._edit(edit)

    def _stored(self, entry: Object) -> bytes:
        item = oci.descriptor(entry)
        try:
            data = self._place(item.digest).read_bytes()
        except OSError as error:
            raise InputError(f"blob {item.digest} cannot be read: {error.strerror}", "copy the image again") from error
        return blob.check(data, item.digest, item.size)

    def delete_tag(self, tag: str) -> bool:
        """Take a tag out of ``index.json``; its blobs stay. Whether it was there."""
        return self._remove(lambda item: _tag(item) == tag)

    def delete_manifest(self, digest: Digest) -> bool:
        """Take a manifest out of ``index.json``, under every tag; its blobs stay. Whether it was there."""
        return self._remove(lambda item: as_object(item).get("digest") == str(digest))

    def _remove(self, unwanted: Callable[[Json], bool]) -> bool:
        before = len(self._items())
        self._edit(lambda items: [item for item in items if not unwanted(item)])
        return len(self._items()) < before

    def _items(self) -> list[Json]:
        return as_list(self._document().get("manifests"))

    def _document(self) -> Object:
        try:
            with (self._folder / "index.json").open("rb") as file:
                data = file.read(oci.MAX_DOCUMENT + 1)
        except OSError as error:
            raise InputError(
                f"{self.name} is no OCI layout: {error.strerror}", "name a folder with an index.json"
            ) from error
        return json.load_object(data)

    def _edit(self, change: Callable[[list[Json]], list[Json]]) -> None:
        """Change the list of manifests; unknown fields of the document and of its entries stay."""
        with self._locked():
            document = self._document()
            items = as_list(document.get("manifests"))
            changed = change(items)
            if changed != items:
                self._write("index.json", json_bytes.encode({**document, "manifests": changed}))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time, in this and other processes."""
        with _writable(self._folder):
            descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ExternalError(f"cannot write to {folder}: {error.strerror or error}", _REMEDY) from error


def _receive(
    descriptor: int, pieces: Iterable[bytes | memoryview], running: hashlib._Hash, promised: int | None = None
) -> int:
    """Write pieces to a file and bring it to disk; how many bytes. More than `promised` are not even written."""
    size = 0
    for piece in pieces:
        size += len(piece)
        if promised is not None and size > promised:
            break
        running.update(piece)
        view = memoryview(piece)
        while view:
            view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)
    return size


def _tag(item: Json) -> Json:
    return as_object(as_object(item).get("annotations")).get(oci.REF_NAME)


def _without_tag(items: list[Json], tag: str) -> list[Json]:
    return [item for item in items if _tag(item) != tag]


def _entry(item: Descriptor, tag: str = "") -> Object:
    entry: Object = {"mediaType": item.media_type, "digest": str(item.digest), "size": item.size}
    return entry | ({"annotations": {oci.REF_NAME: tag}} if tag else {})
