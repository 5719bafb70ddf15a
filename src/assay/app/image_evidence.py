"""Images in registries, as policies ask for them (`assay.ports.Images`): asked once, joined, within a time.

`Registries` opens repositories and reads what hangs on images. `RegistryImages` answers one request or one command
from it: what it was told it remembers, so that twenty policies cost one look. Where several ask for the same image at
once, one asks the registry and the others wait for it; whoever has no more time gets `ExternalError`, and the answer
that comes later is there for the next.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar, cast

from assay.adapters import image_reference
from assay.adapters.access import Access
from assay.adapters.registry import mirrors
from assay.adapters.registry.client import RegistryClient, connect
from assay.adapters.registry.cloud import Clouds
from assay.adapters.registry.session import api_host
from assay.adapters.registry.transport import Policy, Transport, Unreachable
from assay.app.authority_keys import frozen
from assay.app.daemon_pool import DaemonPool
from assay.errors import ExternalError, InputError, Late, Refused, UsageError
from assay.formats import digest as digests
from assay.formats import json, oci
from assay.model.digest import Digest
from assay.model.image import Descriptor, Index, Platform
from assay.model.image_policy import Authority, ImageAttestation, ImageData, ImageSignature
from assay.model.image_tree import Node
from assay.workflows import image_evidence, image_tree

if TYPE_CHECKING:
    from assay.adapters.admission_store.verdicts import VerdictStore
    from assay.adapters.image_reference import ImageReference
    from assay.adapters.registry.credentials import Credentials
    from assay.app.pull_secrets import PullSecrets
    from assay.model.trusted_root import TrustedRoot

Answer = TypeVar("Answer")
PLATFORM = Platform("linux", "amd64")
WORKERS, MAX_HOSTS = 8, 64
"""Threads for each registry, and for how many there are some of their own; the others share."""
MAX_CONFIG = 8 << 20
MAX_CLIENTS = 512
NEGATIVE_SECONDS = 2.0
"""For which a refusal is remembered, and a registry that does not answer: for a storm of retries, not for whoever signs
and tries again."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How registries are reached; `roots` gives the trust root of a name (empty: the configured one)."""

    roots: Callable[[str], TrustedRoot]
    access: Access = field(default_factory=Access)
    timeout: float = 10
    attempts: int = 6
    patience: float = 25
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class Registries:
    """All registries, by many threads: connections are kept, what is asked at the same time is asked once."""

    def __init__(self, reach: Reach, store: VerdictStore | None = None, workers: int = WORKERS) -> None:
        self.reach = reach
        self.store = store
        policy = Policy(
            frozenset(reach.access.plain_http),
            reach.access.insecure,
            reach.timeout,
            reach.attempts,
            reach.patience,
            mirrors.pairs(reach.access.authorities, "registry.authorities"),
        )
        self._mirrors = mirrors.pairs(reach.access.mirrors, "registry.mirrors")
        self._clouds = Clouds(reach.access.clouds)
        self._policy, self._transport = policy, Transport(policy)
        self._clients: dict[Hashable, RegistryClient] = {}
        self._workers = workers
        self._pools: dict[str, DaemonPool] = {}
        self._running: dict[Hashable, Future[Any]] = {}
        self._refused: dict[Hashable, tuple[float, Exception]] = {}
        self._down: dict[str, tuple[float, Unreachable]] = {}
        """Hosts that do not answer, until when nobody else asks them."""
        self._roots: dict[int, tuple[TrustedRoot, str]] = {}
        self._lock = Lock()
        self.asked = 0
        """How many questions went to a registry."""

    def images(self, seconds: float | None = None, secrets: PullSecrets | None = None) -> RegistryImages:
        """Answers for one request, which has so many seconds (None: as long as it takes), and its own credentials."""
        return RegistryImages(self, None if seconds is None else time.monotonic() + seconds, secrets=secrets)

    def fingerprint(self, root: TrustedRoot) -> str:
        """What a trust root is known by: another one asks every question anew."""
        known = self._roots.get(id(root))
        if known is None or known[0] is not root:
            if len(self._roots) > MAX_CLIENTS:
                self._roots = {}
            known = self._roots[id(root)] = (root, hashlib.sha256(repr(root).encode()).hexdigest())
        return known[1]

    def aged(self, span: timedelta) -> RegistryImages:
        """Answers out of the store alone, of at most that age."""
        return RegistryImages(self, None, span.total_seconds())

    def client(self, reference: ImageReference, secrets: PullSecrets | None = None) -> RegistryClient:
        """The client of a repository; raises `ExternalError` while offline."""
        if self.reach.access.offline:
            what = f"{reference} is in a registry, and --offline forbids to ask one"
            raise ExternalError(what, "fill the verdict store first, or leave --offline away")
        key = (reference.host, reference.repository, secrets.key if secrets is not None else None)
        with self._lock:
            if key not in self._clients:
                while len(self._clients) >= MAX_CLIENTS:
                    del self._clients[next(iter(self._clients))]
                found = [self._connected(item, secrets) for item in mirrors.places(reference, self._mirrors)]
                origin = found[-1]
                pulls = [item.pull for item in found]
                self._clients[key] = replace(origin, pull=mirrors.MirroredPull(pulls)) if len(found) > 1 else origin
            return self._clients[key]

    def _connected(self, reference: ImageReference, secrets: PullSecrets | None) -> RegistryClient:
        """A client whose credentials are those of the pod, else of the cloud, else of this machine's files."""

        def find() -> Credentials | None:
            named = secrets.find(reference) if secrets is not None else None
            return named or self._clouds.find(reference.host)

        return connect(reference, self._policy, self._transport, find)

    def future(self, key: Hashable, ask: Callable[[], Answer], host: str) -> Future[Answer]:
        """The answer to come to a question that others may be asking at this moment, too.

        Of a registry that just did not answer it is that: one question after the other finds out whether it is back.
        """
        with self._lock:
            if (known := self._refused.get(key)) is not None:
                if known[0] > time.monotonic():
                    return _failed(known[1])
                del self._refused[key]
            if (future := self._running.get(key)) is not None:
                return future
            if (down := self._down.get(host)) is not None:
                if down[0] > time.monotonic():
                    return _failed(_still(down[1]))
                self._down[host] = time.monotonic() + self.reach.timeout, down[1]
            self.asked += 1
            future = self._running[key] = self._pool(host).submit(ask)
        future.add_done_callback(lambda done: self._ended(key, host, done))
        return future

    def _pool(self, host: str) -> DaemonPool:
        """The threads of a registry: one that never answers holds up no other."""
        lane = host if host in self._pools or len(self._pools) < MAX_HOSTS else ""
        if lane not in self._pools:
            self._pools[lane] = DaemonPool(self._workers, f"images of {lane}")
        return self._pools[lane]

    def _ended(self, key: Hashable, host: str, done: Future[Any]) -> None:
        error = done.exception() if not done.cancelled() else None
        with self._lock:
            self._running.pop(key, None)
            if isinstance(error, Unreachable) and error.host == api_host(host):
                while len(self._down) > MAX_CLIENTS:
                    del self._down[next(iter(self._down))]
                self._down[host] = time.monotonic() + NEGATIVE_SECONDS, error
            else:
                self._down.pop(host, None)
            if isinstance(error, InputError | Refused):
                while len(self._refused) > 10_000:
                    del self._refused[next(iter(self._refused))]
                self._refused[key] = (time.monotonic() + NEGATIVE_SECONDS, error)

    def node(
        self, reference: ImageReference, digest: Digest, authority: Authority, secrets: PullSecrets | None = None
    ) -> tuple[RegistryClient, Node]:
        """An image with what hangs on it, here or in the repository that the authority names."""
        client = self.client(reference, secrets)
        item, data = client.pull.manifest(str(digest))
        if authority.repository:
            client = self.client(image_reference.parse(authority.repository), secrets)
        options = image_tree.Options(shallow=True, prefix=authority.tag_prefix)
        return client, image_tree.around(client.pull, item, data, options)

    def close(self) -> None:
        """Ask nothing more."""
        for pool in self._pools.values():
            pool.close()


