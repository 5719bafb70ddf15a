"""The webhooks' own certificate authority and certificate as files, for where nobody else issues any."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assay.app import webhook_pairs
from assay.app.webhook_pairs import Pair
from assay.errors import ExternalError

_LEFT = timedelta(days=webhook_pairs.DAYS / 3)
"""What a certificate must still hold when the server starts; else another is made."""


@dataclass(frozen=True, slots=True)
class Files:
    """`ca` is what goes into ``caBundle``."""

    certificate: Path
    key: Path
    ca: Path


def places(folder: Path) -> Files:
    """Where they are in a folder."""
    return Files(folder / "tls.crt", folder / "tls.key", folder / "ca.crt")


def files(folder: Path, names: Sequence[str], now: datetime | None = None) -> Files:
    """The certificate for these host names and addresses, made where there is none that holds long enough.

    Raises `ExternalError` where the folder cannot be written.
    """
    now = now or datetime.now(UTC)
    found = places(folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not found.ca.is_file() or not webhook_pairs.holds(_read(found.certificate, found.key), now, _LEFT, names):
            above = _authority(found.ca, folder / "ca.key", now)
            write(found, webhook_pairs.issue(above, names, now))
    except OSError as error:
        raise ExternalError(f"{folder} cannot be used: {error.strerror}", "name another place: --data-dir") from error
    return found


def write(found: Files, pair: Pair, ca: str = "") -> None:
    """Write a certificate and its key, and the authorities where they are given; raises `OSError`."""
    found.key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(found.key, pair.key)
    _write(found.certificate, pair.certificate)
    if ca:
        _write(found.ca, ca)


def _read(certificate: Path, key: Path) -> Pair:
    """What is there; nothing where it cannot be read."""
    try:
        return Pair(certificate.read_text("utf-8"), key.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return Pair("", "")


def _authority(place: Path, key_place: Path, now: datetime) -> Pair:
    """The authority of before, so that clients that know it go on; else a new one."""
    kept = _read(place, key_place)
    if webhook_pairs.holds(kept, now, timedelta(days=webhook_pairs.DAYS)):
        return kept
    made = webhook_pairs.authority(now)
    _write(key_place, made.key)
    _write(place, made.certificate)
    return made


def _write(path: Path, text: str) -> None:
    """Beside its name first, readable by its owner alone, then in its place."""
    beside = path.with_name(f".{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
