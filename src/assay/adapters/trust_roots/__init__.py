"""Trusted roots: the public-good instance's, which comes with the package, files, and what TUF repositories gave.

``public_good.*.json`` are the targets ``trusted_root.json`` and ``signing_config.v0.2.json`` and the root metadata of
Sigstore's public TUF repository, as Sigstore's Python client 4.5.1 ships them (Apache-2.0). ``npm_registry.keys.json``
is that repository's target with the keys of npm's public registry, ``google_cloud_build.keys.json`` the public keys of
Google Cloud Build by region, as SLSA's verifier 2.7 ships them (Apache-2.0). What an update brings is kept under
``ASSAY_DATA_DIR/trust/NAME/`` and used from then on, also offline and however old; its age is told.
"""

from __future__ import annotations

import base64
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from assay.adapters import small_file
from assay.errors import InputError, UsageError
from assay.formats import trusted_root
from assay.model.trusted_root import TrustedRoot

if TYPE_CHECKING:
    from assay.formats.npm_attestations import RegistryKey

PUBLIC_GOOD = "https://tuf-repo-cdn.sigstore.dev"
EMBEDDED = datetime(2026, 10, 1, tzinfo=UTC)
"""The day from which the embedded material is."""
MAX_BYTES = 8 << 20
_HERE = Path(__file__).parent


class Root(NamedTuple):
    """A trusted root with its `origin` in words and the day it was `confirmed` by its publisher, if that is known."""

    root: TrustedRoot
    origin: str
    data: bytes
    confirmed: datetime | None = None

    def age(self, now: datetime) -> str:
        """``the embedded public-good root, of 2026-10-01 (56 days old)``."""
        if self.confirmed is None:
            return self.origin
        days = max((now - self.confirmed).days, 0)
        return f"{self.origin}, of {self.confirmed.date()} ({days} days old)"


def load(path: Path) -> Root:
    """A ``trusted_root.json`` or a client trust configuration; raises `InputError`."""
    data = read_file(path)
    return Root(trusted_root.read(data), str(path), data)


def read_file(path: Path) -> bytes:
    """A small file; raises `InputError` where it is missing or too large."""
    return small_file.read(path, MAX_BYTES)


def embedded(name: str = "trusted_root") -> bytes:
    """A file of the public-good instance: ``trusted_root``, ``signing_config`` or ``tuf_root``."""
    return (_HERE / f"public_good.{name}.json").read_bytes()


def npm_keys(path: Path | None = None) -> tuple[RegistryKey, ...]:
    """The keys of a registry of npm packages: of a ``keys.json``, else those of npm's public registry."""
    from assay.formats import npm_attestations

    return npm_attestations.keys(read_file(path or _HERE / "npm_registry.keys.json"))


def cloud_build_keys() -> dict[str, bytes]:
    """The keys of Google Cloud Build (DER), by region, and ``global-pae-NAME_VERSION``."""
    held = json.loads(read_file(_HERE / "google_cloud_build.keys.json"))
    return {name: base64.b64decode(text) for name, text in held.items()}


def folder(data_dir: Path, mirror: str = PUBLIC_GOOD) -> Path:
    """Where the state of a TUF repository is kept: below ``TUF_ROOT`` if that is set, else ``DATA_DIR/trust``."""
    home = Path(os.environ["TUF_ROOT"]) if os.environ.get("TUF_ROOT") else data_dir / "trust"
    if mirror == PUBLIC_GOOD:
        return home / "public-good"
    parts = urlsplit(mirror.rstrip("/"))
    return home / "".join(item if item.isalnum() or item in ".-" else "_" for item in parts.netloc + parts.path)


def of_instance(data_dir: Path, mirror: str) -> Root:
    """What `assay trust-root update` brought of an instance; raises `UsageError` where it brought nothing."""
    kept = cached(data_dir, mirror)
    if kept is None:
        remedy = f"assay trust-root update --mirror {mirror} --root root.json"
        raise UsageError(f"nothing is known of the instance {mirror}", remedy)
    return kept


def public_good(data_dir: Path) -> Root:
    """The public-good instance's: the one of the last update, else the embedded one."""
    kept = cached(data_dir)
    if kept is not None and kept.confirmed is not None and kept.confirmed > EMBEDDED:
        return kept
    data = embedded()
    return Root(trusted_root.read(data), "the embedded public-good root", data, EMBEDDED)


def cached(data_dir: Path, mirror: str = PUBLIC_GOOD) -> Root | None:
    """What an update brought; None where there was none."""
    place = folder(data_dir, mirror)
    if not (place / "trusted_root.json").is_file():
        return None
    data = read_file(place / "trusted_root.json")
    try:
        confirmed = datetime.fromisoformat(json.loads(read_file(place / "origin.json"))["confirmed"])
    except (InputError, ValueError, KeyError, TypeError):
        confirmed = None
    return Root(trusted_root.read(data), f"the root of {mirror}", data, confirmed)
