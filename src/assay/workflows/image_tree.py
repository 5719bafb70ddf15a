"""An image with everything that hangs on it, read from wherever it lies and checked on the way.

1. The manifest or index is read by its digest; the children of an index are read too, unless they are missing, as in
   a copy of one platform.
2. For each of them: what the repository lists as referrers, in whatever form, the elder referrers tag, and cosign's
   tags ``.sig``, ``.att`` and ``.sbom``. What is listed is read, and dropped unless its subject is the node.
3. The same for what was found, so that signatures of signatures are seen; a manifest that was seen is not read again,
   so that a list that leads back to itself ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

from assay.errors import DigestMismatch, ExternalError, InputError, LimitExceeded, Malformed
from assay.formats import attachment, oci
from assay.model.digest import Digest
from assay.model.image import Descriptor, Index, Manifest, Platform
from assay.model.image_tree import AttachedKind, Attachment, Document, Form, Node
from assay.ports import Readable, RegistryPull

MAX_NODES = 10_000
MAX_BYTES = 256 << 20
MAX_DEPTH = 8
WORKERS = 8
COSIGN = {
    "sig": AttachedKind.SIGNATURE,
    "att": AttachedKind.ATTESTATION,
    "sbom": AttachedKind.SBOM,
}
"""The endings of cosign's tags, and what is behind them."""
_AT_ONCE = 4 * WORKERS
_BESIDE = "vnd.docker.reference.digest"


@dataclass(frozen=True, slots=True)
class Options:
    """`platform` takes one image of an index and leaves the index; `tags` lists them, where that is possible.

    `note` hears what was left out. `shallow` leaves out the images of an index and what hangs on what hangs on the
    image; `prefix` stands before cosign's tags.
    """

    platform: Platform | None = None
    tags: Callable[[], Sequence[str]] | None = None
    note: Callable[[str], None] = lambda text: None
    shallow: bool = False
    prefix: str = ""


def read(pull: RegistryPull, target: str, options: Options | None = None) -> Node:
    """The image behind a tag or digest and all that hangs on it.

    Raises `InputError` where it is missing or not what its digest says, `LimitExceeded` beyond the bounds above.
    """
    options = options or Options()
    item, data = pull.manifest(target)
    if options.platform is not None:
        for _ in range(4):
            document = oci.parse(data)
            if isinstance(document, Manifest):
                break
            chosen = oci.select(document, options.platform, options.platform)
            found, data = pull.manifest(str(chosen.digest))
            item = replace(found, platform=chosen.platform)
    with _reader(pull, options) as reader:
        return reader.image(item, data, 0)


def around(pull: RegistryPull, item: Descriptor, data: bytes, options: Options) -> Node:
    """A manifest that was read already, with what hangs on it in the repository of `pull`; raises as `read`."""
    with _reader(pull, options) as reader:
        return reader.image(item, data, 0)


