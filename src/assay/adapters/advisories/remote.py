"""A built store elsewhere (``db.url``): its manifest is fetched, then the shards that are newer than ours.

The address is the folder that `assay db export` wrote, on any web server or disk (``https://…/advisories/``, a path),
or the repository that it was pushed to (``oci://HOST/NAME[:TAG]``). Where a signature is demanded, the folder has it
beside the manifest (`sharing.SIGNATURE`), the repository as that of an image.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from assay.adapters.advisories import manifest as manifests
from assay.adapters.advisories import sharing
from assay.adapters.advisories.fetch import Fetched, Fetcher, NotThere, Validators
from assay.adapters.advisories.store import FOLDER, AdvisoryStore
from assay.adapters.registry.transport import Policy
from assay.errors import InputError, Malformed
from assay.model.advisory_store import Shard

if TYPE_CHECKING:
    from assay.adapters.image_reference import ImageReference
    from assay.model.digest import Digest

SCHEME = "oci://"


class Check(Protocol):
    """Whether the right one signed a store; raises `Refused` where not, or where nobody did."""

    def manifest(self, data: bytes, bundle: bytes | None, origin: str) -> None:
        """A manifest, and the Sigstore bundle beside it."""
        ...

    def artifact(self, reference: ImageReference) -> Digest:
        """An artifact in a registry; gives the digest that is signed."""
        ...


class Remote(NamedTuple):
    """A built store: its manifest, and what fetches a shard as a file."""

    manifest: manifests.Manifest
    fetch: Callable[[Shard], Fetched]


def open_remote(url: str, fetcher: Fetcher, policy: Policy, cache: Path, check: Check | None = None) -> Remote:
    """The store behind an address; raises `InputError` or `ExternalError` where there is none, `Refused` by `check`."""
    if url.startswith(SCHEME):
        return _repository(url, policy, fetcher, cache, check)
    return _folder(url.rstrip("/"), fetcher, check)


def push(store: AdvisoryStore, url: str, policy: Policy, feeds: Collection[str] = ()) -> int:
    """Write a store to a repository; how many shards it has there."""
    from assay.adapters.image_reference import parse
    from assay.adapters.registry.client import connect

    reference = parse(url.removeprefix(SCHEME))
    return sharing.push(store, connect(reference, policy).push, reference.tag, feeds)


def _folder(base: str, fetcher: Fetcher, check: Check | None) -> Remote:
    data = fetcher.bytes(f"{base}/{manifests.NAME}", manifests.MAX_BYTES)
    if check is not None:
        check.manifest(data, _signature(f"{base}/{sharing.SIGNATURE}", fetcher), base)

    def fetch(shard: Shard) -> Fetched:
        fetched = fetcher.file(f"{base}/{FOLDER}/{sharing.file_name(shard)}", limit=max(shard.size, 1))
        assert fetched is not None
        return fetched

    return Remote(manifests.read(data, base), fetch)


def _signature(url: str, fetcher: Fetcher) -> bytes | None:
    try:
        return fetcher.bytes(url, manifests.MAX_BYTES)
    except NotThere:
        return None


def _repository(url: str, policy: Policy, fetcher: Fetcher, cache: Path, check: Check | None) -> Remote:
    from assay.adapters import blob
    from assay.adapters.image_reference import parse
    from assay.adapters.registry.blobs import RegistryBlobs
    from assay.adapters.registry.client import connect
    from assay.formats import oci
    from assay.model.image import Manifest

    reference = parse(url.removeprefix(SCHEME))
    pull = connect(reference, policy).pull
    signed = check.artifact(reference) if check is not None else None
    _, data = pull.manifest(str(signed) if signed is not None else reference.target)
    artifact = oci.parse(data)
    if not isinstance(artifact, Manifest) or artifact.config.media_type != sharing.STORE_TYPE:
        raise InputError(f"{url} holds no advisory store", f"push one there: `assay db export {url}`")
    if artifact.config.size > manifests.MAX_BYTES:
        raise Malformed(f"{url}: a manifest of {artifact.config.size} bytes")
    body = blob.check(RegistryBlobs(pull).manifest(artifact.config), artifact.config.digest)
    layers = {str(item.digest): item for item in artifact.layers}

    def fetch(shard: Shard) -> Fetched:
        item = layers.get(shard.digest)
        if item is None:
            raise Malformed(f"{url} lacks the shard of {shard.feed}")
        cache.mkdir(parents=True, exist_ok=True)
        place = cache / f"{item.digest.value}.shard"
        buffer = memoryview(bytearray(sharing.PIECE))
        with pull.blob(item) as stream, place.open("wb") as file:
            while count := stream.readinto(buffer):
                file.write(buffer[:count])
                fetcher.came(count)
        return Fetched(place, Validators())

    return Remote(manifests.read(body, url), fetch)
