"""The evidence store: durable, shared by processes, upgraded in order, honest about damage."""

from __future__ import annotations

import hashlib
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assay.adapters.evidence import EvidenceStore, schema
from assay.errors import AssayError, ExternalError, InputError, UsageError
from assay.model.digest import Algorithm, Digest
from assay.model.evidence import Evidence, EvidenceQuery

SUBJECT = Digest(Algorithm.SHA256, "ab" * 32)
OTHER = Digest(Algorithm.SHA256, "cd" * 32)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EvidenceStore]:
    moments = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(1000))
    with EvidenceStore.open(tmp_path, lambda: next(moments)) as opened:
        yield opened


def test_what_is_recorded_is_found_and_read(store: EvidenceStore) -> None:
    kept = store.record("sbom", SUBJECT, b"{}", producer="assay 1", name="app", media_type="text/plain")
    assert list(store.find(EvidenceQuery())) == [kept]
    assert kept.digest.value == hashlib.sha256(b"{}").hexdigest()
    assert (kept.size, kept.time) == (2, "2026-01-01T00:00:00.000000Z")
    assert store.document(kept.digest) == b"{}"


def test_filters(store: EvidenceStore) -> None:
    first = store.record("sbom", SUBJECT, b"1", producer="p")
    second = store.record("scan", SUBJECT, b"2", producer="p")
    third = store.record("sbom", OTHER, b"1", producer="p")

    def find(**fields: str | int) -> list[Evidence]:
        return list(store.find(EvidenceQuery(**fields)))  # type: ignore[arg-type]

    assert find() == [third, second, first]
    assert find(kind="sbom") == [third, first]
    assert find(subject="sha256:ab") == find(subject="ABAB") == [second, first]
    assert find(since="2026-01-02T00:00:00") == [third, second]
    assert find(digest=first.digest.value[:10]) == [third, first]
    assert find(limit=1) == [third]
    assert find(subject="0000") == []
    for wrong in ("sha256:xyz", "*", "foo:ab"):
        with pytest.raises(UsageError, match="not the beginning of a digest"):
            find(subject=wrong)


def test_it_lasts_and_a_document_is_kept_once(tmp_path: Path) -> None:
    for _ in range(3):
        with EvidenceStore.open(tmp_path) as store:
            store.record("sbom", SUBJECT, b"x" * 1000, producer="p")
    with closing(sqlite3.connect(tmp_path / "evidence.db")) as opened, opened as connection:
        assert connection.execute("SELECT count(*) FROM document").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM entry").fetchone() == (3,)


def test_a_new_folder_is_private(tmp_path: Path) -> None:
    EvidenceStore.open(tmp_path / "deep/evidence").__exit__(None, None, None)
    assert (tmp_path / "deep/evidence").stat().st_mode & 0o077 == 0


_WRITER = """
import sys
from pathlib import Path
from assay.adapters.evidence import EvidenceStore
from assay.model.digest import Algorithm, Digest
for number in range(int(sys.argv[3])):
    with EvidenceStore.open(Path(sys.argv[1])) as store:
        document = f"{sys.argv[2]} {number}".encode()
        store.record("sbom", Digest(Algorithm.SHA256, "ab" * 32), document, producer=sys.argv[2])
    print(number, flush=True)
"""


