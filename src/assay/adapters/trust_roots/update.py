"""Brings trusted roots up to date from TUF repositories; the `tuf` library walks the chain of roots."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from assay.adapters.trust_roots import PUBLIC_GOOD, Root, cached, embedded, folder
from assay.errors import ExternalError, InputError, UsageError
from assay.formats import trusted_root

TARGETS = ("trusted_root.json", "signing_config.v0.2.json")
MAX_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Repository:
    """A TUF repository: its address, and the root metadata that is trusted from the start."""

    mirror: str = PUBLIC_GOOD
    root: bytes = b""


def update(data_dir: Path, repository: Repository) -> Root:
    """The newest trusted root of a repository, kept for later.

    Raises `UsageError` for an address that is none, `ExternalError` where the repository is out of reach or refused.
    """
    if urlsplit(repository.mirror).scheme not in ("https", "http", "file"):
        raise UsageError(f"{repository.mirror!r} is no address of a TUF repository", "write https://HOST/PATH")
    root = repository.root or _known_root(data_dir, repository)
    place = folder(data_dir, repository.mirror)
    (place / "tuf").mkdir(parents=True, exist_ok=True)
    found = _fetched(place, repository.mirror, root)
    trusted_root.read(found[TARGETS[0]])
    for name, data in found.items():
        _write(place / name, data)
    said = {"mirror": repository.mirror, "confirmed": datetime.now(UTC).isoformat()}
    _write(place / "origin.json", json.dumps(said).encode())
    _write(place / "root.json", root)
    kept = cached(data_dir, repository.mirror)
    if kept is None:
        raise InputError(f"the trusted root of {repository.mirror} could not be kept", "look at the free space")
    return kept


def _known_root(data_dir: Path, repository: Repository) -> bytes:
    kept = folder(data_dir, repository.mirror) / "root.json"
    if kept.is_file():
        return kept.read_bytes()
    if repository.mirror == PUBLIC_GOOD:
        return embedded("tuf_root")
    raise UsageError(
        f"nothing is known of {repository.mirror} that could be trusted",
        "give the root metadata that its operator handed to you: --root root.json",
    )


def _fetched(place: Path, mirror: str, root: bytes) -> dict[str, bytes]:
    """The targets, each verified down from the root metadata."""
    try:
        from tuf.api.exceptions import DownloadError, RepositoryError
        from tuf.ngclient.config import UpdaterConfig
        from tuf.ngclient.updater import Updater
    except ImportError as error:
        raise UsageError("TUF repositories need the extra `sign`", "install assay with it: assay[sign]") from error
    config = UpdaterConfig(targets_max_length=MAX_BYTES)
    base = mirror.rstrip("/") + "/"
    try:
        updater = Updater(
            str(place / "tuf"), base, str(place / "tuf"), base + "targets/", config=config, bootstrap=root
        )
        updater.refresh()
        found = {}
        for name in TARGETS:
            info = updater.get_targetinfo(name)
            if info is not None and info.length <= MAX_BYTES:
                found[name] = Path(updater.download_target(info)).read_bytes()
    except (DownloadError, RepositoryError, OSError, ValueError) as error:
        raise ExternalError(f"the TUF repository {mirror} gave no trusted root: {error}", "try again later") from error
    if TARGETS[0] not in found:
        raise ExternalError(f"the TUF repository {mirror} has no trusted_root.json", "ask its operator")
    return found


def _write(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(data)
    beside.replace(path)
