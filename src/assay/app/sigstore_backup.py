"""Backups of an instance, and their way back: never behind a checkpoint that somebody has seen already."""

from __future__ import annotations

from pathlib import Path

from assay.adapters.sigstore_instance import backup
from assay.errors import InputError, Refused, UsageError
from assay.formats import tlog_note


def save(folder: Path, target: Path) -> int:
    """Copy the instance in `folder`, also while it serves; the number of entries in the copy's log."""
    if not (folder / "instance.json").is_file():
        raise InputError(f"{folder} holds no instance", "make one: assay sigstore init")
    if target.exists():
        raise UsageError(f"{target} exists already", "name a new folder")
    backup.copy(folder, target)
    return backup.head(target / "log")[0]


def restore(source: Path, folder: Path, published: Path | None) -> int:
    """Put a backup where an instance is served from; the number of entries in its log.

    `published` is the newest checkpoint that is known outside. Raises `Refused` where the backup is older than that:
    a log that has taken back what it showed is a log that nobody can trust.
    """
    if not (source / "instance.json").is_file():
        raise InputError(f"{source} is no backup of an instance", "assay sigstore backup makes them")
    if folder.exists():
        raise UsageError(f"{folder} exists already: its log may be newer", "move it away if it is lost for sure")
    size, root = backup.head(source / "log")
    if published is not None:
        _not_behind(size, root, published)
    backup.copy(source, folder)
    return size


def _not_behind(size: int, root: bytes, published: Path) -> None:
    try:
        note = tlog_note.checkpoint(published.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{published} cannot be read: {error}", "--published names a checkpoint") from error
    if size < note.size:
        raise Refused(
            f"the backup has {size} entries, but a checkpoint of {note.size} was published",
            "restore from a mirror or a newer backup, or start a new log",
        )
    if size == note.size and root != note.root:
        raise Refused("the backup is of another tree than the published checkpoint", "is it of the same instance?")
