"""Where a log is read, and whose signature on its checkpoints is believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.adapters import trust_roots
from assay.adapters.log_source.rekor_v1 import RekorV1
from assay.adapters.log_source.tiles import FolderTiles, HttpTiles
from assay.adapters.sigstore_instance import material, tuf_repository
from assay.app.transparency import open_log
from assay.engines.log.sequencer import Log as Sequencer
from assay.errors import InputError, Malformed, Refused, UsageError
from assay.formats import note_key, pem, tlog_note, tlog_tile, trusted_root
from assay.formats.note_key import NoteKey
from assay.model.bundle import Checkpoint
from assay.model.trusted_root import Log
from assay.ports import TileSource
from assay.trust import keys, notes

API = ("auto", "tiles", "v1")


@dataclass(frozen=True, slots=True)
class LogPlace:
    """A log: `logs` are the keys that may have signed it, `origin` the only one that counts (empty: any).

    `place` is an address or a folder. Of the `witnesses` as many as `quorum` must have signed each checkpoint.
    """

    place: str
    logs: tuple[Log, ...]
    api: str = "auto"
    origin: str = ""
    witnesses: tuple[NoteKey, ...] = ()
    quorum: int = 0

    @property
    def is_remote(self) -> bool:
        """Whether it is an address."""
        return self.place.startswith(("https://", "http://"))

    def tiles(self, origin: str = "") -> TileSource:
        """Its tiles; those of a shard that takes no entries any more by its origin."""
        if self.is_remote:
            return HttpTiles(f"{self.place.rstrip('/')}/shards/{origin}" if origin else self.place)
        return _in_folder(Path(self.place), origin)

    def v1(self) -> RekorV1:
        """Its face as Rekor v1; raises `UsageError` for a folder."""
        if not self.is_remote:
            raise UsageError(f"{self.place} is a folder, and Rekor v1 a server", "leave --api v1 away")
        return RekorV1(self.place)

    def has_tiles(self) -> bool:
        """Whether it is read by tiles: as it was said, else as it answers."""
        if self.api != "auto" or not self.is_remote:
            return self.api != "v1"
        try:
            self.tiles().checkpoint()
        except InputError:
            return False
        return True

    def checkpoint(self, source: TileSource) -> Shown:
        """The newest checkpoint of a source, believed."""
        return self.believed(source.checkpoint(), source.name)

    def believed(self, data: bytes, name: str) -> Shown:
        """A checkpoint that one of the logs signed, and enough of the witnesses; raises `Refused`, `Malformed`."""
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise Malformed(f"the checkpoint of {name} is not UTF-8") from error
        shown = tlog_note.checkpoint(text)
        if self.origin and shown.origin != self.origin:
            raise Refused(f"the checkpoint of {name} is of {shown.origin!r}, wanted was {self.origin!r}")
        log = _signer(shown, self.logs, name)
        witnessed = notes.witnessed(shown, self.witnesses, self.quorum)
        return Shown(text, shown, log, tuple(witnessed))


@dataclass(frozen=True, slots=True)
class Shown:
    """A checkpoint that is believed: its text, by which log, and which witnesses signed it as well."""

    text: str
    checkpoint: Checkpoint
    log: Log
    witnesses: tuple[str, ...] = ()


def _signer(shown: Checkpoint, logs: Sequence[Log], name: str) -> Log:
    reason: Refused | None = None
    for log in logs:
        if log.url == "" and log.log_id == b"":  # a key that was given: Ed25519 keys are named with the origin
            log = log._replace(checkpoint_id=note_key.of_ed25519(shown.origin, log.key).key_id)
        try:
            notes.signed_by(shown, log)
        except Refused as error:
            reason = error if reason is None or "not what" in error.what else reason
        else:
            return log
    if reason is not None and "not what" in reason.what:
        raise reason
    raise Refused(
        f"no key that is trusted signed the checkpoint of {name} ({shown.origin!r})",
        "name its key: --log-key FILE, or a trusted root that has it: --trusted-root FILE",
    )


def _in_folder(folder: Path, origin: str) -> TileSource:
    for place in (folder / "sigstore", folder):
        if (place / material.FILE).is_file():
            shards = [item for item in material.read(place).logs if not origin or item.origin == origin]
            if not shards:
                raise InputError(f"{folder} has no log of the origin {origin!r}")
            return _stored(place / shards[-1].folder, shards[-1].origin)
    if (folder / "log.sqlite").is_file():
        return _stored(folder, origin)
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}", "name a folder, or an address with https://")
    if origin and (folder / "shards" / origin).is_dir():
        return FolderTiles(folder / "shards" / origin)
    return FolderTiles(folder)


class StoreTiles:
    """A log in this data directory, also while it is served."""

    def __init__(self, log: Sequencer, name: str) -> None:
        self._log, self.name = log, name

    def checkpoint(self) -> bytes:
        """The newest one in the store."""
        return self._log.head.checkpoint

    def tile(self, path: str) -> bytes | None:
        """A tile of the tree that the store showed when it was opened."""
        try:
            return self._log.tile(tlog_tile.parse(path))
        except Refused:
            return None


def _stored(folder: Path, origin: str) -> StoreTiles:
    from assay.adapters.sigstore_instance import backup

    note = backup.checkpoint(folder)
    if note is None:
        raise InputError(f"the log in {folder} has shown nothing yet", "serve it once")
    return StoreTiles(open_log(folder, note.origin, ()), str(folder))


def logs_of_key(text: str) -> tuple[tuple[Log, ...], str]:
    """The log whose key is given, as a note key or in PEM, in a file or as it is; and the origin that it names."""
    if note_key.is_key(text):
        return _of_note(text)
    data = trust_roots.read_file(Path(text))
    if note_key.is_key(data.decode("utf-8", "replace")):
        return _of_note(data.decode())
    der = keys.spki(keys.load(pem.blocks(data)[0][1] if b"-----BEGIN" in data else data))
    return (Log("", der, "", b""),), ""


def _of_note(text: str) -> tuple[tuple[Log, ...], str]:
    found = note_key.read(text)
    return (Log(found.name, found.key, "", b"", checkpoint_id=found.key_id),), found.name


def logs_of_instance(place: str, data_dir: Path) -> tuple[Log, ...] | None:
    """What the instance at a place, or its repository in a folder, says of its logs; None where nothing is known."""
    if place.startswith(("https://", "http://")):
        kept = trust_roots.cached(data_dir, place)
        return kept.root.logs if kept is not None else None
    for folder in (Path(place) / "sigstore", Path(place)):
        if (folder / material.FILE).is_file():
            data = tuf_repository.target(folder / "repository", "trusted_root.json")
            return trusted_root.read(data).logs if data is not None else None
    return None
