"""`assay db` as a user runs it: update, a scan that updates by itself, export to a registry and back."""

from __future__ import annotations

import json
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from advisory_data import made_by_another, osv
from assay.cli._main import run
from simulators import registry
from simulators.web import Web, serve

PURL = "pkg:pypi/acme@1"


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ASSAY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("ASSAY_DB_STARTER", "false")
    with serve(Web()) as server:
        record = osv("ACME-1", "PyPI", "acme", ("introduced", "0"), ("fixed", "2"))
        server.files["acme.json"] = json.dumps(record).encode()
        monkeypatch.setenv("ASSAY_DB_FEED", f"acme=osv+complete+{server.url('acme.json')}")
        yield server


def found() -> list[str]:
    assert run(["scan", "-q", PURL, "-o", "json=found.json"]) == 0
    return [item["id"] for item in json.loads(Path("found.json").read_bytes())["findings"]]


def test_update_says_what_came(web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["db", "update", "--source", "acme"]) == 0
    assert "acme                 updated: 1 records, data of 2026-11-20" in capsys.readouterr().out
    assert run(["db", "update", "--source", "acme"]) == 0
    assert "acme                 unchanged" in capsys.readouterr().out
    assert found() == ["ACME-1"]
    web.status["acme.json"] = 503
    assert run(["db", "update", "--source", "acme"]) == 4
    told = capsys.readouterr()
    assert "503" in told.err and "untouched" in told.err
    assert found() == ["ACME-1"]


def test_update_refuses_what_cannot_be(web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["db", "update", "--source", "nothing"]) == 2
    assert "no advisory source 'nothing'" in capsys.readouterr().err
    assert run(["db", "update", "--offline", "--source", "acme"]) == 2
    assert "assay db import" in capsys.readouterr().err
    assert web.requests == []


