"""What the engines need from the world, as small protocols; `assay.adapters` fulfils them, tests simulate them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from assay.model.component import Component
from assay.model.digest import Digest
from assay.model.ecosystem import Content, Parser
from assay.model.sbom import Attached, Layer, Skipped

if TYPE_CHECKING:
    from assay.model.advisory import Advisory, Enrichment
    from assay.model.advisory_store import Claim, Question, Refused, Shard
    from assay.model.evidence import Evidence, EvidenceQuery
    from assay.model.executable import Ends
    from assay.model.image import Descriptor
    from assay.model.image_policy import Authority, ImageAttestation, ImageData, ImageSignature
    from assay.model.policy import GroupVersionKind, Object
    from assay.model.signature import Scheme
    from assay.model.transparency import Commit, TreeState


class Wants(Protocol):
    """Who would read a file, asked by its path."""

    def wants(self, path: str) -> tuple[Parser, ...]:
        """The parsers; empty: nobody by its name."""
        ...

    def sift(self, paths: bytes) -> Iterable[int]:
        """Of many paths at once, each between ``\\1/`` and NUL: the numbers of those that `wants` may have
        parsers for, and of those with a part that is empty or begins with a dot, in order. The others have none.
        """
        ...


class EntryKind(Enum):
    """What a source hands over about a path."""

    FILE = "file"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"
    WHITEOUT = "whiteout"
    OPAQUE = "opaque"


@dataclass(slots=True)
class Entry:
    """A path that somebody wants (`parsers`), an executable or a hard link to one, or a mark that hides paths of lower
    layers.

    `path` is relative to the root and normalised; `target` is that of a link, as written (hard links: normalised);
    for whiteouts `path` is the hidden path, for opaque marks the folder. `read` gives the content once, and only
    until the next entry is asked for. `view` is the same for a look at an executable: it may give a view of a buffer
    that is used again for the next entry, of a large file the two ends, and of what is none the first four bytes.
    """

    path: str
    kind: EntryKind
    parsers: tuple[Parser, ...] = ()
    mode: int = 0
    size: int = 0
    target: str = ""
    read: Callable[[], Content] = bytes
    view: Callable[[], Content | memoryview | Ends] | None = None


class Walk(Protocol):
    """One pass over the entries of a layer; what was noticed on the way is there once it has ended."""

    def __iter__(self) -> Iterator[Entry]:
        """The wanted entries, in the order of the source."""
        ...

    def stop(self) -> None:
        """End after this entry: nothing more is wanted. The digest is verified all the same."""
        ...

    @property
    def skipped(self) -> Sequence[Skipped]:
        """What could not be read."""
        ...

    @property
    def paths(self) -> bytes:
        """All paths, each ended by NUL, zlib-compressed, folders with a trailing slash; empty if not asked for."""
        ...

    @property
    def symlinks(self) -> bytes:
        """All symbolic links as ``path NUL target NUL``, zlib-compressed."""
        ...


class LayerSource(Protocol):
    """A layer of an image, or the one tree of a directory."""

    @property
    def layer(self) -> Layer:
        """Its description; `digest` is the key under which findings may be cached, empty when they may not."""
        ...

    def walk(self, wants: Wants, *, executables: bool, paths: bool) -> Walk:
        """Start a pass; `executables` asks for all of them, `paths` for the record of all paths."""
        ...


class Source(Protocol):
    """Something that an SBOM can be made of."""

    @property
    def subject(self) -> Component:
        """The root component."""
        ...

    @property
    def layers(self) -> Sequence[LayerSource]:
        """From the base up; a directory has one, at position -1."""
        ...

    @property
    def attached(self) -> Sequence[Attached]:
        """The SBOMs that hang on it."""
        ...


class FindingsCache(Protocol):
    """Keeps what was found in a layer; bounded, safe under concurrent runs, and free to forget."""

    def get(self, key: str) -> bytes | memoryview | None:
        """The value, or None."""
        ...

    def put(self, key: str, value: bytes) -> None:
        """Keep the value; a failure to keep it is no error."""
        ...


class Progress(Protocol):
    """Hears how far long work has come."""

    def advance(self, amount: int) -> None:
        """`amount` more bytes (of stored content) are done."""
        ...


class Readable(Protocol):
    """Something to read bytes from."""

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill a part of `buffer` and say how much; 0 at the end."""
        ...


