"""The TUF repository of an instance (TUF 1.0.31): the root is signed off line, the rest by the server's own key."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from assay.adapters.sigstore_instance import tuf_signer
from assay.errors import InputError, InternalError, Refused
from assay.ports import Signer

if TYPE_CHECKING:
    from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

ROOT_DAYS, TARGETS_DAYS, TIMESTAMP_DAYS = 365, 90, 2


def init(folder: Path, roots: Sequence[Signer], threshold: int, online: Signer, now: datetime) -> None:
    """Write the first root metadata."""
    from tuf.api.metadata import Metadata, Root

    root = Root(expires=_later(now, ROOT_DAYS), consistent_snapshot=True)
    for key in roots:
        root.add_key(tuf_signer.of(key).public_key, "root")
    root.roles["root"].threshold = threshold
    for role in ("targets", "snapshot", "timestamp"):
        root.add_key(tuf_signer.of(online).public_key, role)
    metadata = Metadata(root)
    for key in roots:
        metadata.sign(tuf_signer.of(key), append=True)
    _write(folder / "1.root.json", metadata.to_bytes())


def rotate_root(folder: Path, signers: Sequence[Signer], new: Sequence[Signer], threshold: int, now: datetime) -> int:
    """A new root with new keys, signed by the old and the new ones (TUF 6.1); its version."""

    def change(root: Root) -> None:
        for identifier in list(root.roles["root"].keyids):
            root.revoke_key(identifier, "root")
        for key in new:
            root.add_key(tuf_signer.of(key).public_key, "root")
        root.roles["root"].threshold = threshold

    return _next_root(folder, [*signers, *new], change, now)


def rotate_online(folder: Path, signers: Sequence[Signer], online: Signer, now: datetime) -> int:
    """A new root in which another key signs targets, snapshot and timestamp; its version."""

    def change(root: Root) -> None:
        for role in ("targets", "snapshot", "timestamp"):
            for identifier in list(root.roles[role].keyids):
                root.revoke_key(identifier, role)
            root.add_key(tuf_signer.of(online).public_key, role)

    return _next_root(folder, signers, change, now)


def _next_root(folder: Path, signers: Sequence[Signer], change: Callable[[Root], None], now: datetime) -> int:
    """The next version, with `change`; raises `Refused` where the signers are too few for the version before."""
    from tuf.api.exceptions import UnsignedMetadataError
    from tuf.api.metadata import Metadata

    version, data = newest_root(folder)
    metadata: Metadata[Root] = Metadata.from_bytes(data)
    change(metadata.signed)
    metadata.signed.version, metadata.signed.expires = version + 1, _later(now, ROOT_DAYS)
    metadata.signatures.clear()
    for key in signers:
        metadata.sign(tuf_signer.of(key), append=True)
    try:
        Metadata.from_bytes(data).verify_delegate("root", metadata)
        metadata.verify_delegate("root", metadata)
    except UnsignedMetadataError as error:
        need = Metadata.from_bytes(data).signed.roles["root"].threshold
        remedy = f"name the folders of at least {need} of them: --root-keys DIR --root-keys DIR"
        raise Refused(f"too few keys of the TUF root are there: {error}", remedy) from error
    _write(folder / f"{version + 1}.root.json", metadata.to_bytes())
    return version + 1


def root_signers(folder: Path, keys: Iterable[Signer]) -> list[Signer]:
    """Those of these keys that may sign the newest root."""
    from tuf.api.metadata import Metadata

    root: Metadata[Root] = Metadata.from_bytes(newest_root(folder)[1])
    wanted = root.signed.roles["root"].keyids
    return [key for key in keys if tuf_signer.of(key).public_key.keyid in wanted]


def online_key(folder: Path, keys: Mapping[str, Signer], named: str) -> Signer:
    """The key that the newest root wants for what is signed online: the one `named`, or another of the TUF keys.

    The root may be a step ahead of who names the key, where a rotation was cut off. Raises `InternalError` for none.
    """
    from tuf.api.metadata import Metadata

    root: Metadata[Root] = Metadata.from_bytes(newest_root(folder)[1])
    wanted = root.signed.roles["timestamp"].keyids
    for name in (named, *(name for name in sorted(keys) if name.startswith("tuf"))):
        if name in keys and tuf_signer.of(keys[name]).public_key.keyid in wanted:
            return keys[name]
    raise InternalError(f"{folder} names a key in its root that is not here", "assay sigstore rotate tuf-timestamp")


def root_expires(folder: Path) -> datetime:
    """When the newest root metadata expires."""
    from tuf.api.metadata import Metadata

    root: Metadata[Root] = Metadata.from_bytes(newest_root(folder)[1])
    return root.signed.expires


def newest_root(folder: Path) -> tuple[int, bytes]:
    """Version and bytes of the root metadata."""
    versions = [int(path.name.partition(".")[0]) for path in folder.glob("*.root.json")]
    if not versions:
        raise InputError(f"{folder} has no root metadata", "assay sigstore init makes it")
    return max(versions), (folder / f"{max(versions)}.root.json").read_bytes()


def publish(folder: Path, targets: Mapping[str, bytes], online: Signer, now: datetime) -> bool:
    """Bring targets, snapshot and timestamp up to date: what has changed, or will soon expire; True if anything was."""
    from tuf.api.metadata import Metadata, MetaFile, Snapshot, TargetFile, Targets, Timestamp

    signer, old = tuf_signer.of(online), _current(folder)
    kept = old is not None and signer.public_key.keyid in old[2].signatures
    files = {name: TargetFile.from_data(name, data, ["sha256"]) for name, data in targets.items()}
    due = now + timedelta(days=1)
    if (
        old is not None
        and kept
        and old[0].signed.targets == files
        and min(item.signed.expires for item in old[:2]) > due
    ):
        if old[2].signed.expires > due:
            return False
        stamp = old[2].signed
    else:
        number = old[0].signed.version + 1 if old is not None else 1
        top: Metadata[Targets] = Metadata(Targets(version=number, expires=_later(now, TARGETS_DAYS), targets=files))
        top.sign(signer)
        for name, data in targets.items():
            _write(folder / "targets" / f"{files[name].hashes['sha256']}.{name}", data)
        _write(folder / f"{number}.targets.json", top.to_bytes())
        after = old[1].signed.version + 1 if old is not None else 1
        meta = {"targets.json": MetaFile(number)}
        shot: Metadata[Snapshot] = Metadata(Snapshot(version=after, expires=_later(now, TARGETS_DAYS), meta=meta))
        shot.sign(signer)
        _write(folder / f"{after}.snapshot.json", shot.to_bytes())
        stamp = Timestamp(snapshot_meta=MetaFile(after))
    stamp.version = old[2].signed.version + 1 if old is not None else 1
    stamp.expires = _later(now, TIMESTAMP_DAYS)
    signed: Metadata[Timestamp] = Metadata(stamp)
    signed.sign(signer)
    _write(folder / "timestamp.json", signed.to_bytes())
    return True


def _current(folder: Path) -> tuple[Metadata[Targets], Metadata[Snapshot], Metadata[Timestamp]] | None:
    from tuf.api.metadata import Metadata

    try:
        stamp: Metadata[Timestamp] = Metadata.from_bytes((folder / "timestamp.json").read_bytes())
    except FileNotFoundError:
        return None
    number = stamp.signed.snapshot_meta.version
    shot: Metadata[Snapshot] = Metadata.from_bytes((folder / f"{number}.snapshot.json").read_bytes())
    number = shot.signed.meta["targets.json"].version
    return Metadata.from_bytes((folder / f"{number}.targets.json").read_bytes()), shot, stamp


def target(folder: Path, name: str) -> bytes | None:
    """A target as it is published now; None where nothing was published yet."""
    found = _current(folder)
    if found is None or name not in found[0].signed.targets:
        return None
    digest = found[0].signed.targets[name].hashes["sha256"]
    return (folder / "targets" / f"{digest}.{name}").read_bytes()


def _later(now: datetime, days: int) -> datetime:
    return (now + timedelta(days=days)).replace(microsecond=0)


def _write(path: Path, data: bytes) -> None:
    """Durably, and as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
