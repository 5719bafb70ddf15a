"""A store as files for others: a folder or tar with ``manifest.json`` and the shards, whole or only what is new.

In a registry the manifest is the configuration of an artifact whose layers are the shards (`remote` reads it).
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from assay.adapters.advisories import manifest as manifests
from assay.adapters.advisories.revisions import is_current
from assay.adapters.advisories.store import FOLDER, AdvisoryStore
from assay.adapters.advisories.writer import Writer
from assay.errors import ExternalError, InputError, Malformed, UsageError
from assay.formats import digest as digests
from assay.model.advisory_store import Shard
from assay.model.image import Descriptor

if TYPE_CHECKING:
    from assay.ports import RegistryPush

STORE_TYPE = "application/vnd.assay.advisories.manifest.v1+json"
SHARD_TYPE = "application/vnd.assay.advisories.shard.v1+sqlite3"
PIECE = 1 << 20
SIGNATURE = f"{manifests.NAME}.sigstore.json"
"""The Sigstore bundle of the manifest, as `assay sign manifest.json` writes it."""

CheckManifest = Callable[[bytes, bytes | None, str], None]
"""Refuses a manifest whose bundle (None: there is none) is not of the right one; the text names the store."""


def is_store(path: Path) -> bool:
    """Whether a folder or tar file is an exported store."""
    if path.is_dir():
        return (path / manifests.NAME).is_file() and (path / FOLDER).is_dir()
    return path.is_file() and path.suffix == ".tar" and tarfile.is_tarfile(path) and _in_tar(path)


def _in_tar(path: Path) -> bool:
    with tarfile.open(path) as archive:
        first = archive.next()
        return first is not None and first.name == manifests.NAME


def adopt(writer: Writer, path: Path, check: CheckManifest | None = None) -> list[str]:
    """Take over the shards of an exported store that are newer than ours; their names.

    Raises `Malformed` for a shard that is not what its digest says, `Refused` where `check` does.
    """
    if path.is_dir():
        read = partial(_file, path)
        manifest = _checked(read, path, check)
        return _adopt(writer, manifest, lambda shard: pieces(path / FOLDER / file_name(shard)))
    with tarfile.open(path) as archive:
        manifest = _checked(partial(_small_member, archive), path, check)
        return _adopt(writer, manifest, lambda shard: _member(archive, f"{FOLDER}/{file_name(shard)}"))


def _checked(read: Callable[[str], bytes | None], path: Path, check: CheckManifest | None) -> manifests.Manifest:
    data = read(manifests.NAME) or b""
    if check is not None:
        check(data, read(SIGNATURE), str(path))
    return manifests.read(data, str(path))


def _file(folder: Path, name: str) -> bytes | None:
    try:
        with (folder / name).open("rb") as file:
            return file.read(manifests.MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{folder / name} cannot be read: {error.strerror}", "export the store again") from error


def _small_member(archive: tarfile.TarFile, name: str) -> bytes | None:
    try:
        stream = archive.extractfile(name)
    except KeyError:
        return None
    return stream.read(manifests.MAX_BYTES + 1) if stream is not None else None


def _adopt(writer: Writer, manifest: manifests.Manifest, read: Callable[[Shard], Iterator[bytes]]) -> list[str]:
    taken = []
    for name, shard in sorted(manifest.shards.items()):
        if is_newer(shard, writer.shards.get(name)):
            writer.adopt(name, shard, read(shard))
            taken.append(name)
    return taken


def is_newer(shard: Shard, ours: Shard | None) -> bool:
    """Whether somebody else's shard is to be taken instead of ours."""
    if ours is None or (ours.digest != shard.digest and ours.confirmed <= shard.confirmed):
        return True
    return is_current(shard) and not is_current(ours)


def file_name(shard: Shard) -> str:
    """The file of a shard."""
    return f"{shard.digest.removeprefix('sha256:')}.sqlite"


def pieces(path: Path) -> Iterator[bytes]:
    """The bytes of a file; raises `InputError` where it cannot be read."""
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "export the store again") from error


def _member(archive: tarfile.TarFile, name: str) -> Iterator[bytes]:
    try:
        stream = archive.extractfile(name)
    except KeyError:
        stream = None
    if stream is None:
        raise Malformed(f"{name} is missing in the archive")
    while piece := stream.read(PIECE):
        yield piece


