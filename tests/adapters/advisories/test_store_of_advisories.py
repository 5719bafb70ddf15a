"""The store: the same bytes for the same records, and whole whatever breaks."""

from __future__ import annotations

import errno
import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory_data import TODAY, made_by_another, osv, purls, store
from assay.adapters.advisories import AdvisoryStore, manifest, sharing, starter
from assay.adapters.advisories import writer as writers
from assay.adapters.advisories.builder import ShardBuilder
from assay.adapters.advisories.importer import Batch, Told, named
from assay.adapters.advisories.writer import writing
from assay.engines.match import Options, match
from assay.errors import AssayError, ExternalError, InputError, Malformed
from assay.model.feed import Document
from assay.model.finding import CoverageState

RECORDS = [osv(f"X-{n}", "PyPI", f"p{n % 7}", ("introduced", "0"), ("fixed", f"1.{n}")) for n in range(50)]


def found(folder: Path) -> int:
    with AdvisoryStore.open(folder) as data:
        return len(match(purls("pkg:pypi/p1@0.1"), data, Options(TODAY)).findings)


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    with store(tmp_path / "a", {"pypa": RECORDS}) as one, store(tmp_path / "b", {"pypa": RECORDS}) as other:
        assert one.digest == other.digest
        assert one.path("pypa").read_bytes() == other.path("pypa").read_bytes()
        assert one.path("pypa").stem == one.shards[0].digest.removeprefix("sha256:")


def test_bad_records_are_counted_and_named_and_the_good_ones_used(tmp_path: Path) -> None:
    lines = [b'{"id": "OK-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, "versions": ["1"]}]}']
    lines += [b'{"id": "CUT-1", "affected": [', b'{"affected": []}', b"[1]", b'{"id": 7, "affected": "no"}']
    lines += [
        b'{"id": "ABSURD-1", "affected": [{"package": {"ecosystem": "npm", "name": "b"}, "database_specific": '
        b'{"vulnerable_versions": "<><>"}}]}'
    ]
    batch = Batch(TODAY)
    batch.read(Document("x.jsonl", b"\n".join(lines)), Told("2026-11-22"), named("osv"))
    with writing(tmp_path) as writer:
        (imported,) = batch.finish(writer)
        writer.commit("2026-11-22T00:00:00Z")
    assert imported.shard.records == 2 and imported.shard.skipped == 5
    assert any("line 2" in path for path, _ in imported.skipped)
    assert any("ABSURD-1" in path for path, _ in imported.skipped)
    with AdvisoryStore.open(tmp_path) as data:
        assert [item.vulnerability.id for item in match(purls("pkg:pypi/a@1"), data, Options(TODAY)).findings] == [
            "OK-1"
        ]
        assert len(data.reader("osv").skipped()) == 5


