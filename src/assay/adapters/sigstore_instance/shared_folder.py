"""The folder of an instance that several replicas serve: what is in it comes from the database that they share.

::

    DATA_DIR/sigstore/storage.json    {"database": "postgresql://assay@db.example/sigstore", "objects": "s3://logs/one"}

A replica needs that file (or ``--storage`` and ``--objects``) and the password of the keys, nothing else: ``keys.pem``
is shared encrypted, as it lies in the folder, so that a key that one replica rotates is known to all;
``instance.json``, the issuers and the TUF repository are shared as they are. One replica at a time changes them.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from assay.adapters.log_store.replicated_store import schema_of
from assay.adapters.log_store.sql_log import Statements
from assay.adapters.object_store import ObjectStore
from assay.adapters.postgres import Postgres, check_address
from assay.adapters.sigstore_instance import material
from assay.errors import AssayError, InputError, Malformed, UsageError

FILE = "storage.json"
_TOP = ("keys.pem", "keys.addresses.json", "issuers.yaml", material.FILE)
_SCRIPTS = {
    0: [
        "CREATE TABLE file (path TEXT PRIMARY KEY, data BYTEA NOT NULL, version BIGINT NOT NULL)",
        "CREATE TABLE change (version BIGINT NOT NULL)",
        "INSERT INTO change VALUES (0)",
    ]
}
_WRITE = """INSERT INTO file VALUES (?, ?, ?) ON CONFLICT (path)
            DO UPDATE SET data = excluded.data, version = excluded.version"""
_CHANGING_SECONDS = 120
"""For which one replica may change files: keys are made, encrypted and asked for signatures meanwhile, on machines that
have little time for it. Who waits for its turn waits longer than that, so that one that is gone ends no other."""


@dataclass(frozen=True, slots=True)
class Storage:
    """The addresses of the database and of the object store."""

    database: str
    objects: str


def read(folder: Path) -> Storage | None:
    """Where the instance in a folder is kept, if not in the folder; raises `Malformed`."""
    try:
        found = json.loads((folder / FILE).read_text())
        return Storage(str(found["database"]), str(found["objects"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        remedy = '{"database": "postgresql://…", "objects": "s3://…"}'
        raise Malformed(f"{folder / FILE} cannot be read: {error}", remedy) from error


def join(folder: Path, storage: Storage) -> None:
    """Make a folder that of a replica; raises `UsageError` where it is that of an instance by itself, or of another."""
    there = read(folder)
    if there is None and (folder / material.FILE).exists():
        raise UsageError(f"{folder} holds an instance that does not share its storage", "name another: --data-dir DIR")
    if there is not None and there != storage:
        raise UsageError(f"{folder} is that of a replica of another storage", f"see {folder / FILE}")
    check(storage)
    if not pull_from(folder, storage):
        raise InputError("the database holds no instance", "make one: assay sigstore init --storage … --objects …")
    _keep(folder, storage)


def check(storage: Storage) -> None:
    """Raise where the storage cannot be used: `UsageError`, `ExternalError`."""
    check_address(storage.database)
    ObjectStore(storage.objects).check()


def check_new(storage: Storage) -> None:
    """Raise `UsageError` where an instance is kept there already, too."""
    check(storage)
    with _database(storage).reading() as found:
        if found.run("SELECT 1 FROM file LIMIT 1"):
            raise UsageError("the database holds an instance already", "give each instance a database of its own")


def create(folder: Path, storage: Storage) -> None:
    """Share a folder that was just made."""
    _keep(folder, storage)
    with exclusive(folder, storage):
        pass


def _keep(folder: Path, storage: Storage) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps({"database": storage.database, "objects": storage.objects}, indent=1)
    material.replace(folder / FILE, text.encode() + b"\n")


@cache
def _database(storage: Storage) -> Postgres:
    found = Postgres(storage.database, schema_of("instance"), "the database of the instance")
    found.install(_SCRIPTS)
    return found


def pull(folder: Path) -> None:
    """Take over what other replicas changed, where the folder is shared."""
    storage = read(folder)
    if storage is not None:
        pull_from(folder, storage)


_SEEN: dict[Path, int] = {}
_PULLING = threading.Lock()


def pull_from(folder: Path, storage: Storage) -> bool:
    """The same from that storage; whether there is an instance."""
    with _PULLING, _database(storage).reading() as found:
        return _pull(folder, found) > 0


def _pull(folder: Path, found: Statements) -> int:
    """Write files that are not as the database has them; the version."""
    ((version,),) = found.run("SELECT version FROM change")
    newer = _SEEN.get(folder, -1)
    if version != newer:
        rows = found.run("SELECT path, data FROM file WHERE version > ?", (newer,))
        for path, data in sorted(rows, key=lambda row: _order(row[0])):
            _put(folder, path, data)
        _SEEN[folder] = version
    return int(version)


def _order(path: str) -> tuple[int, str]:
    """Keys before what uses them, and the description and the timestamp last."""
    last = {"keys.pem": 0, "keys.addresses.json": 0, "repository/timestamp.json": 2, material.FILE: 3}
    return last.get(path, 1), path


def _put(folder: Path, path: str, data: bytes) -> None:
    if not _ours(path):
        raise Malformed(f"the database has a file {path[:80]!r} that is not of an instance", "see who wrote it")
    target = folder / path
    if not target.is_file() or target.read_bytes() != data:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        material.replace(target, data, 0o600 if path == "keys.pem" else 0o644)


def _ours(path: str) -> bool:
    parts = PurePosixPath(path).parts
    plain = all(not part.startswith(".") and "\\" not in part for part in parts)
    return path in _TOP or (plain and len(parts) in (2, 3) and parts[0] == "repository")


@contextmanager
def exclusive(folder: Path, storage: Storage) -> Iterator[None]:
    """One replica at a time changes files: what is newer is read before, what is changed is written after."""
    try:
        with _database(storage).writing() as write:
            for name, more in (("idle_in_transaction_session", 0), ("lock", 30), ("statement", 60)):
                write.run(f"SET LOCAL {name}_timeout = '{_CHANGING_SECONDS + more}s'")
            write.run("SELECT version FROM change FOR UPDATE")
            with _PULLING:
                _pull(folder, write)
            yield
            changed = _push(folder, write)
    except BaseException:
        _SEEN.pop(folder, None)
        with suppress(AssayError, OSError):  # what was changed here alone is not kept
            pull_from(folder, storage)
        raise
    _SEEN[folder] = changed


def _push(folder: Path, write: Statements) -> int:
    known = dict(write.run("SELECT path, encode(sha256(data), 'hex') FROM file"))
    paths = [folder / name for name in _TOP] + sorted((folder / "repository").rglob("*"))
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths if path.is_file()}
    new = {path: data for path, data in files.items() if _ours(path) and known.get(path) != _digest(data)}
    ((version,),) = write.run("SELECT version FROM change")
    if new:
        version += 1
        write.run("UPDATE change SET version = ?", (version,))
        for path, data in new.items():
            write.run(_WRITE, (path, data, version))
    return int(version)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def newest(folder: Path, path: str) -> bytes | None:
    """A file as the database has it now; where the folder is not shared, or the file is not, None."""
    storage = read(folder)
    if storage is None:
        return None
    with _database(storage).reading() as found:
        rows = found.run("SELECT data FROM file WHERE path = ?", (path,))
    return bytes(rows[0][0]) if rows else None
