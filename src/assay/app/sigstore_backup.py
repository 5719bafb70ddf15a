"""Backups of an instance, and their way back: never behind a checkpoint that somebody has seen already."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from assay.adapters.sigstore_instance import backup, material, published
from assay.app.transparency import open_log
from assay.errors import AssayError, InputError, Refused, UsageError
from assay.formats import tlog_note
from assay.model.bundle import Checkpoint

_BEHIND = "restore from a mirror or a newer backup, or start a new instance"


def save(folder: Path, target: Path) -> int:
    """Copy the instance in `folder`, also while it serves; the number of entries in the copy's logs."""
    if not (folder / "instance.json").is_file():
        raise InputError(f"{folder} holds no instance", "make one: assay sigstore init")
    if target.exists():
        raise UsageError(f"{target} exists already", "name a new folder")
    with material.locked(folder):  # nothing is rotated between two files
        backup.copy(folder, target)
    return _entries(target)


def restore(source: Path, folder: Path, given: Path | None, *, unsafe: bool = False) -> int:
    """Put a backup where an instance is served from; the number of entries in its logs.

    `given` is the newest checkpoint that is known outside; what the lost instance has shown is known too, where its
    record beside the folder is left (`assay.adapters.sigstore_instance.published`). Raises `Refused` where the backup
    is older than either: a log that has taken back what it showed is a log that nobody can trust. Without both it
    raises `UsageError`, unless that is `unsafe` by intent.
    """
    if not (source / "instance.json").is_file():
        raise InputError(f"{source} is no backup of an instance", "assay sigstore backup makes them")
    if folder.exists():
        raise UsageError(f"{folder} exists already: its log may be newer", "move it away if it is lost for sure")
    shown = published.known(folder)
    if given is not None:
        shown["--published"] = _read(given)
    if not shown and not unsafe:
        raise UsageError(
            "nothing tells what the lost instance has shown last",
            "give the newest checkpoint that a witness, monitor or client has seen: --published FILE",
        )
    backup.copy(source, folder, lambda copied: _check(copied, shown))
    return _entries(folder)


def _entries(folder: Path) -> int:
    return sum(backup.head(folder / shard.folder)[0] for shard in material.read(folder).logs)


def _read(path: Path) -> Checkpoint:
    try:
        return tlog_note.checkpoint(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}", "--published names a checkpoint") from error


def _check(copied: Path, shown: Mapping[str, Checkpoint]) -> None:
    """Refuse a copy that is behind any of these, or of another tree."""
    read = material.read(copied)
    folders = {shard.origin: shard.folder for shard in (*read.logs, *read.ct_logs)}
    for note in shown.values():
        origin = note.origin.partition(" - ")[0]  # Rekor v1 writes the number of its tree behind it
        if origin not in folders:
            what = f"a checkpoint of the log {origin!r} was published, which the backup does not have"
            raise Refused(what, f"is it of the same instance? If the log was rotated after the backup: {_BEHIND}")
        _not_behind(copied / folders[origin], note)


def _not_behind(log: Path, note: Checkpoint) -> None:
    held = backup.checkpoint(log)
    size = 0 if held is None else held.size
    if size < note.size:
        raise Refused(f"the backup has {size} entries, but a checkpoint of {note.size} was published", _BEHIND)
    if held is None or note.size == 0:
        return
    try:
        root = open_log(log, held.origin, ()).root(note.size)
    except AssayError as error:
        raise InputError(f"the log in the backup cannot be read: {error.what}", "take another backup") from error
    if root != note.root:
        raise Refused("the backup is of another tree than the published checkpoint", "is it of the same instance?")
