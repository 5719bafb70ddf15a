"""``manifest.json``: which shards are the live set. It is replaced by rename, so a reader sees an old set or a new one.

::

    {"schema": 1, "created": "2026-11-23T02:00:00Z", "digest": "sha256:...",
     "shards": {"pypa": {"digest": "sha256:89a2...", "size": 9912320, "day": "2026-07-23", "confirmed": "...",
                         "records": 7080, "ecosystems": ["PyPI"], "states": ["fixed", "not-fixed"], ...}}}

`digest` is over the canonical JSON of the rest: it stands in for a signature until `assay sign` signs it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from assay.errors import ExternalError
from assay.model.advisory import FixState
from assay.model.advisory_store import Shard

NAME = "manifest.json"
SCHEMA = 1
MAX_BYTES = 64 << 20
_DIGEST = re.compile("sha256:[0-9a-f]{64}")
_NAME = re.compile("[a-z0-9][a-z0-9._-]{0,63}")


class Manifest(NamedTuple):
    """The live set, by name of the source."""

    shards: Mapping[str, Shard]
    created: str = ""
    digest: str = ""


def load(path: Path) -> Manifest | None:
    """The manifest, or None where there is none. Raises `ExternalError` for one that is damaged or too new."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ExternalError(f"{path} cannot be read: {error.strerror}", "check its permissions") from error
    return read(data, str(path))


def read(data: bytes, origin: str) -> Manifest:
    """The manifest in `data`."""
    try:
        value = json.loads(data)
        if not isinstance(value, dict) or value.get("schema") != SCHEMA:
            schema = value.get("schema") if isinstance(value, dict) else None
            raise ExternalError(
                f"{origin} is of schema {schema!r}, this assay reads {SCHEMA}",
                "update assay if it is newer, else make the store anew with `assay db update` or `assay db import`",
            )
        shards = {shard.feed: shard for shard in map(_shard, value["shards"].values())}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ExternalError(
            f"{origin} is damaged: {error}", "make the store anew with `assay db update` or `assay db import`"
        ) from error
    expected = digest(shards)
    if value.get("digest") != expected:
        raise ExternalError(
            f"{origin} is not what its digest says ({value.get('digest')}, found {expected})",
            "make the store anew with `assay db update` or `assay db import`",
        )
    return Manifest(shards, str(value.get("created", "")), expected)


def write(path: Path, shards: Mapping[str, Shard], created: str) -> Manifest:
    """Replace the manifest; it is on disk when this returns."""
    data = dump(shards, created)
    import tempfile

    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".manifest-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # noqa: PTH101
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync(path.parent)
    return Manifest(dict(shards), created, digest(shards))


def dump(shards: Mapping[str, Shard], created: str) -> bytes:
    """The manifest's bytes."""
    value = {"schema": SCHEMA, "created": created, "digest": digest(shards), "shards": _plain(shards)}
    return json.dumps(value, indent=1, sort_keys=True).encode() + b"\n"


def digest(shards: Mapping[str, Shard]) -> str:
    """The digest that names this set."""
    text = json.dumps(_plain(shards), sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _plain(shards: Mapping[str, Shard]) -> dict[str, object]:
    return {name: shard._asdict() for name, shard in shards.items()}


def _shard(value: Mapping[str, object]) -> Shard:
    known = {key: item for key, item in value.items() if key in Shard._fields}
    shard = Shard(**known)  # type: ignore[arg-type]
    if not _DIGEST.fullmatch(shard.digest) or not _NAME.fullmatch(shard.feed) or not 0 <= int(shard.size) < 1 << 40:
        raise ValueError(f"{shard.feed!r} has the digest {shard.digest!r}")  # both become names of files
    return shard._replace(
        states=tuple(FixState(item) for item in shard.states),
        ecosystems=tuple(shard.ecosystems),
        covers=tuple(shard.covers),
        orders=tuple((name, revision) for name, revision in shard.orders),
    )


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
