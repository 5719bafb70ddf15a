"""Recorded admissions in files: the oldest go, a broken end is told, a full disk is an error."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from assay.adapters.recorded_admissions import RecordedAdmissions, read
from assay.engines.policy import deciding
from assay.errors import ExternalError
from assay.formats import admission_review, recorded_admission
from simulators.running_admission import pod, review


def line(name: str) -> bytes:
    request = admission_review.request(review(pod("a.example/b:1", name=name)))
    return recorded_admission.write("2026-11-26T20:11:04Z", request, deciding.decide(()))


def names(folder: Path, damaged: list[str]) -> list[str]:
    return [one.request.name for one in read(folder, damaged.append)]


def test_batches_are_read_in_order(tmp_path: Path) -> None:
    files = RecordedAdmissions(tmp_path / "requests")
    files.write([])
    assert not (tmp_path / "requests").exists()
    files.write([line("a"), line("b")])
    files.write([line("c")])
    damaged: list[str] = []
    assert names(tmp_path / "requests", damaged) == ["a", "b", "c"] and not damaged
    (made,) = (tmp_path / "requests").iterdir()
    assert made.stat().st_mode & 0o777 == 0o600


def test_the_oldest_go_where_they_grow_too_many(tmp_path: Path) -> None:
    files = RecordedAdmissions(tmp_path, most=8_000, largest=1_000)
    for number in range(200):
        files.write([line(f"n{number}")])
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 8_500
    found = names(tmp_path, [])
    assert found == [f"n{number}" for number in range(200 - len(found), 200)] and len(found) > 10


def test_what_is_damaged_is_told_and_the_rest_read(tmp_path: Path) -> None:
    files = RecordedAdmissions(tmp_path)
    files.write([line("a")])
    files.write([b'{"version": 9}\n', line("b")])
    files.write([line("c")])
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-20])
    (tmp_path / "0.jsonl.gz").write_bytes(b"no gzip")
    (tmp_path / "1.jsonl.gz").write_bytes(gzip.compress(b"x" * 5_000_000))
    damaged: list[str] = []
    assert names(tmp_path, damaged)[:2] == ["a", "b"]
    assert any("version 9" in text for text in damaged) and any("lost" in text for text in damaged)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExternalError, match="cannot be recorded"):
        RecordedAdmissions(tmp_path / "file" / "requests").write([line("a")])
