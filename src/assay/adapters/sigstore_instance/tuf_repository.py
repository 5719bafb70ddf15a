"""The TUF repository of an instance (TUF 1.0.31): the root is signed off line, the rest by the server's own key."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from assay.errors import InputError
from assay.trust.signing import LocalKey

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner
    from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

ROOT_DAYS, TARGETS_DAYS, TIMESTAMP_DAYS = 365, 90, 2


def _signer(key: LocalKey) -> CryptoSigner:
    from securesystemslib.signer import CryptoSigner

    return CryptoSigner(key.private)


def init(folder: Path, roots: Sequence[LocalKey], threshold: int, online: LocalKey, now: datetime) -> None:
    """Write the first root metadata."""
    from tuf.api.metadata import Metadata, Root

    root = Root(expires=_later(now, ROOT_DAYS), consistent_snapshot=True)
    for key in roots:
        root.add_key(_signer(key).public_key, "root")
    root.roles["root"].threshold = threshold
    for role in ("targets", "snapshot", "timestamp"):
        root.add_key(_signer(online).public_key, role)
    metadata = Metadata(root)
    for key in roots:
        metadata.sign(_signer(key), append=True)
    _write(folder / "1.root.json", metadata.to_bytes())


def rotate_root(
    folder: Path, signers: Sequence[LocalKey], new: Sequence[LocalKey], threshold: int, now: datetime
) -> int:
    """A new root with new keys, signed by the old and the new ones (TUF 6.1); its version."""
    from tuf.api.metadata import Metadata

    version, data = newest_root(folder)
    metadata: Metadata[Root] = Metadata.from_bytes(data)
    root = metadata.signed
    for identifier in list(root.roles["root"].keyids):
        root.revoke_key(identifier, "root")
    for key in new:
        root.add_key(_signer(key).public_key, "root")
    root.roles["root"].threshold = threshold
    root.version, root.expires = version + 1, _later(now, ROOT_DAYS)
    metadata.signatures.clear()
    for key in (*signers, *new):
        metadata.sign(_signer(key), append=True)
    Metadata.from_bytes(data).verify_delegate("root", metadata)
    _write(folder / f"{version + 1}.root.json", metadata.to_bytes())
    return version + 1


def newest_root(folder: Path) -> tuple[int, bytes]:
    """Version and bytes of the root metadata."""
    versions = [int(path.name.partition(".")[0]) for path in folder.glob("*.root.json")]
    if not versions:
        raise InputError(f"{folder} has no root metadata", "assay sigstore init makes it")
    return max(versions), (folder / f"{max(versions)}.root.json").read_bytes()


def publish(folder: Path, targets: Mapping[str, bytes], online: LocalKey, now: datetime) -> bool:
    """Bring targets, snapshot and timestamp up to date: what has changed, or will soon expire; True if anything was."""
    from tuf.api.metadata import Metadata, MetaFile, Snapshot, TargetFile, Targets, Timestamp

    signer, old = _signer(online), _current(folder)
    files = {name: TargetFile.from_data(name, data, ["sha256"]) for name, data in targets.items()}
    due = now + timedelta(days=1)
    if old is not None and old[0].signed.targets == files and min(item.signed.expires for item in old[:2]) > due:
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