class RegistryPull(Protocol):
    """Reads one repository of a registry."""

    def manifest(self, target: str) -> tuple[Descriptor, bytes]:
        """The manifest or index behind a tag or digest, verified."""
        ...

    def digest(self, tag: str) -> Digest | None:
        """What a tag points to; None where there is no such tag."""
        ...

    def blob(self, item: Descriptor) -> AbstractContextManager[Readable]:
        """The bytes of a blob, to be verified by whoever reads them."""
        ...

    def referrers(self, image: Digest, artifact_type: str = "") -> Sequence[Descriptor]:
        """The manifests that speak about an image."""
        ...


class RegistryPush(Protocol):
    """Writes to one repository of a registry."""

    def has_blob(self, digest: Digest) -> bool:
        """Whether the blob is there already."""
        ...

    def put_blob(self, data: bytes, media_type: str) -> Descriptor:
        """Upload a blob in one piece, unless it is there."""
        ...

    def put_blob_pieces(self, pieces: Iterable[bytes], media_type: str) -> Descriptor:
        """Upload a blob of unknown size."""
        ...

    def put_manifest(self, data: bytes, media_type: str, tag: str = "") -> Descriptor:
        """Upload a manifest under its digest, and under a tag where one is given."""
        ...


class RegistryFill(Protocol):
    """Takes over content whose digest is known already, many manifests at once."""

    def put_known(self, item: Descriptor, pieces: Iterable[bytes | memoryview]) -> None:
        """Store a blob under its digest; raises `assay.errors.DigestMismatch` where it is another."""
        ...

    def mount(self, digest: Digest, repository: str) -> bool:
        """Take a blob over from another repository of the same registry; False where that is not to be had."""
        ...

    def put_referrers(self, manifests: Sequence[tuple[bytes, str]]) -> None:
        """Store manifests that have subjects, given with their media types, so that they are found as referrers."""
        ...

    def list_image(self, item: Descriptor) -> None:
        """Make an image without a tag known, where only what is listed is found."""
        ...


class RegistryTarget(RegistryPush, RegistryFill, Protocol):
    """Where whole images are copied to."""


class RegistryEdit(Protocol):
    """Changes what is in a repository already; everybody else may do so at the same time."""

    def tags(self) -> Sequence[str]:
        """The tags that there are."""
        ...

    def update_tag(self, tag: str, change: Callable[[bytes | None], bytes | None]) -> None:
        """Let `change` make a new manifest of the one behind a tag (None where there is none), as often as it takes.

        `change` returns None where there is nothing to do, and must say so of its own result: concurrent writers
        lose nothing that way.
        """
        ...

    def delete_manifest(self, digest: Digest) -> bool:
        """Delete a manifest and the tags that point to it; False where there is none."""
        ...

    def delete_tag(self, tag: str) -> bool:
        """Delete a tag, and what it points to where the registry cannot do the one alone; False where there is none."""
        ...


class Ledger(Protocol):
    """Keeps evidence by the digest of its subject, durably."""

    def record(
        self, kind: str, subject: Digest, document: bytes, *, producer: str, name: str = "", media_type: str = ...
    ) -> Evidence:
        """Keep a document about a subject; it is on disk when this returns."""
        ...

    def find(self, query: EvidenceQuery) -> Iterator[Evidence]:
        """The entries that fit, newest first."""
        ...

    def document(self, digest: Digest) -> bytes:
        """The document with that digest."""
        ...


