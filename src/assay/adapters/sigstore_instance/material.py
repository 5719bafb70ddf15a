"""What an instance consists of over time (``instance.json``): certificates and logs, each from when until when.

::

    {"url": "https://sigstore.example", "created": "2026-11-01T12:00:00+00:00",
     "authorities": [{"key": "ca", "chain": ["…", "…"], "start": "…", "end": "…"}, {"key": "ca-2", …}],
     "timestampers": […], "logs": [{"folder": "log", "origin": "sigstore.example", "url": "https://sigstore.example",
     "keys": ["log-v1", "log-v2"], "start": "…"}], "ct_logs": […], "spare": {"ca": {"key": "ca-2", …}}, "tuf": "tuf"}

The last of each list is the one in use; those before it are still published, with the end of their time. A spare
certificate was signed by the root in advance and is published already, so that the server can change to it alone.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from assay.adapters.log_store.tile_files import sync
from assay.errors import ExternalError, InputError, Malformed

FILE = "instance.json"


@dataclass(frozen=True, slots=True)
class Authority:
    """A chain (DER, the issuing certificate first) with the name of its key in the keyring."""

    key: str
    chain: tuple[bytes, ...]
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogShard:
    """A log in `folder`; `keys` sign its checkpoints; `url` is its address in trusted roots."""

    folder: str
    origin: str
    url: str
    keys: tuple[str, ...]
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """All of it; `spare` is by ``ca`` and ``tsa``; `tuf` names the key of the TUF roles that are signed online."""

    url: str
    created: datetime
    authorities: tuple[Authority, ...]
    timestampers: tuple[Authority, ...]
    logs: tuple[LogShard, ...]
    ct_logs: tuple[LogShard, ...]
    spare: dict[str, Authority] = field(default_factory=dict)
    tuf: str = "tuf"

    @property
    def host(self) -> str:
        """The host without its port, which is the origin of the first log: sigstore-go wants it so."""
        return urlsplit(self.url).hostname or "localhost"


def first(url: str, created: datetime, authorities: dict[str, Authority], spare: dict[str, Authority]) -> Material:
    """That of a new instance; `authorities` are ``ca`` and ``tsa``."""
    host = urlsplit(url).hostname or "localhost"
    log = LogShard("log", host, url, ("log-v1", "log-v2"), created)
    ct = LogShard("ct", f"{host}/ct", f"{url}/ct", ("ct",), created)
    return Material(url, created, (authorities["ca"],), (authorities["tsa"],), (log,), (ct,), spare)


def read(folder: Path) -> Material:
    """That of the instance in a folder; raises `InputError` where there is none, `Malformed` where it is damaged."""
    try:
        found: dict[str, Any] = json.loads((folder / FILE).read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"{folder} holds no instance", "make one: assay sigstore init") from error
    try:
        return _of_first_form(found) if "chains" in found else _parsed(found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Malformed(f"{folder / FILE} is damaged: {error}", "restore the instance from a backup") from error


def _of_first_form(found: dict[str, Any]) -> Material:
    """How it was before anything could be rotated."""
    created = datetime.fromisoformat(found["created"])
    both = {
        name: Authority(name, tuple(map(base64.b64decode, found["chains"][name])), created) for name in ("ca", "tsa")
    }
    return first(found["url"], created, both, {})


def _parsed(found: dict[str, Any]) -> Material:
    return Material(
        found["url"],
        datetime.fromisoformat(found["created"]),
        tuple(map(_authority, found["authorities"])),
        tuple(map(_authority, found["timestampers"])),
        tuple(map(_shard, found["logs"])),
        tuple(map(_shard, found["ct_logs"])),
        {name: _authority(item) for name, item in found["spare"].items()},
        found["tuf"],
    )


def _authority(item: dict[str, Any]) -> Authority:
    return Authority(item["key"], tuple(map(base64.b64decode, item["chain"])), *_period(item))


def _shard(item: dict[str, Any]) -> LogShard:
    return LogShard(item["folder"], item["origin"], item["url"], tuple(item["keys"]), *_period(item))


def _period(item: dict[str, Any]) -> tuple[datetime, datetime | None]:
    return datetime.fromisoformat(item["start"]), datetime.fromisoformat(item["end"]) if item["end"] else None


def write(folder: Path, material: Material) -> None:
    """Durably, and as a whole or not at all; raises `ExternalError`."""
    data = {
        "url": material.url,
        "created": material.created.isoformat(),
        "authorities": [_of_authority(item) for item in material.authorities],
        "timestampers": [_of_authority(item) for item in material.timestampers],
        "logs": [_of_shard(item) for item in material.logs],
        "ct_logs": [_of_shard(item) for item in material.ct_logs],
        "spare": {name: _of_authority(item) for name, item in material.spare.items()},
        "tuf": material.tuf,
    }
    replace(folder / FILE, json.dumps(data, indent=1).encode() + b"\n")


def replace(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file beside its name, and rename it when it is on disk; raises `ExternalError`."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync(path.parent)
    except OSError as error:
        raise ExternalError(f"{path} cannot be written: {error}", "make room on the disk") from error


def _of_authority(item: Authority) -> dict[str, Any]:
    chain = [base64.b64encode(part).decode() for part in item.chain]
    return {"key": item.key, "chain": chain, **_of_period(item.start, item.end)}


def _of_shard(item: LogShard) -> dict[str, Any]:
    named = {"folder": item.folder, "origin": item.origin, "url": item.url, "keys": list(item.keys)}
    return {**named, **_of_period(item.start, item.end)}


def _of_period(start: datetime, end: datetime | None) -> dict[str, Any]:
    return {"start": start.isoformat(), "end": end.isoformat() if end is not None else None}


@contextmanager
def _everywhere(folder: Path) -> Iterator[None]:
    """The same among all replicas, where the instance has several."""
    if not (folder / "storage.json").exists():
        yield
        return
    from assay.adapters.sigstore_instance import shared_folder

    storage = shared_folder.read(folder)
    assert storage is not None
    with shared_folder.exclusive(folder, storage):
        yield


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time changes the material or signs the TUF metadata; raises `ExternalError`."""
    try:
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ExternalError(f"{folder} cannot be locked: {error}", "is it writable?") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with _everywhere(folder):
            yield
    finally:
        os.close(handle)
