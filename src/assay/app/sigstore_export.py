"""What an air-gapped place needs of an instance: the files of its clients, and its TUF repository as a folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from assay.app import sigstore
from assay.app.sigstore import Instance
from assay.errors import InputError, UsageError

REPOSITORY = "tuf"


def export(instance: Instance, folder: Path) -> None:
    """Write both into a folder that is new or empty; nothing secret is among them.

    The folder ``tuf`` is a mirror that TUF clients take as it is (``file://``), with every root since the first.
    Raises `UsageError` where there is something already, `InputError` where it cannot be written.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty", "name a new folder")
    if not (instance.repository / "timestamp.json").exists():
        instance.publish(sigstore.now())
    unfinished = shutil.ignore_patterns(".*")
    try:
        sigstore.write_client_files(instance, folder)
        shutil.copytree(instance.repository, folder / REPOSITORY, ignore=unfinished)
    except (OSError, shutil.Error) as error:
        raise InputError(f"{folder} cannot be written: {error}", "name another folder") from error
