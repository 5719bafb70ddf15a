"""Reading and writing the evidence store: one SQLite file, ``evidence.db``, in write-ahead-log mode.

A record is on disk (`synchronous=FULL`) before `record` returns. Readers never wait for writers, writers wait for
each other up to `schema.BUSY_SECONDS`.
"""

from __future__ import annotations

import hashlib
import sqlite3
import string
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from assay.adapters.evidence import schema
from assay.errors import ExternalError, InputError, LimitExceeded, UsageError
from assay.formats import digest as digests
from assay.model.digest import Algorithm, Digest
from assay.model.evidence import Evidence, EvidenceQuery

MAX_DOCUMENT = 512 << 20
_COLUMNS = "entry.subject, entry.kind, entry.time, entry.producer, entry.document, size, entry.name, entry.media_type"
_HEX = frozenset(string.hexdigits)


class EvidenceStore:
    """The store in one folder; fulfils `assay.ports.Ledger`. Use it as a context manager."""

    def __init__(self, connection: sqlite3.Connection, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now

    @classmethod
    def open(cls, folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Self:
        """Opens the store, and makes it where there is none (readable by its owner alone)."""
        with _translated(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            connection = sqlite3.connect(folder / "evidence.db", timeout=schema.STEP_SECONDS, isolation_level=None)
            try:
                schema.patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"))
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA foreign_keys = ON")
                schema.migrate(connection)
            except BaseException:
                connection.close()
                raise
        return cls(connection, now)

    def record(
        self,
        kind: str,
        subject: Digest,
        document: bytes,
        *,
        producer: str,
        name: str = "",
        media_type: str = "application/json",
    ) -> Evidence:
        """Keeps a document; it is durable when this returns. A document that is there already is kept once."""
        if len(document) > MAX_DOCUMENT:
            raise LimitExceeded(f"a document of {len(document)} bytes is too large to record (at most {MAX_DOCUMENT})")
        entry = Evidence(subject, kind, self._time(), producer, _digest(document), len(document), name, media_type)
        content = zlib.compress(document, 6)
        with self._transaction() as connection:
            _insert(connection, entry, content)
        return entry

    def record_all(self, found: Iterable[tuple[str, Digest, str, bytes]], producer: str) -> int:
        """Keeps documents, each with its kind, subject and name, all or none; how many. They are durable then."""
        time = self._time()
        entries, contents = [], dict[bytes, tuple[Digest, bytes]]()
        for kind, subject, name, document in found:
            if len(document) > MAX_DOCUMENT:
                continue
            if document not in contents:  # one document often has several subjects
                contents[document] = _digest(document), zlib.compress(document, 1)
            digest = contents[document][0]
            entries.append((Evidence(subject, kind, time, producer, digest, len(document), name), document))
        with self._transaction() as connection:
            for entry, document in entries:
                _insert(connection, entry, contents[document][1])
        return len(entries)

    def has(self, digest: Digest) -> bool:
        """Whether there is a document with that digest."""
        with _translated():
            row = self._connection.execute("SELECT 1 FROM document WHERE digest = ?", (str(digest),)).fetchone()
        return row is not None

    def forget(self, kind: str, before: str, most: int = 10_000) -> int:
        """Removes entries of a kind older than a time (RFC 3339), oldest first, and documents left without any."""
        with self._transaction() as connection:
            rows = connection.execute(
                "DELETE FROM entry WHERE id IN (SELECT id FROM entry WHERE kind = ? AND time < ? ORDER BY time LIMIT ?)"
                " RETURNING document",
                (kind, before, most),
            ).fetchall()
            connection.executemany(
                "DELETE FROM document WHERE digest = ? AND NOT EXISTS (SELECT 1 FROM entry WHERE document = digest)",
                set(rows),
            )
        return len(rows)

    def _time(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

    def find(self, query: EvidenceQuery) -> Iterator[Evidence]:
        """The entries that fit, newest first."""
        where, values = _conditions(query)
        with _translated():
            rows = self._connection.execute(
                f"SELECT {_COLUMNS} FROM entry JOIN document ON document.digest = entry.document"  # noqa: S608
                f" WHERE {where} ORDER BY entry.time DESC, entry.id DESC LIMIT ?",
                (*values, query.limit),
            )
            for subject, kind, time, producer, digest, size, name, media_type in rows:
                found = digests.parse(subject), digests.parse(digest)
                yield Evidence(found[0], kind, time, producer, found[1], size, name, media_type)

    def document(self, digest: Digest) -> bytes:
        """The document with that digest, checked; raises `InputError` where there is none or it is damaged."""
        with _translated():
            row = self._connection.execute(
                "SELECT content, size FROM document WHERE digest = ?", (str(digest),)
            ).fetchone()
        if row is None:
            raise InputError(f"no evidence with the digest {digest}", "`assay evidence list` shows what there is")
        try:
            content = zlib.decompressobj().decompress(row[0], min(row[1], MAX_DOCUMENT) + 1)
        except zlib.error:
            content = b""
        if hashlib.sha256(content).hexdigest() != digest.value:
            raise InputError(f"the evidence {digest} is damaged", "restore the data directory from a backup")
        return content

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _translated():
            schema.begin(self._connection)
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()


def _digest(document: bytes) -> Digest:
    return Digest(Algorithm.SHA256, hashlib.sha256(document).hexdigest())


def _insert(connection: sqlite3.Connection, entry: Evidence, content: bytes) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO document (digest, size, content) VALUES (?, ?, ?)",
        (str(entry.digest), entry.size, content),
    )
    connection.execute(
        "INSERT INTO entry (subject, name, kind, time, producer, media_type, document) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (str(entry.subject), entry.name, entry.kind, entry.time, entry.producer, entry.media_type, str(entry.digest)),
    )


@contextmanager
def _translated(folder: Path | None = None) -> Iterator[None]:
    """What SQLite and the file system say, as errors of assay."""
    where = f" in {folder}" if folder else ""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise ExternalError(f"evidence store{where}: {error}", "check the folder's permissions and space") from error
    except sqlite3.DatabaseError as error:
        raise InputError(f"evidence store{where}: {error}", "restore the data directory from a backup") from error
    except OSError as error:
        raise ExternalError(f"evidence store{where}: {error.strerror}", "name another place with --data-dir") from error


def _conditions(query: EvidenceQuery) -> tuple[str, list[str]]:
    wanted = [("entry.kind = ?", query.kind), ("entry.time >= ?", query.since)]
    wanted += [("entry.subject GLOB ?", _glob(query.subject)), ("entry.document GLOB ?", _glob(query.digest))]
    kept = [(condition, value) for condition, value in wanted if value]
    return " AND ".join(condition for condition, _ in kept) or "1", [value for _, value in kept]


def _glob(prefix: str) -> str:
    """The pattern for a digest's beginning, with or without its algorithm."""
    if not prefix:
        return ""
    algorithm, colon, value = prefix.rpartition(":")
    if not _HEX.issuperset(value) or (colon and algorithm not in list(Algorithm)):
        raise UsageError(f"not the beginning of a digest: {prefix}", "write sha256:0123ab or 0123ab")
    return f"{algorithm or '*'}:{value.lower()}*"
