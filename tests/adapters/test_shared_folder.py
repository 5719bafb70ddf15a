"""Folders of replicas over a real PostgreSQL and a real S3 server: what one changes, the others have, as a whole."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assay.adapters import postgres as databases
from assay.adapters.sigstore_instance import material, shared_folder
from assay.adapters.sigstore_instance.shared_folder import Storage
from assay.errors import ExternalError, InputError, Malformed, UsageError
from simulators.object_server import ObjectServer
from simulators.postgres_server import PostgresServer

FILES = {
    "keys.pem": "encrypted",
    "instance.json": "{}",
    "repository/1.root.json": "root",
    "repository/targets/a.b": "x",
}


@pytest.fixture
def storage(postgres: PostgresServer, objects: ObjectServer) -> Storage:
    return Storage(postgres.database(), objects.address())


def written(folder: Path, **more: str) -> Path:
    for name, text in {**FILES, **more}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def there(folder: Path) -> dict[str, str]:
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name not in (".lock", shared_folder.FILE)]
    return {path.relative_to(folder).as_posix(): path.read_text() for path in paths}


def test_a_replica_gets_what_another_made_and_changed(storage: Storage, tmp_path: Path) -> None:
    one, other = written(tmp_path / "one"), tmp_path / "other"
    (one / "unrelated").write_text("not shared")
    with pytest.raises(InputError, match="holds no instance"):
        shared_folder.join(other, storage)
    shared_folder.check_new(storage)
    shared_folder.create(one, storage)
    shared_folder.join(other, storage)
    assert there(other) == FILES
    assert (other / "keys.pem").stat().st_mode & 0o777 == 0o600
    with material.locked(other):
        (other / "repository" / "timestamp.json").write_text("2")
        (other / "instance.json").write_text('{"rotated": 1}')
    assert shared_folder.newest(one, "repository/timestamp.json") == b"2"
    shared_folder.pull(one)
    assert there(one) == {**there(other), "unrelated": "not shared"}
    with pytest.raises(UsageError, match="already"):
        shared_folder.check_new(storage)


def test_a_change_that_fails_is_nobodys(storage: Storage, tmp_path: Path) -> None:
    one = written(tmp_path / "one")
    shared_folder.create(one, storage)
    with pytest.raises(ZeroDivisionError), material.locked(one):
        (one / "instance.json").write_text("half of it")
        _ = 1 / 0
    assert there(one) == FILES
    assert shared_folder.newest(one, "instance.json") == b"{}"


def test_a_change_may_take_long_and_others_wait_for_it(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer than a transaction of any other kind may be idle, and than anything else may wait for a lock."""
    short = re.sub(r"(idle\w+|lock)_timeout=\d+", r"\1_timeout=300", databases._OPTIONS)
    assert short.count("=300") == 2
    monkeypatch.setattr(databases, "_OPTIONS", short)
    one, other, begun = written(tmp_path / "one"), tmp_path / "other", threading.Event()
    shared_folder.create(one, storage)
    shared_folder.join(other, storage)

    def change() -> None:
        with material.locked(one):
            begun.set()
            time.sleep(1)
            (one / "instance.json").write_text('{"first": 1}')

    with ThreadPoolExecutor(1) as pool:
        changing = pool.submit(change)
        assert begun.wait(60)
        with material.locked(other):
            assert (other / "instance.json").read_text() == '{"first": 1}'
        changing.result()


def test_what_is_in_the_database_cannot_leave_the_folder(
    storage: Storage, postgres: PostgresServer, tmp_path: Path
) -> None:
    shared_folder.create(written(tmp_path / "one"), storage)
    for path in ("../x", "repository/../../x", "/etc/x", "repository/.x", "root-keys.pem", "storage.json"):
        with postgres.connection(storage.database.partition("@/")[2].partition("?")[0]) as database:
            database.execute("DELETE FROM assay_instance.file WHERE version = 99")
            database.execute("INSERT INTO assay_instance.file VALUES (%s, 'x', 99)", (path,))
            database.execute("UPDATE assay_instance.change SET version = 99")
        with pytest.raises(Malformed, match="not of an instance"):
            shared_folder.join(tmp_path / "deep" / "other", storage)
    assert not list(tmp_path.rglob("x"))


def test_a_folder_belongs_to_one_storage(storage: Storage, postgres: PostgresServer, tmp_path: Path) -> None:
    one, alone = written(tmp_path / "one"), written(tmp_path / "alone")
    shared_folder.create(one, storage)
    with pytest.raises(UsageError, match="another storage"):
        shared_folder.join(one, Storage(postgres.address("other"), storage.objects))
    with pytest.raises(UsageError, match="does not share"):
        shared_folder.join(alone, storage)
    (one / shared_folder.FILE).write_text("[]")
    with pytest.raises(Malformed):
        shared_folder.read(one)


def test_a_storage_that_cannot_be_used_is_told(storage: Storage, tmp_path: Path) -> None:
    with pytest.raises(ExternalError, match="cannot be reached"):
        shared_folder.check_new(Storage(f"postgresql://assay@/x?host={tmp_path}", storage.objects))
    with pytest.raises(ExternalError, match="fails"):
        shared_folder.check_new(Storage(storage.database, "s3://assay/p?endpoint=http%3A%2F%2F127.0.0.1%3A1"))