@contextmanager
def _reader(pull: RegistryPull, options: Options) -> Iterator[_Reader]:
    pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="attached")
    try:
        yield _Reader(pull, options, pool)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class _Reader:
    def __init__(self, pull: RegistryPull, options: Options, pool: ThreadPoolExecutor) -> None:
        self._pull = pull
        self._note = options.note
        self._pool = pool
        self._seen: set[Digest] = set()
        self._total = 0
        self._tags = _known_tags(options)
        self._shallow, self._prefix = options.shallow, options.prefix

    def image(self, item: Descriptor, data: bytes, depth: int) -> Node:
        """A node that is an image or an index."""
        document = self._take(item, data, depth)
        if isinstance(document, Manifest) or self._shallow:
            blobs = (document.config, *document.layers) if isinstance(document, Manifest) else ()
            return Node(item, data, blobs, (), self._attached(item, depth))
        children = self._children(document, depth)
        return Node(item, data, (), children, self._attached(item, depth))

    def _take(self, item: Descriptor, data: bytes, depth: int) -> Index | Manifest:
        self._seen.add(item.digest)
        self._total += len(data)
        if depth > MAX_DEPTH:
            raise LimitExceeded(f"{item.digest} lies deeper than {MAX_DEPTH} below the image")
        if len(self._seen) > MAX_NODES or self._total > MAX_BYTES:
            raise LimitExceeded(f"more than {MAX_NODES} manifests or {MAX_BYTES} bytes of them hang on the image")
        return oci.parse(data)

    def _children(self, index: Index, depth: int) -> tuple[Node, ...]:
        """The images of an index, then BuildKit's attestations beside them."""
        images, beside = list[Node](), list[Node]()
        wanted = [item for item in index.manifests if item.digest not in self._seen]
        for item, found in zip(wanted, self._fetch(wanted, lambda item: True), strict=True):
            if found is None:
                self._note(f"{item.digest} of the index is not there and was left out")
                continue
            there = replace(found[0], platform=item.platform, annotations=item.annotations)
            if found[0].digest in self._seen:
                continue
            if _BESIDE in item.annotations:
                beside.append(self._hanging(there, found[1], Form.BESIDE, "", depth + 1))
            else:
                images.append(self.image(there, found[1], depth + 1))
        return (*images, *beside)

    def _attached(self, subject: Descriptor, depth: int) -> tuple[Node, ...]:
        """What hangs on a node: referrers in the order of their digests, then the tags."""
        listed = {item.digest: item for item in (*self._pull.referrers(subject.digest), *self._elder(subject.digest))}
        wanted = sorted((item for item in listed.values() if item.digest not in self._seen), key=_digest)
        if len(wanted) + len(self._seen) > MAX_NODES:
            raise LimitExceeded(f"{len(wanted)} manifests hang on {subject.digest} (at most {MAX_NODES})")
        nodes = list[Node]()
        for item, found in zip(wanted, self._fetch(wanted, oci_manifest), strict=True):
            if found is None:
                self._note(f"{item.digest} is listed as a referrer and is not there")
            elif found[0].digest not in self._seen and self._is_about(found[1], subject.digest):
                nodes.append(self._hanging(found[0], found[1], Form.REFERRER, "", depth + 1))
        return (*nodes, *self._tagged(subject.digest, depth))

    def _is_about(self, data: bytes, subject: Digest) -> bool:
        try:
            manifest = oci.parse(data)
        except Malformed:
            return False
        return isinstance(manifest, Manifest) and manifest.subject is not None and manifest.subject.digest == subject

    def _elder(self, image: Digest) -> Sequence[Descriptor]:
        tag = tag_of(image)
        if not self._has(tag):
            return ()
        try:
            return oci.entries(self._pull.manifest(tag)[1])
        except Malformed as error:
            self._note(f"the tag {tag} was left out: {error.what}")
            return ()

    def _tagged(self, image: Digest, depth: int) -> Iterator[Node]:
        for ending in COSIGN if not self._shallow else ("sig", "att"):
            tag = f"{self._prefix}{tag_of(image)}.{ending}"
            if self._has(tag):
                item, data = self._pull.manifest(tag)
                if item.digest not in self._seen:
                    yield self._hanging(item, data, Form.TAG, tag, depth + 1)

    def _has(self, tag: str) -> bool:
        return tag in self._tags if self._tags is not None else self._pull.digest(tag) is not None

    def _hanging(self, item: Descriptor, data: bytes, form: Form, tag: str, depth: int) -> Node:
        manifest = self._take(item, data, depth)
        if isinstance(manifest, Index):
            return Node(item, data, hangs=Attachment(AttachedKind.OTHER, form, tag=tag))
        documents = tuple(self._looked_into(document) for document in attachment.documents(manifest))
        kind = COSIGN[tag.rpartition(".")[2]] if form is Form.TAG else attachment.overall(documents)
        if form is Form.TAG:
            documents = tuple(replace(document, kind=kind) for document in documents)
        hangs = Attachment(kind, form, manifest.artifact_type or _type(manifest), documents, tag)
        blobs = (manifest.config, *manifest.layers)
        return Node(item, data, blobs, (), () if self._shallow else self._attached(item, depth), hangs)

    def _looked_into(self, document: Document) -> Document:
        if not attachment.unclear(document):
            return document
        try:
            return attachment.looked_into(document, content(self._pull, document.item))
        except InputError as error:
            self._note(f"{document.item.digest} cannot be read: {error.what}")
            return document

    def _fetch(
        self, items: Sequence[Descriptor], wanted: Callable[[Descriptor], bool]
    ) -> Iterator[tuple[Descriptor, bytes] | None]:
        """The manifests, some at a time; None for each that is not there or not wanted."""

        def one(item: Descriptor) -> tuple[Descriptor, bytes] | None:
            if item.size > oci.MAX_DOCUMENT:
                raise LimitExceeded(f"{item.digest} is said to have {item.size} bytes, too many for a manifest")
            return _manifest(self._pull, item) if wanted(item) else None

        for start in range(0, len(items), _AT_ONCE):
            yield from self._pool.map(one, items[start : start + _AT_ONCE])


def oci_manifest(item: Descriptor) -> bool:
    """Whether a listed manifest is one that can have a subject."""
    return item.media_type in oci.MANIFESTS


def _manifest(pull: RegistryPull, item: Descriptor) -> tuple[Descriptor, bytes] | None:
    """A manifest by its digest; None where there is none. Raises for one of another size."""
    try:
        found, data = pull.manifest(str(item.digest))
    except (DigestMismatch, Malformed):
        raise
    except InputError:
        return None
    if len(data) != item.size:
        raise DigestMismatch(f"{item.digest} has {len(data)} bytes, {item.size} were promised", "copy the image again")
    return found, data


def _known_tags(options: Options) -> frozenset[str] | None:
    """All tags, so that each need not be asked for; None where they are not told."""
    if options.tags is None:
        return None
    try:
        return frozenset(options.tags())
    except (ExternalError, InputError):
        return None


def content(pull: RegistryPull, item: Descriptor, limit: int = attachment.MAX_LOOKED_INTO) -> bytes:
    """A small blob, verified."""
    if item.size > limit:
        raise LimitExceeded(f"{item.digest} is said to have {item.size} bytes (at most {limit})")
    with pull.blob(item) as stream:
        return verified(stream, item)


def verified(stream: Readable, item: Descriptor) -> bytes:
    """All bytes of a stream; raises `DigestMismatch` for others than were promised."""
    import hashlib

    buffer, filled = bytearray(item.size + 1), 0
    view = memoryview(buffer)
    while filled <= item.size and (count := stream.readinto(view[filled:])):
        filled += count
    data = bytes(view[:filled])
    if len(data) != item.size or hashlib.new(str(item.digest.algorithm), data).hexdigest() != item.digest.value:
        raise DigestMismatch(f"{item.digest} is not what its digest and size promise", "copy the image again")
    return data


def tag_of(image: Digest) -> str:
    """``sha256-HEX``, the tag that stands in for the referrers API and begins cosign's tags."""
    return f"{image.algorithm}-{image.value}"[:128]


def _type(manifest: Manifest) -> str:
    return manifest.config.media_type if manifest.config.media_type not in (oci.EMPTY, _IMAGE_CONFIG) else ""


_IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"


def _digest(item: Descriptor) -> Digest:
    return item.digest