def _still(error: Unreachable) -> ExternalError:
    """The same for whoever asks a moment later."""
    return (Late if error.stalled else ExternalError)(f"{error.what}, a moment ago", error.remedy)


def _failed(error: BaseException) -> Future[Any]:
    found: Future[Any] = Future()
    found.set_exception(error)
    return found


class RegistryImages:
    """`assay.ports.Images` for one request; used by one thread after the other.

    Without time (`until` is past) every question that is new raises `Late`, while its answer is on its way: `pending`
    are those to wait for before the same is asked again.
    """

    def __init__(
        self,
        registries: Registries,
        until: float | None,
        aged: float | None = None,
        secrets: PullSecrets | None = None,
    ) -> None:
        """With `aged`, verdicts of at most so many seconds count, and no registry is asked for others."""
        self._all = registries
        self._until, self._aged, self._secrets = until, aged, secrets
        self._digests: dict[str, Digest] = {}
        self._nodes: dict[tuple[str, Digest, str, str], tuple[RegistryClient, Node]] = {}
        self._locks: dict[Hashable, Lock] = {}
        self._futures: dict[Hashable, Future[Any]] = {}
        self.late = False
        """Whether a question was not answered in time, since this was last set to False."""
        self.late_aside = False
        """The same of questions that were asked `aside`."""

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Ask for the record alone: what is not answered in time makes this `late_aside`, and not `late`."""
        before, self.late = self.late, False
        try:
            yield
        finally:
            self.late, self.late_aside = before, self.late_aside or self.late

    @property
    def pending(self) -> list[Future[Any]]:
        """The answers that are on their way."""
        return [future for future in list(self._futures.values()) if not future.done()]

    def ask(self, key: Hashable, ask: Callable[[], Answer], host: str) -> Answer:
        """The answer to a question to a host, of this request or of another at the same time."""
        key = (key, self._secrets.key if self._secrets is not None else None)
        future = self._futures.get(key)
        if future is None:
            future = self._futures[key] = self._all.future(key, ask, host)
        left = None if self._until is None else max(self._until - time.monotonic(), 0)
        try:
            return cast("Answer", future.result(left))
        except NotYet:
            if future.done():  # it came just now, or it is the answer that it took too long
                return cast("Answer", future.result())
            self.late = True
            what = "the registry did not answer in time"
            raise Late(what, "try again: what it answers later is kept") from None

    def digest(self, reference: str) -> Digest:
        """What the reference stands for now; a tag is asked for in each request."""
        if reference in self._digests:
            return self._digests[reference]
        wanted = _parsed(reference)
        found = digests.parse(wanted.digest) if wanted.digest else self._resolved(wanted)
        self._digests[reference] = found
        return found

    def _resolved(self, wanted: ImageReference) -> Digest:
        def ask() -> Digest:
            pull = self._all.client(wanted, self._secrets).pull
            found = pull.digest(wanted.tag)
            return found if found is not None else pull.manifest(wanted.tag)[0].digest

        return self.ask(("digest", str(wanted)), ask, wanted.host)

    def data(self, reference: str) -> ImageData:
        """Manifest and configuration; of an index, those for linux/amd64."""
        wanted, digest = _parsed(reference), self.digest(reference)

        def ask() -> ImageData:
            return _read(self._all.client(wanted, self._secrets), reference, digest)

        return replace(self.ask(("data", wanted.name, digest), ask, wanted.host), reference=reference)

    def signatures(self, reference: str, authority: Authority) -> Sequence[ImageSignature]:
        """The signatures that `authority` accepts."""
        root, now = self._root(authority), self._all.reach.now()

        def ask() -> tuple[ImageSignature, ...]:
            client, node = self._node(reference, authority)
            return image_evidence.signatures(client.pull, node, authority, root, now)

        return self._answered(("signature", ""), reference, authority, root, ask)

    def attestations(self, reference: str, predicate_type: str, authority: Authority) -> Sequence[ImageAttestation]:
        """The attestations of that type that `authority` accepts."""
        root, now = self._root(authority), self._all.reach.now()

        def ask() -> tuple[ImageAttestation, ...]:
            client, node = self._node(reference, authority)
            return image_evidence.attestations(client.pull, node, predicate_type, authority, root, now)

        return self._answered(("attestation", predicate_type), reference, authority, root, ask)

    def _answered(
        self,
        what: tuple[str, str],
        reference: str,
        authority: Authority,
        root: TrustedRoot,
        ask: Callable[[], Answer],
    ) -> Answer:
        wanted, digest = _parsed(reference), self.digest(reference)
        question = (what, wanted.name, digest, frozen(authority), self._all.fingerprint(root))
        store = self._all.store
        if store is None:
            return self.ask(question, ask, wanted.host)

        def ask_and_keep() -> Answer:
            found = ask()
            store.put(question, cast("tuple[ImageSignature, ...]", found))
            return found

        kept = store.get(question, self._aged)
        if kept is not None:
            if self._aged is None and store.is_aging(question):
                self._all.future(question, ask_and_keep, wanted.host)  # nobody waits for it
            return cast("Answer", kept)
        if self._aged is not None:
            raise ExternalError("there is no verdict that is young enough", "bring the registry back")
        return self.ask(question, ask_and_keep, wanted.host)

    def _node(self, reference: str, authority: Authority) -> tuple[RegistryClient, Node]:
        wanted, digest = _parsed(reference), self.digest(reference)
        key = (wanted.name, digest, authority.repository, authority.tag_prefix)
        with self._locks.setdefault(key, Lock()):
            if key not in self._nodes:
                self._nodes[key] = self._all.node(wanted, digest, authority, self._secrets)
        return self._nodes[key]

    def _root(self, authority: Authority) -> TrustedRoot:
        return self._all.reach.roots(authority.trust_root)


def _parsed(reference: str) -> ImageReference:
    return image_reference.parse(reference)


def _read(client: RegistryClient, reference: str, digest: Digest) -> ImageData:
    _, data = client.pull.manifest(str(digest))
    document, index = oci.parse(data), None
    if isinstance(document, Index):
        index = json.load_object(data)
        _, data = client.pull.manifest(str(oci.select(document, None, PLATFORM).digest))
        document = oci.parse(data)
        if isinstance(document, Index):
            raise InputError(f"{reference} is an index of indexes", "name one of its images")
    config = image_tree.content(client.pull, document.config, MAX_CONFIG) if _has_config(document.config) else b"{}"
    return ImageData(reference, digest, json.load_object(data), json.load_object(config), index)


def _has_config(config: Descriptor) -> bool:
    return config.media_type.endswith("json") and config.size > 0


class NamedRoots:
    """Trust roots by name; the default (the empty name) is loaded when it is first needed.

    A name may be ``CERTIFICATES|LOG|TIMESTAMPS``: parts of several roots, the default's where one is empty.
    """

    def __init__(self, default: Callable[[], TrustedRoot], named: Mapping[str, TrustedRoot]) -> None:
        self._default, self._named = default, named
        self._made: dict[str, TrustedRoot] = {}

    def __call__(self, name: str) -> TrustedRoot:
        """The root; raises `UsageError` for a name that is none."""
        if name not in self._made:
            self._made[name] = self._joined(name) if "|" in name else self._one(name)
        return self._made[name]

    def _one(self, name: str) -> TrustedRoot:
        if not name:
            return self._default()
        if name not in self._named:
            raise UsageError(f"there is no trust root {name}", f"there are: {', '.join(sorted(self._named)) or 'none'}")
        return self._named[name]

    def _joined(self, name: str) -> TrustedRoot:
        issuers, logs, stamps = (self(part) for part in (*name.split("|"), "", "")[:3])
        return issuers._replace(logs=logs.logs, timestamp_authorities=stamps.timestamp_authorities)