class Advisories(Protocol):
    """The advisory data, as matching asks it."""

    @property
    def shards(self) -> Sequence[Shard]:
        """The sources that are there."""
        ...

    @property
    def refused(self) -> Sequence[Refused]:
        """What is there and cannot be used; none of `shards` is among it."""
        ...

    def claims(self, questions: Sequence[Question]) -> Sequence[Claim]:
        """What all sources say about packages."""
        ...

    def advisories(self, wanted: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], Advisory]:
        """The records behind claims, by feed and number."""
        ...

    def facts(self, names: Iterable[str]) -> Sequence[tuple[str, Enrichment]]:
        """What feeds of facts say about vulnerabilities, with the feed."""
        ...


class Signer(Protocol):
    """Signs with a private key that it keeps to itself: in memory, on a token, in a key service."""

    @property
    def public_key(self) -> bytes:
        """The public key as SubjectPublicKeyInfo (DER)."""
        ...

    @property
    def scheme(self) -> Scheme:
        """How it signs."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature over `message`; ECDSA in DER. Raises `assay.errors.ExternalError` where the key is away."""
        ...


class LogStore(Protocol):
    """Keeps the tree of one log; one sequencer writes, anybody reads.

    Raises `assay.errors.ExternalError` where the world fails: a full disk, a database that is away.
    """

    def state(self) -> TreeState:
        """What was committed last."""
        ...

    def commit(self, step: Commit) -> None:
        """Store a step as a whole; it is durable when this returns.

        Raises `assay.errors.Refused` where the tree is not at `step.first` any more: somebody else writes.
        """
        ...

    def find(self, hashes: Sequence[bytes]) -> Sequence[tuple[bytes, int, int]]:
        """Leaf hash, index and time of leaves that may be those (the store knows the first bytes of each hash)."""
        ...

    def time(self, index: int) -> int:
        """The second at which a leaf came in."""
        ...

    def search(self, term: str, limit: int) -> Sequence[int]:
        """The indices of the leaves that are found by a term, ascending."""
        ...

    def tile(self, path: str) -> bytes | None:
        """A full tile or bundle that was committed."""
        ...

    def tail(self, start: int) -> Sequence[bytes]:
        """The leaves from `start` on that are in no full bundle yet."""
        ...


class TileSource(Protocol):
    """Where a log's checkpoint and tiles are read (C2SP tlog-tiles); nothing it gives is believed."""

    @property
    def name(self) -> str:
        """What errors call it."""
        ...

    def checkpoint(self) -> bytes:
        """The newest checkpoint; raises `assay.errors.InputError` or `assay.errors.ExternalError`."""
        ...

    def tile(self, path: str) -> bytes | None:
        """A tile or bundle by its path; None where it is not there."""
        ...


class Cluster(Protocol):
    """What policies may look up in a Kubernetes cluster; without one, in the files that a test names."""

    def get(self, kind: GroupVersionKind, namespace: str, name: str) -> Object | None:
        """The object, or None where there is none; an empty version takes any. Raises `ExternalError`."""
        ...

    def list(self, kind: GroupVersionKind, namespace: str = "") -> Sequence[Object]:
        """The objects of a kind, in one namespace or in all, by namespace and name. Raises `ExternalError`."""
        ...


class Images(Protocol):
    """What policies may ask about images: a store of verdicts, or a registry behind it.

    Every method raises `Refused` where the answer is no (with what was found and wanted), `InputError` where there
    is no such image, and `ExternalError` where the registry cannot tell.
    """

    def digest(self, reference: str) -> Digest:
        """What the reference, by tag or digest, stands for now."""
        ...

    def data(self, reference: str) -> ImageData:
        """Manifest and configuration; of an index, those for linux/amd64."""
        ...

    def signatures(self, reference: str, authority: Authority) -> Sequence[ImageSignature]:
        """The signatures of the image that `authority` accepts; at least one."""
        ...

    def attestations(self, reference: str, predicate_type: str, authority: Authority) -> Sequence[ImageAttestation]:
        """The attestations of that type (empty: of any) that `authority` accepts; at least one."""
        ...