def export(store: AdvisoryStore, target: Path, known: Collection[str] = (), feeds: Collection[str] = ()) -> int:
    """Write the store to a folder or ``.tar``; shards whose digest is `known` stay out. How many were written."""
    shards = _chosen(store, feeds)
    wanted = [shard for shard in shards.values() if shard.digest not in known]
    data = manifests.dump(shards, store.created)
    try:
        if target.suffix == ".tar":
            _export_tar(store, target, wanted, data)
        else:
            (target / FOLDER).mkdir(parents=True, exist_ok=True)
            for shard in wanted:
                place = target / FOLDER / file_name(shard)
                if not place.exists():
                    half = place.with_suffix(".part")
                    shutil.copyfile(store.path(shard.feed), half)
                    half.replace(place)
            _replace_manifest(target, data)
    except OSError as error:
        raise ExternalError(f"{target} cannot be written: {error.strerror}", "name another place") from error
    return len(wanted)


def _replace_manifest(folder: Path, data: bytes) -> None:
    """Write the manifest; the signature of another one goes away."""
    if _file(folder, manifests.NAME) != data:
        (folder / SIGNATURE).unlink(missing_ok=True)
        half = folder / f".{manifests.NAME}.part"
        half.write_bytes(data)
        half.replace(folder / manifests.NAME)  # a web server may be reading it


def _export_tar(store: AdvisoryStore, target: Path, wanted: list[Shard], manifest: bytes) -> None:
    """The whole archive or none: half of one would be taken for one."""
    half = target.with_name(f".{target.name}.part")
    try:
        _write_tar(store, half, wanted, manifest)
        half.replace(target)
    except BaseException:
        half.unlink(missing_ok=True)
        raise


def _write_tar(store: AdvisoryStore, path: Path, wanted: list[Shard], manifest: bytes) -> None:
    with tarfile.open(path, "w") as archive:
        head = tarfile.TarInfo(manifests.NAME)
        head.size = len(manifest)
        archive.addfile(head, io.BytesIO(manifest))
        for shard in wanted:
            item = tarfile.TarInfo(f"{FOLDER}/{file_name(shard)}")
            item.size = shard.size
            with store.path(shard.feed).open("rb") as file:
                archive.addfile(item, file)


def push(store: AdvisoryStore, registry: RegistryPush, tag: str, feeds: Collection[str] = ()) -> int:
    """Write the store to a repository; what is there already is not sent again. How many shards it has."""
    from assay.formats import oci

    shards = _chosen(store, feeds)
    config = registry.put_blob(manifests.dump(shards, store.created), STORE_TYPE)
    layers = []
    for shard in shards.values():
        found = Descriptor(SHARD_TYPE, digests.parse(shard.digest), shard.size)
        if not registry.has_blob(found.digest):
            found = registry.put_blob_pieces(pieces(store.path(shard.feed)), SHARD_TYPE)
        title = {"org.opencontainers.image.title": f"{FOLDER}/{file_name(shard)}"}
        layers.append({**_plain(found), "annotations": title})
    document = {
        "schemaVersion": 2,
        "mediaType": oci.MANIFEST,
        "artifactType": STORE_TYPE,
        "config": _plain(config),
        "layers": layers,
    }
    registry.put_manifest(json.dumps(document, separators=(",", ":")).encode(), oci.MANIFEST, tag)
    return len(shards)


def _plain(item: Descriptor) -> dict[str, object]:
    return {"mediaType": item.media_type, "digest": str(item.digest), "size": item.size}


def _chosen(store: AdvisoryStore, feeds: Collection[str]) -> dict[str, Shard]:
    shards = {shard.feed: shard for shard in store.shards if not feeds or shard.feed in feeds}
    for name in feeds:
        if name not in shards:
            raise UsageError(f"the store has no data of {name!r}", "`assay db status` lists what it has")
    return shards


def verify(store: AdvisoryStore) -> list[tuple[str, str]]:
    """What is wrong with each shard: feed and fault."""
    faults = []
    for shard in store.shards:
        try:
            with store.path(shard.feed).open("rb") as file:
                found = "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            faults.append((shard.feed, f"cannot be read: {error.strerror}"))
            continue
        if found != shard.digest:
            faults.append((shard.feed, f"is not what its digest says (wanted {shard.digest}, found {found})"))
    return faults
