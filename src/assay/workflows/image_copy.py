"""Copies an image with everything that hangs on it, from one place to another.

1. All blobs, several at once, each checked against its digest while it passes; what is there is left, what another
   repository of the same registry has is mounted.
2. The manifests from the bottom up: children of an index, the index, then what hangs on each, and on that.
3. The tag, last: whoever follows it finds signatures and attestations there already.

A copy that was broken off is taken up where it ended, by copying again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from threading import Event, Lock

from assay.errors import ExternalError, InputError
from assay.formats import cosign_image
from assay.model.image import Descriptor
from assay.model.image_tree import AttachedKind, Form, Node
from assay.ports import Progress, RegistryEdit, RegistryPull, RegistryTarget

PIECE = 1 << 20
_ATTEMPTS = 3
_PATIENCE = 5
"""Seconds that transfers get to clean up after themselves when one of them failed or the user gave up."""


@dataclass(frozen=True, slots=True)
class Options:
    """`mount` is the repository of the source, if it is of the same registry; `note` hears what was left out."""

    workers: int = 4
    mount: str = ""
    progress: Progress | None = None
    note: Callable[[str], None] = lambda text: None


@dataclass(slots=True)
class Copied:
    """What was done; `size` in bytes that were transferred."""

    blobs: int = 0
    present: int = 0
    mounted: int = 0
    manifests: int = 0
    size: int = 0


def only(node: Node, kinds: frozenset[AttachedKind] | None) -> Node:
    """The image with only some kinds of what is attached to it (None: all of it)."""
    if kinds is None:
        return node
    children = (only(child, kinds) for child in node.children if child.hangs is None or child.hangs.form is Form.BESIDE)
    attached = (only(item, kinds) for item in node.attached if item.hangs is None or item.hangs.kind in kinds)
    return replace(node, children=tuple(children), attached=tuple(attached))


def total(node: Node) -> int:
    """The bytes of all blobs."""
    return sum({item.digest: item.size for one in node.walk() for item in one.blobs}.values())


def copy(
    pull: RegistryPull,
    target: RegistryTarget,
    edit: RegistryEdit | None,
    node: Node,
    tag: str,
    options: Options | None = None,
) -> Copied:
    """Copy `node` and give it that tag, if there is one. Without `edit`, cosign's tags are new at the target.

    Raises `DigestMismatch` for content that is not what its digest says, and the errors of both ends.
    """
    run = _Copy(pull, target, edit, options or Options())
    run.blobs(node)
    run.manifests(node)
    if tag:
        target.put_manifest(node.data, node.item.media_type, tag)
    else:
        target.list_image(node.item)
    return run.copied


class _Copy:
    def __init__(self, pull: RegistryPull, target: RegistryTarget, edit: RegistryEdit | None, options: Options) -> None:
        self._pull = pull
        self._target = target
        self._edit = edit
        self._options = options
        self._stop = Event()
        self._lock = Lock()
        self.copied = Copied()

    def blobs(self, node: Node) -> None:
        """All blobs below the node."""
        items = {item.digest: item for one in node.walk() for item in one.blobs}
        pool = ThreadPoolExecutor(max(self._options.workers, 1), thread_name_prefix="copy")
        work = [pool.submit(self._blob, item) for item in items.values()]
        try:
            done, _ = wait(work, return_when=FIRST_EXCEPTION)
            for one in done:
                one.result()
        finally:
            self._stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            wait([one for one in work if not one.cancelled()], _PATIENCE)

    def _blob(self, item: Descriptor) -> None:
        if self._stop.is_set():
            return
        if self._target.has_blob(item.digest):
            self._count("present", item.size)
        elif self._options.mount and self._target.mount(item.digest, self._options.mount):
            self._count("mounted", item.size)
        else:
            try:
                self._transfer(item)
            except InputError as error:
                if not _may_be_missing(item, error):
                    raise
                self._options.note(f"{item.digest} ({item.media_type}) may not be distributed and was left out")
                return
            self._count("blobs", 0)

    def _transfer(self, item: Descriptor) -> None:
        """Send one blob, again where the connection or the registry failed."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self._pull.blob(item) as stream:
                    self._target.put_known(item, self._pieces(stream.readinto))
                return
            except ExternalError:
                if attempt == _ATTEMPTS or self._stop.wait(attempt / 2):
                    raise

    def _pieces(self, readinto: Callable[[memoryview], int]) -> Iterator[memoryview]:
        buffer = memoryview(bytearray(PIECE))
        while count := readinto(buffer):
            if self._stop.is_set():
                raise InputError("the copy was broken off", "copy again: what was transferred is kept")
            yield buffer[:count]
            with self._lock:
                self.copied.size += count
            self._advance(count)

    def _count(self, name: str, size: int) -> None:
        with self._lock:
            setattr(self.copied, name, getattr(self.copied, name) + 1)
        self._advance(size)

    def _advance(self, size: int) -> None:
        if self._options.progress is not None and size:
            self._options.progress.advance(size)

    def manifests(self, node: Node) -> None:
        """All manifests below the node, what they need before them."""
        for child in node.children:
            self.manifests(child)
        if node.hangs is None or node.hangs.form is Form.BESIDE:
            self._target.put_manifest(node.data, node.item.media_type)
            self.copied.manifests += 1
        self._attachments(node.attached)

    def _attachments(self, nodes: Sequence[Node]) -> None:
        listed = [node for node in nodes if node.hangs is not None and node.hangs.form is Form.REFERRER]
        if listed:
            self._target.put_referrers([(node.data, node.item.media_type) for node in listed])
        for node in nodes:
            if node.hangs is not None and node.hangs.form is Form.TAG:
                self._tagged(node, node.hangs.tag)
            self.copied.manifests += 1
            self._attachments(node.attached)

    def _tagged(self, node: Node, tag: str) -> None:
        """An image under a tag of cosign: as it is where there is none, else its layers are added to those there."""
        if self._edit is None:
            self._target.put_manifest(node.data, node.item.media_type, tag)
            return
        layers = cosign_image.layers(node.data)
        replaces = tag.endswith(".sbom")

        def change(old: bytes | None) -> bytes | None:
            if old is None:
                return node.data
            wanted = cosign_image.merged(old, layers, replace=replaces)
            if wanted is None:
                return None
            data, config = cosign_image.manifest(wanted)
            self._target.put_blob(config, cosign_image.CONFIG)
            return data

        self._target.put_manifest(node.data, node.item.media_type)
        self._edit.update_tag(tag, change)


def _may_be_missing(item: Descriptor, error: InputError) -> bool:
    """Whether a layer is one that registries need not have (base layers of Windows), and was not there."""
    return type(error) is InputError and ("foreign" in item.media_type or "nondistributable" in item.media_type)