def test_nothing_readable_leaves_the_old_data(tmp_path: Path) -> None:
    store(tmp_path, {"pypa": RECORDS}).close()
    before = found(tmp_path)
    batch = Batch(TODAY)
    batch.read(Document("x.jsonl", b"{\n{"), Told("2026-11-22"), named("pypa"))
    with pytest.raises(InputError, match="nothing could be read for pypa"), writing(tmp_path) as writer:
        batch.finish(writer)
    assert found(tmp_path) == before > 0


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_the_old_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    store(tmp_path, {"pypa": RECORDS}).close()
    before = found(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    target = {"write": (ShardBuilder, "write"), "fsync": (os, "fsync"), "replace": (os, "replace")}[step]
    monkeypatch.setattr(*target, full)
    with pytest.raises(ExternalError, match="No space left") as caught:
        store(tmp_path, {"ghsa": RECORDS})
    monkeypatch.undo()
    assert "free some space" in caught.value.remedy
    assert found(tmp_path) == before
    assert not [path for path in (tmp_path / "shards").iterdir() if path.name.startswith(".")]


def test_a_disk_that_is_full_for_sqlite_is_free_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's own error: the pages of the second shard find no room. What was written for the first one goes away."""
    store(tmp_path, {"pypa": RECORDS}).close()
    before, files = found(tmp_path), sorted((tmp_path / "shards").iterdir())
    fill, written = ShardBuilder._fill, []

    def short(self: ShardBuilder, connection: sqlite3.Connection) -> None:
        written.append(self.feed)
        if self.feed == "rubysec":
            connection.execute("PRAGMA max_page_count = 4")
        fill(self, connection)

    gems = [osv(f"R-{n}", "RubyGems", f"g{n}", ("introduced", "0")) for n in range(999)]
    monkeypatch.setattr(ShardBuilder, "_fill", short)
    with pytest.raises(ExternalError, match="disk is full") as caught:
        store(tmp_path, {"ghsa": RECORDS, "rubysec": gems})
    assert "free some space" in caught.value.remedy and written == ["ghsa", "rubysec"]
    assert found(tmp_path) == before
    assert sorted((tmp_path / "shards").iterdir()) == files


def test_what_a_killed_writer_left_goes_away_before_the_next_one_writes(tmp_path: Path) -> None:
    store(tmp_path, {"pypa": RECORDS}).close()
    (tmp_path / "shards/.building-x").write_bytes(b"half")
    with writing(tmp_path):
        assert not (tmp_path / "shards/.building-x").exists()


def test_what_became_live_stays_whatever_fails_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder could not be synced, say: the new manifest is there, so its shards must be, too."""
    store(tmp_path, {"pypa": RECORDS}).close()
    before = found(tmp_path)

    def broken(folder: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(manifest, "_sync", broken)
    with pytest.raises(ExternalError, match="Input/output error"):
        store(tmp_path, {"pypa": RECORDS[:9]})
    assert 0 < found(tmp_path) < before


def test_a_killed_update_leaves_the_old_data(tmp_path: Path) -> None:
    store(tmp_path, {"pypa": RECORDS}).close()
    before = found(tmp_path)
    script = textwrap.dedent(f"""
        import sys, time
        from pathlib import Path
        sys.path[:0] = {[str(Path(__file__).parents[2])]!r}
        from assay.adapters.advisories.writer import writing
        with writing(Path({str(tmp_path)!r})) as writer:
            (Path({str(tmp_path)!r}) / "shards" / ".building-x").write_bytes(b"half")
            writer.drop("pypa")
            print("ready", flush=True)
            time.sleep(60)
    """)
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert found(tmp_path) == before
    store(tmp_path, {"ghsa": RECORDS}).close()
    assert not (tmp_path / "shards/.building-x").exists()


def test_two_writers_wait_for_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "PATIENCE_SECONDS", 0.3)
    with writing(tmp_path):
        start = time.monotonic()
        with pytest.raises(ExternalError, match="another update"), writing(tmp_path):
            pass
        assert time.monotonic() - start >= 0.3
    with writing(tmp_path):
        pass


def test_readers_keep_what_they_opened_while_an_update_runs(tmp_path: Path) -> None:
    with store(tmp_path, {"pypa": RECORDS}) as old:
        store(tmp_path, {"pypa": RECORDS[:1]}).close()
        assert len(match(purls("pkg:pypi/p1@0.1"), old, Options(TODAY)).findings) > 1
    assert found(tmp_path) == 0


def test_readers_may_open_old_shards_after_an_update(tmp_path: Path) -> None:
    """They are opened when they are asked for, and a shard that lay there for a day is not gone in that moment."""
    store(tmp_path, {"pypa": RECORDS}).close()
    (shard,) = (tmp_path / "shards").iterdir()
    yesterday = time.time() - 86400
    os.utime(shard, (yesterday, yesterday))
    with AdvisoryStore.open(tmp_path) as old:
        store(tmp_path, {"pypa": RECORDS[:1]}).close()
        assert len(match(purls("pkg:pypi/p1@0.1"), old, Options(TODAY)).findings) > 1
    os.utime(shard, (yesterday, yesterday))
    store(tmp_path, {"pypa": RECORDS[:2]}).close()
    assert not shard.exists()


def test_a_damaged_shard_is_told_with_its_remedy(tmp_path: Path) -> None:
    with store(tmp_path, {"pypa": RECORDS}) as data:
        path = data.path("pypa")
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[5000:9000] = os.urandom(4000)
    path.write_bytes(content)
    with AdvisoryStore.open(tmp_path) as data:
        ((feed, fault),) = sharing.verify(data)
        assert feed == "pypa" and "not what its digest says" in fault
    path.write_bytes(b"no database at all")
    with pytest.raises(ExternalError, match=r"pypa .* is damaged") as caught:
        found(tmp_path)
    assert "assay db" in caught.value.remedy
    path.unlink()
    with pytest.raises(ExternalError, match="pypa is missing"):
        found(tmp_path)


def test_no_bits_of_a_shard_are_a_bug_of_assay(tmp_path: Path) -> None:
    """A file of which some bytes changed answers, or is told as damaged; nothing foreign comes out of it."""
    store(tmp_path, {"pypa": RECORDS}).close()
    (path,) = (tmp_path / "shards").iterdir()
    path.chmod(0o644)
    whole, chance, told = path.read_bytes(), random.Random(7), 0
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(20):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            found(tmp_path)
        except ExternalError as error:
            told += 1
            assert "pypa" in error.what and "db verify" in error.remedy
    assert told > 20


@pytest.mark.parametrize("schema", [0, 2])
def test_a_store_of_another_schema_is_told(tmp_path: Path, schema: int) -> None:
    store(tmp_path, {"pypa": RECORDS}).close()
    path = tmp_path / manifest.NAME
    path.write_text(path.read_text().replace('"schema": 1,\n "shards"', f'"schema": {schema},\n "shards"'))
    with pytest.raises(ExternalError, match=f"schema {schema}"):
        found(tmp_path)
    store(tmp_path, {"pypa": RECORDS}).close()
    assert found(tmp_path) > 0


OTHERS: list[tuple[dict[str, Any], str]] = [
    ({"orders": (("pypi", 0),)}, "made by an older assay, run `assay db update` or import it again"),
    ({"orders": ()}, "made by an older assay, run `assay db update` or import it again"),
    ({"orders": (("pypi", 99),)}, "made by a newer assay, update assay"),
    ({"schema": 0}, "made by an older assay, run `assay db update` or import it again"),
    ({"schema": 99}, "made by a newer assay, update assay"),
]


@pytest.mark.parametrize(("changes", "reason"), OTHERS)
def test_keys_of_another_assay_are_never_compared(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    store(tmp_path / "own", {"pypa": RECORDS}).close()
    made_by_another(tmp_path / "own", **changes)
    with AdvisoryStore.open(tmp_path / "own") as data:
        assert not data.shards and [item.reason for item in data.refused] == [reason]
        answer = match(purls("pkg:pypi/p1@0.1"), data, Options(TODAY))
    assert not answer.findings
    assert [(item.state, item.message) for item in answer.coverage] == [
        (CoverageState.NO_DATA, f"no advisory data for PyPI: that of pypa was {reason}")
    ]


def test_the_next_set_answers_for_what_cannot_be_used(tmp_path: Path) -> None:
    store(tmp_path / "own", {"pypa": RECORDS}).close()
    made_by_another(tmp_path / "own", orders=(("pypi", 0),))
    store(tmp_path / "first", {"pypa": RECORDS[:2]}, "2026-11-20").close()
    with AdvisoryStore.open(tmp_path / "own", tmp_path / "first") as data:
        answer = match(purls("pkg:pypi/p1@0.1"), data, Options(TODAY))
    assert [item.vulnerability.id for item in answer.findings] == ["X-1"]
    (covered,) = answer.coverage
    assert [item.day for item in covered.sources] == ["2026-11-20"]
    assert covered.message.endswith(
        ": that of pypa was made by an older assay, run `assay db update` or import it again"
    )


def test_the_starter_is_there_for_what_cannot_be_used(tmp_path: Path) -> None:
    packed = manifest.load(starter.PACKED / manifest.NAME)
    assert packed is not None
    own = tmp_path / "own"
    own.mkdir()
    manifest.write(own / manifest.NAME, packed.shards, packed.created)
    assert starter.unpacked(tmp_path / "cache", own) is None
    made_by_another(own, schema=0)
    assert starter.unpacked(tmp_path / "cache", own) is not None


def test_an_exported_store_replaces_what_cannot_be_used(tmp_path: Path) -> None:
    store(tmp_path / "theirs", {"pypa": RECORDS}, "2026-11-01").close()
    store(tmp_path / "ours", {"pypa": RECORDS[:1]}).close()
    made_by_another(tmp_path / "ours", orders=())
    with writing(tmp_path / "ours") as writer:
        assert sharing.adopt(writer, tmp_path / "theirs") == ["pypa"]
        writer.commit("2026-11-22T00:00:00Z")
    assert found(tmp_path / "ours") > 0


def test_a_manifest_that_was_changed_is_refused(tmp_path: Path) -> None:
    store(tmp_path, {"pypa": RECORDS}).close()
    path = tmp_path / manifest.NAME
    path.write_text(path.read_text().replace('"records": 50', '"records": 51'))
    with pytest.raises(ExternalError, match="not what its digest says"):
        found(tmp_path)


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_as_a_manifest(data: bytes) -> None:
    try:
        manifest.read(data, "m")
    except AssayError as error:
        assert isinstance(error, ExternalError)


@pytest.mark.parametrize("target", ["folder", "all.tar"])
def test_an_exported_store_is_taken_over_elsewhere(tmp_path: Path, target: str) -> None:
    with store(tmp_path / "a", {"pypa": RECORDS, "ghsa": RECORDS[:3]}) as data:
        assert sharing.export(data, tmp_path / target) == 2
        known = {data.shards[0].digest}
        assert sharing.export(data, tmp_path / "delta.tar", known) == 1
    assert sharing.is_store(tmp_path / target)
    with writing(tmp_path / "b") as writer:
        assert sharing.adopt(writer, tmp_path / target) == ["ghsa", "pypa"]
        writer.commit("2026-11-22T00:00:00Z")
    assert found(tmp_path / "b") == found(tmp_path / "a")
    with writing(tmp_path / "b") as writer:
        assert sharing.adopt(writer, tmp_path / target) == [], "they are there"


def test_half_an_export_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with store(tmp_path / "a", {"pypa": RECORDS}) as data:
        sharing.export(data, tmp_path / "x.tar")
        whole = (tmp_path / "x.tar").read_bytes()
        monkeypatch.setattr("tarfile.copyfileobj", full)
        with pytest.raises(ExternalError, match="No space left"):
            sharing.export(data, tmp_path / "x.tar")
    assert (tmp_path / "x.tar").read_bytes() == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "x.tar"]


def test_a_shard_that_is_not_what_its_digest_says_is_not_taken_over(tmp_path: Path) -> None:
    with store(tmp_path / "a", {"pypa": RECORDS}) as data:
        sharing.export(data, tmp_path / "out")
    (shard,) = (tmp_path / "out/shards").iterdir()
    shard.chmod(0o644)
    shard.write_bytes(shard.read_bytes()[:-1] + b"!")
    with writing(tmp_path / "b") as writer, pytest.raises(Malformed, match="not what its digest says"):
        sharing.adopt(writer, tmp_path / "out")
    assert not list((tmp_path / "b/shards").iterdir())


def test_dates_from_the_future_and_before_1990_do_not_make_data_new(tmp_path: Path) -> None:
    records = [
        {**osv(f"X-{day}", "PyPI", "a", ("introduced", "0")), "modified": f"{day}T00:00:00Z"}
        for day in ("2027-05-01", "1980-01-01", "2026-03-04")
    ]
    with store(tmp_path, {"pypa": records}, day="") as data:
        assert data.shards[0].day == data.shards[0].confirmed == "2026-03-04"


def test_only_the_shards_that_are_needed_are_opened(tmp_path: Path) -> None:
    npm = osv("N-1", "npm", "a", ("introduced", "0"))
    with store(tmp_path, {"pypa": RECORDS, "ghsa": [npm]}) as data:
        data.path("ghsa").unlink()
        assert match(purls("pkg:pypi/p1@0.1"), data, Options(TODAY)).findings


def test_shards_are_plain_sqlite(tmp_path: Path) -> None:
    with store(tmp_path, {"pypa": RECORDS}) as data:
        connection = sqlite3.connect(f"file:{data.path('pypa')}?mode=ro", uri=True)
    assert connection.execute("SELECT count(*) FROM advisory").fetchone() == (50,)
    connection.close()
