"""A built store elsewhere (``db.url``): its manifest is fetched, then the shards that are newer than ours.

The address is the folder that `assay db export` wrote, on any web server or disk (``https://…/advisories/``, a path),
or the repository that it was pushed to (``oci://HOST/NAME[:TAG]``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

from assay.adapters.advisories import manifest as manifests
from assay.adapters.advisories import sharing
from assay.adapters.advisories.fetch import Fetched, Fetcher, Validators
from assay.adapters.advisories.store import FOLDER, AdvisoryStore
from assay.adapters.registry.transport import Policy
from assay.errors import InputError, Malformed
from assay.model.advisory_store import Shard

SCHEME = "oci://"


class Remote(NamedTuple):
    """A built store: its manifest, and what fetches a shard as a file."""

    manifest: manifests.Manifest
    fetch: Callable[[Shard], Fetched]


def open_remote(url: str, fetcher: Fetcher, policy: Policy, cache: Path) -> Remote:
    """The store behind an address; raises `InputError` or `ExternalError` where there is none."""
    return _repository(url, policy, fetcher, cache) if url.startswith(SCHEME) else _folder(url.rstrip("/"), fetcher)


def push(store: AdvisoryStore, url: str, policy: Policy, feeds: Collection[str] = ()) -> int:
    """Write a store to a repository; how many shards it has there."""
    from assay.adapters.image_reference import parse
    from assay.adapters.registry.client import connect

    reference = parse(url.removeprefix(SCHEME))
    return sharing.push(store, connect(reference, policy).push, reference.tag, feeds)


def _folder(base: str, fetcher: Fetcher) -> Remote:
    data = fetcher.bytes(f"{base}/{manifests.NAME}", manifests.MAX_BYTES)

    def fetch(shard: Shard) -> Fetched:
        fetched = fetcher.file(f"{base}/{FOLDER}/{sharing.file_name(shard)}", limit=max(shard.size, 1))
        assert fetched is not None
        return fetched

    return Remote(manifests.read(data, base), fetch)


def _repository(url: str, policy: Policy, fetcher: Fetcher, cache: Path) -> Remote:
    from assay.adapters.blob import check
    from assay.adapters.image_reference import parse
    from assay.adapters.registry.blobs import RegistryBlobs
    from assay.adapters.registry.client import connect
    from assay.formats import oci
    from assay.model.image import Manifest

    reference = parse(url.removeprefix(SCHEME))
    pull = connect(reference, policy).pull
    _, data = pull.manifest(reference.target)
    artifact = oci.parse(data)
    if not isinstance(artifact, Manifest) or artifact.config.media_type != sharing.STORE_TYPE:
        raise InputError(f"{url} holds no advisory store", f"push one there: `assay db export {url}`")
    if artifact.config.size > manifests.MAX_BYTES:
        raise Malformed(f"{url}: a manifest of {artifact.config.size} bytes")
    body = check(RegistryBlobs(pull).manifest(artifact.config), artifact.config.digest)
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