def _writer(folder: Path, name: str, count: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _WRITER, str(folder), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_many_processes_write_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    writers = [_writer(folder, f"writer-{number}", 15) for number in range(4)]
    for writer in writers:
        _, err = writer.communicate(timeout=300)
        assert writer.returncode == 0, err.decode()
    with EvidenceStore.open(folder) as store:
        entries = list(store.find(EvidenceQuery()))
        assert len(entries) == 60
        assert all(store.document(entry.digest).decode().startswith(entry.producer) for entry in entries)


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    writer = _writer(tmp_path, "killed", 100_000)
    assert writer.stdout is not None
    said = [writer.stdout.readline() for _ in range(5)]
    writer.send_signal(signal.SIGKILL)
    said += writer.stdout.readlines()
    writer.communicate(timeout=60)
    acknowledged = sum(line.endswith(b"\n") for line in said)
    with EvidenceStore.open(tmp_path) as store:
        entries = list(store.find(EvidenceQuery(limit=1_000_000)))
        assert acknowledged <= len(entries) <= acknowledged + 1
        for entry in entries:
            store.document(entry.digest)


def test_a_failed_write_leaves_nothing(store: EvidenceStore, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "evidence.db")) as opened, opened as connection:
        connection.execute("CREATE TRIGGER full BEFORE INSERT ON entry BEGIN SELECT raise(ABORT, 'disk full'); END")
    with pytest.raises(AssayError, match="disk full"):
        store.record("sbom", SUBJECT, b"1", producer="p")
    with closing(sqlite3.connect(tmp_path / "evidence.db")) as opened, opened as connection:
        assert connection.execute("SELECT count(*) FROM document").fetchone() == (0,)
        connection.execute("DROP TRIGGER full")
    store.record("sbom", SUBJECT, b"1", producer="p")


def test_a_writer_waits_for_another_and_gives_up_in_time(
    store: EvidenceStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.3)
    holder = sqlite3.connect(tmp_path / "evidence.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    start = time.monotonic()
    with pytest.raises(ExternalError, match="locked"):
        store.record("sbom", SUBJECT, b"1", producer="p")
    assert time.monotonic() - start > 0.2
    assert list(store.find(EvidenceQuery())) == []
    holder.close()


def test_damage_is_told(store: EvidenceStore, tmp_path: Path) -> None:
    kept = store.record("sbom", SUBJECT, b"document", producer="p")
    with closing(sqlite3.connect(tmp_path / "evidence.db")) as opened, opened as connection:
        connection.execute("UPDATE document SET content = ?", (b"nonsense",))
    with pytest.raises(InputError, match="is damaged"):
        store.document(kept.digest)
    with pytest.raises(InputError, match="no evidence with the digest"):
        store.document(OTHER)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "evidence.db").write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(InputError, match="not a database"):
        EvidenceStore.open(tmp_path)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ExternalError, match="evidence store in"):
        EvidenceStore.open(tmp_path / "file" / "evidence")


def test_migrations_are_applied_in_order_and_once(tmp_path: Path) -> None:
    for number, statement in enumerate(("CREATE TABLE a (x);", "INSERT INTO a VALUES (';'); -- one\n"), 1):
        (tmp_path / f"000{number}_step.sql").write_text(statement)
    connection = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    schema.migrate(connection, tmp_path)
    schema.migrate(connection, tmp_path)
    assert connection.execute("SELECT x FROM a").fetchall() == [(";",)]
    (tmp_path / "0003_broken.sql").write_text("INSERT INTO a VALUES ('half');\nINSERT INTO absent VALUES (1);\n")
    with pytest.raises(sqlite3.OperationalError):
        schema.migrate(connection, tmp_path)
    assert connection.execute("SELECT x FROM a").fetchall() == [(";",)]
    done = connection.execute("SELECT version, name FROM schema_version").fetchall()
    assert done == [(1, "0001_step"), (2, "0002_step")]
    connection.close()


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    EvidenceStore.open(tmp_path).__exit__(None, None, None)
    with closing(sqlite3.connect(tmp_path / "evidence.db")) as opened, opened as connection:
        connection.execute("INSERT INTO schema_version VALUES (99, 'later')")
    with pytest.raises(UsageError, match="schema 99"):
        EvidenceStore.open(tmp_path)


def test_a_store_that_may_not_be_written(tmp_path: Path) -> None:
    EvidenceStore.open(tmp_path).__exit__(None, None, None)
    connection = sqlite3.connect(f"file:{tmp_path}/evidence.db?mode=ro", uri=True, isolation_level=None)
    with pytest.raises(ExternalError, match="readonly"):
        EvidenceStore(connection, lambda: datetime.now(UTC)).record("sbom", SUBJECT, b"1", producer="p")
    connection.close()