def test_a_scan_brings_old_data_up_to_date(
    web: Web, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSAY_DB_SOURCE", "acme")
    assert found() == []
    monkeypatch.setenv("ASSAY_DB_UPDATE", "true")
    for words in (["--no-update"], ["--offline"]):
        assert run(["scan", "-q", PURL, "-o", "json=none.json", *words]) == 0
    assert web.requests == []
    assert found() == ["ACME-1"]
    assert found() == ["ACME-1"]
    assert web.requests == ["acme.json"], "once a day"


def test_a_scan_only_warns_when_there_is_no_network(
    web: Web, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSAY_DB_FEED", "acme=osv+http://127.0.0.1:9/acme.json")
    monkeypatch.setenv("ASSAY_DB_SOURCE", "acme")
    monkeypatch.setenv("ASSAY_DB_UPDATE", "true")
    assert run(["scan", PURL, "-o", "json=found.json"]) == 0
    assert "could not be brought up to date" in capsys.readouterr().err


def test_data_of_an_older_assay_is_told_and_fetched_again(
    web: Web, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["db", "update", "--source", "acme"]) == 0
    made_by_another(Path("data/advisories"), orders=(("pypi", 0),))
    reason = "made by an older assay, run `assay db update` or import it again"
    capsys.readouterr()
    for command in ("status", "verify"):
        assert run(["db", command]) == 0
        assert f"acme: not used, {reason}\n" in capsys.readouterr().out
    assert run(["db", "status", "--json"]) == 0
    assert [item["reason"] for item in json.loads(capsys.readouterr().out)["refused"]] == [reason]
    assert found() == []
    (gap,) = json.loads(Path("found.json").read_bytes())["coverage"]
    assert (gap["state"], gap["message"]) == ("no-data", f"no advisory data for PyPI: that of acme was {reason}")
    monkeypatch.setenv("ASSAY_DB_SOURCE", "acme")
    monkeypatch.setenv("ASSAY_DB_UPDATE", "true")
    assert found() == ["ACME-1"], "a scan's own update does not wait for a day"
    assert run(["db", "status"]) == 0
    assert "not used" not in capsys.readouterr().out


def test_export_to_a_registry_and_back(web: Web, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert run(["db", "update", "--source", "acme"]) == 0
    with registry.serve(registry.Registry()) as server:
        url = f"oci://{server.host}/security/advisories:latest"
        assert run(["db", "export", url]) == 0
        monkeypatch.setenv("ASSAY_DATA_DIR", str(tmp_path / "other"))
        monkeypatch.setenv("ASSAY_DB_URL", url)
        assert found() == []
        assert run(["db", "update"]) == 0
    assert found() == ["ACME-1"]


@pytest.fixture
def signed(web: Web, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes a key pair, demands it of stores, and gives what signs a file or image with it."""
    monkeypatch.setenv("COSIGN_PASSWORD", "correct horse")
    assert run(["key", "generate"]) == 0
    assert run(["db", "update", "--source", "acme"]) == 0
    monkeypatch.setenv("ASSAY_DB_KEY", str(Path("cosign.pub").resolve()))

    def sign(target: str) -> None:
        assert run(["sign", target, "--key", "cosign.key", "--tlog-upload=false"]) == 0

    return sign


@pytest.mark.parametrize("way", ["import", "update"])
def test_a_store_must_be_signed_where_that_is_demanded(
    signed: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    assert run(["db", "export", "out"]) == 0
    monkeypatch.setenv("ASSAY_DATA_DIR", "other")
    monkeypatch.setenv("ASSAY_DB_URL", "out")
    take = ["db", "import", "out"] if way == "import" else ["db", "update"]
    assert run(take) == 1
    assert "the store at out is not signed" in capsys.readouterr().err
    signed("out/manifest.json")
    manifest = Path("out/manifest.json")
    manifest.write_bytes(manifest.read_bytes() + b" ")
    assert run(take) == 1
    assert found() == []
    manifest.write_bytes(manifest.read_bytes()[:-1])
    assert run(take) == 0
    assert found() == ["ACME-1"]


def test_a_signature_of_an_elder_manifest_does_not_stay(signed: Callable[[str], None], web: Web) -> None:
    assert run(["db", "export", "out"]) == 0
    signed("out/manifest.json")
    assert run(["db", "export", "out"]) == 0
    assert Path("out/manifest.json.sigstore.json").exists(), "the same manifest keeps its signature"
    Path("out/manifest.json").write_bytes(b"{}")
    assert run(["db", "export", "out"]) == 0
    assert not Path("out/manifest.json.sigstore.json").exists()


def test_a_store_in_a_tar_brings_its_signature(signed: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(["db", "export", "out"]) == 0
    signed("out/manifest.json")
    with tarfile.open("store.tar", "w") as archive:
        for name in ("manifest.json", "manifest.json.sigstore.json", "shards"):
            archive.add(Path("out") / name, name)
    assert run(["db", "export", "bare.tar"]) == 0
    monkeypatch.setenv("ASSAY_DATA_DIR", "other")
    assert run(["db", "import", "bare.tar"]) == 1
    assert run(["db", "import", "store.tar"]) == 0
    assert found() == ["ACME-1"]


def test_a_store_in_a_registry_must_be_signed_where_that_is_demanded(
    signed: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with registry.serve(registry.Registry()) as server:
        name = f"{server.host}/security/advisories:latest"
        assert run(["db", "export", f"oci://{name}"]) == 0
        monkeypatch.setenv("ASSAY_DATA_DIR", "other")
        monkeypatch.setenv("ASSAY_DB_URL", f"oci://{name}")
        assert run(["db", "update"]) == 1
        signed(name)
        assert run(["db", "update"]) == 0
    assert found() == ["ACME-1"]


def test_an_identity_without_its_issuer_is_told(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_DB_IDENTITY", "releases@example.org")
    monkeypatch.setenv("ASSAY_DB_URL", "out")
    assert run(["db", "update"]) == 2


def test_export_refuses_a_source_that_is_not_there(web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["db", "update", "--source", "acme"]) == 0
    assert run(["db", "export", "out", "--source", "nvd"]) == 2
    assert "no data of 'nvd'" in capsys.readouterr().err


def test_few_imported_records_cover_nothing(web: Web, capsys: pytest.CaptureFixture[str]) -> None:
    today = datetime.now(UTC).strftime("%Y-%m-%dT00:00:00Z")
    records = [{**osv(f"X-{number}", "npm", "a", ("introduced", "0")), "modified": today} for number in (1, 2)]
    for number, record in enumerate(records):
        Path(f"{number}.json").write_text(json.dumps(record))
    Path("all.jsonl").write_text("".join(f"{json.dumps(record)}\n" for record in records))

    def coverage(*files: str) -> str:
        assert run(["db", "import", *files]) == 0
        assert run(["scan", "-q", "pkg:npm/b@1.0.0", "-o", "json=npm.json"]) == 0
        return str(json.loads(Path("npm.json").read_bytes())["coverage"][0]["message"])

    assert coverage("0.json") == "only a sample of the advisories for npm"
    assert coverage("0.json", "1.json") == "only a sample of the advisories for npm"
    assert coverage("all.jsonl") == "only a sample of the advisories for npm"
    assert coverage("--complete", "all.jsonl") == ""
    with zipfile.ZipFile("all.zip", "w") as archive:
        archive.write("all.jsonl")
    assert coverage("all.zip") == ""
    assert coverage("--sample", "all.zip") == "only a sample of the advisories for npm"
