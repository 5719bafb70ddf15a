"""Where an instance with several replicas is kept: a database and an object store, both or none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from assay.errors import UsageError

if TYPE_CHECKING:
    from assay.adapters.configuration import Settings
    from assay.adapters.sigstore_instance.shared_folder import Storage


def wanted(settings: Settings) -> Storage | None:
    """What the flags and settings say; raises `UsageError` for one without the other."""
    from assay.adapters.sigstore_instance.shared_folder import Storage

    database, objects = settings.text("sigstore.storage"), settings.text("sigstore.objects")
    if bool(database) != bool(objects):
        raise UsageError("replicas share a database and an object store", "give --storage URL and --objects URL")
    return Storage(database, objects) if database else None


def join(folder: Path, settings: Settings) -> None:
    """Make the folder that of a replica, where storage was named."""
    storage = wanted(settings)
    if storage is not None:
        from assay.adapters.sigstore_instance import shared_folder

        shared_folder.join(folder, storage)


def no_copies(folder: Path, what: str) -> None:
    """Raise `UsageError` where the state is the business of the database and the object store."""
    from assay.adapters.sigstore_instance import shared_folder

    storage = shared_folder.read(folder)
    if storage is not None:
        raise UsageError(
            f"the instance is kept in a database and an object store, and assay does not {what} those",
            "use pg_basebackup or pg_dump first, then copy the bucket: see the guide, Several replicas",
        )
