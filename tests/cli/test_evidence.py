"""`assay evidence list|show|export` on a store with a few entries."""

from __future__ import annotations

import json
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assay.__main__ import main
from assay.adapters.evidence import EvidenceStore
from assay.cli.evidence import _query
from assay.errors import ExitCode, UsageError
from assay.model.digest import Algorithm, Digest
from assay.model.evidence import Evidence

SUBJECT = Digest(Algorithm.SHA256, "ab" * 32)


@pytest.fixture
def entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Evidence]:
    monkeypatch.setenv("ASSAY_DATA_DIR", str(tmp_path / "data"))
    with EvidenceStore.open(tmp_path / "data/evidence") as store:
        return [
            store.record("sbom", SUBJECT, b'{"a": 1}\n', producer="assay 1", name="evil\x1b[31mname"),
            store.record("scan", SUBJECT, b"\xff\x00", producer="assay 1", media_type="application/octet-stream"),
        ]


def test_list(entries: list[Evidence], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "list"]) == ExitCode.OK
    head, newest, oldest = capsys.readouterr().out.splitlines()
    assert head.split() == ["TIME", "KIND", "SUBJECT", "DOCUMENT", "PRODUCER", "NAME"]
    assert "scan" in newest
    assert "sbom" in oldest
    assert "evil\\x1b[31mname" in oldest
    assert main(["evidence", "list", "--kind", "sbom", "--subject", "ab", "--since", "1d", "--json"]) == ExitCode.OK
    (only,) = json.loads(capsys.readouterr().out)
    assert only["digest"] == str(entries[0].digest)
    assert only["size"] == 9


def test_list_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "list", "--json", "--data-dir", str(tmp_path)]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out) == []


def test_show(entries: list[Evidence], capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["evidence", "show", entries[1].digest.value[:8]]) == ExitCode.OK
    assert capfdbinary.readouterr().out == b"\xff\x00"
    assert main(["evidence", "show", str(entries[0].digest), "--about"]) == ExitCode.OK
    assert json.loads(capfdbinary.readouterr().out)[0]["kind"] == "sbom"


def test_show_of_what_is_not_there_or_not_clear(entries: list[Evidence], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "show", "0123456789"]) == ExitCode.INPUT
    assert main(["evidence", "show", "sha256:"]) == ExitCode.USAGE
    assert "begins 2 digests" in capsys.readouterr().err


def test_export_to_a_folder(entries: list[Evidence], tmp_path: Path) -> None:
    assert main(["-q", "evidence", "export", str(tmp_path / "out")]) == ExitCode.OK
    index = [json.loads(line) for line in (tmp_path / "out/index.jsonl").read_text().splitlines()]
    assert [one["kind"] for one in index] == ["scan", "sbom"]
    for entry, content in zip(entries, (b'{"a": 1}\n', b"\xff\x00"), strict=True):
        assert (tmp_path / "out/documents" / entry.digest.value).read_bytes() == content


def test_export_to_tar_is_the_same_twice(entries: list[Evidence], tmp_path: Path) -> None:
    for name in ("a.tar", "b.tar"):
        assert main(["-q", "evidence", "export", str(tmp_path / name)]) == ExitCode.OK
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
    with tarfile.open(tmp_path / "a.tar") as archive:
        assert archive.getnames()[-1] == "index.jsonl"
        assert {f"documents/{entry.digest.value}" for entry in entries} < {*archive.getnames()}


def test_export_to_lines(entries: list[Evidence], tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["-q", "evidence", "export", str(tmp_path / "all.jsonl")]) == ExitCode.OK
    assert main(["-q", "evidence", "export", "-"]) == ExitCode.OK
    assert capfdbinary.readouterr().out == (tmp_path / "all.jsonl").read_bytes()
    scan, sbom = map(json.loads, (tmp_path / "all.jsonl").read_bytes().splitlines())
    assert sbom["document"] == '{"a": 1}\n'
    assert scan["documentBase64"] == "/wA="


NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("2026-03-01", "2026-03-01T00:00:00"),
        ("2026-03-01T10:00+02:00", "2026-03-01T08:00:00"),
        ("12h", "2026-03-10T00:00:00"),
        ("7d", "2026-03-03T12:00:00"),
        ("1w", "2026-03-03T12:00:00"),
    ],
)
def test_since(text: str, since: str) -> None:
    assert _query._since(text, NOW) == since


@pytest.mark.parametrize("text", ["yesterday", "999999w", "2026-13-01", "-1d"])
def test_since_that_is_no_time(text: str) -> None:
    with pytest.raises(UsageError):
        _query._since(text, NOW)
