"""`assay sign` and `assay attest` without keys against a running instance; `assay verify` reads it with no network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisory_data import osv, store
from assay.__main__ import main
from simulators.running_instance import EMAIL, RunningInstance, running_instance
from simulators.unsigned_image import unsigned


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningInstance]:
    with running_instance(tmp_path_factory.mktemp("instance")) as found:
        yield found


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No identity but the one that a test gives, and nothing kept from elsewhere."""
    for name in ("SIGSTORE_ID_TOKEN", "GITHUB_ACTIONS", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ASSAY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


def run(*words: str | Path) -> int:
    return main([str(word) for word in words])


def config(instance: RunningInstance) -> tuple[str, ...]:
    return ("--trust-config", str(instance.files / "trust_config.json"))


def signer(instance: RunningInstance, email: str = EMAIL) -> tuple[str, ...]:
    return ("--certificate-identity", email, "--certificate-oidc-issuer", instance.url)


def verify(instance: RunningInstance, target: str | Path, *words: str, email: str = EMAIL) -> int:
    return run("--offline", "verify", target, *config(instance), *signer(instance, email), *words)


@pytest.fixture
def image(tmp_path: Path) -> str:
    return unsigned(tmp_path / "image")


def test_file_with_a_token_out_of_a_file(instance: RunningInstance, tmp_path: Path) -> None:
    file, token = tmp_path / "app", tmp_path / "token"
    file.write_text("an artifact")
    token.write_text(instance.token())
    assert run("sign", file, *config(instance), "--identity-token", token) == 0
    assert verify(instance, file) == 0
    assert verify(instance, file, email="other@org.example") == 1
    file.write_text("another artifact")
    assert verify(instance, file) == 1


def test_folder_with_a_token_of_the_environment(
    instance: RunningInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/a").write_text("a")
    monkeypatch.setenv("SIGSTORE_ID_TOKEN", instance.token())
    assert run("sign", tmp_path / "tree", *config(instance)) == 0
    assert verify(instance, tmp_path / "tree") == 0
    (tmp_path / "tree/b").write_text("b")
    assert verify(instance, tmp_path / "tree") == 1


def test_an_advisory_store_signed_by_an_identity(
    instance: RunningInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store(tmp_path / "data/advisories", {"pypa": [osv("A-1", "PyPI", "a", ("introduced", "0"))]}):
        assert run("db", "export", "out") == 0
    assert run("sign", "out/manifest.json", *config(instance), "--identity-token", instance.token()) == 0
    monkeypatch.setenv("ASSAY_DATA_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("ASSAY_DB_ISSUER", instance.url)
    monkeypatch.setenv("ASSAY_DB_TRUSTED_ROOT", str(instance.files / "trusted_root.json"))
    monkeypatch.setenv("ASSAY_DB_IDENTITY", "other@org.example")
    assert run("db", "import", "out") == 1
    monkeypatch.setenv("ASSAY_DB_IDENTITY", EMAIL)
    assert run("db", "import", "out") == 0


def test_several_files_share_a_certificate(instance: RunningInstance, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one", "two")]
    for file in files:
        file.write_text(file.name)
    assert run("sign", *files, *config(instance), "--identity-token", instance.token()) == 0
    bundles = [json.loads((tmp_path / f"{file.name}.sigstore.json").read_text()) for file in files]
    first, second = (item["verificationMaterial"]["certificate"]["rawBytes"] for item in bundles)
    assert first == second
    assert [verify(instance, file) for file in files] == [0, 0]


@pytest.mark.parametrize("form", [(), ("--new-bundle-format=false", "--rekor-version", "1")], ids=["bundle", "elder"])
def test_image_in_a_layout(instance: RunningInstance, image: str, form: tuple[str, ...]) -> None:
    assert run("sign", image, *config(instance), "--identity-token", instance.token(), *form) == 0
    assert verify(instance, image) == 0
    assert verify(instance, image, email="other@org.example") == 1


def test_attestation_of_a_file(instance: RunningInstance, tmp_path: Path) -> None:
    file, predicate = tmp_path / "app", tmp_path / "predicate.json"
    file.write_text("an artifact")
    predicate.write_text('{"passed": true}')
    flags = (*config(instance), "--identity-token", instance.token())
    assert run("attest", file, "--predicate", predicate, *flags) == 0
    checked = (
        "--offline",
        "verify-attestation",
        str(file),
        *config(instance),
        *signer(instance),
        "--bundle",
        f"{file}.att.sigstore.json",
    )
    assert run(*checked, "--type", "custom") == 0
    file.write_text("another artifact")
    assert run(*checked, "--type", "custom") == 1


def test_services_and_root_through_tuf(instance: RunningInstance, tmp_path: Path) -> None:
    file = tmp_path / "app"
    file.write_text("an artifact")
    assert run("trust-root", "update", "--mirror", instance.url, "--root", instance.files / "root.json") == 0
    assert run("sign", file, "--instance", instance.url, "--identity-token", instance.token()) == 0
    assert verify(instance, file) == 0
    known = ("--offline", "verify", file, "--instance", instance.url)
    assert run(*known, *signer(instance)) == 0
    assert run(*known, *signer(instance, "other@org.example")) == 1


def test_trust_is_kept_where_tuf_root_says(
    instance: RunningInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TUF_ROOT", str(tmp_path / "tuf"))
    assert run("trust-root", "export", "--instance", instance.url, "-o", "root.json") == 2
    assert "assay trust-root update" in capsys.readouterr().err
    assert run("trust-root", "update", "--mirror", instance.url, "--root", instance.files / "root.json") == 0
    assert list((tmp_path / "tuf").rglob("trusted_root.json"))
    assert not (tmp_path / "data").exists()
    assert run("--offline", "trust-root", "export", "--instance", instance.url, "-o", "root.json") == 0
    assert json.loads((tmp_path / "root.json").read_text())["certificateAuthorities"]


def test_a_token_that_cannot_be_read_is_told(
    instance: RunningInstance, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "app").write_text("an artifact")
    (tmp_path / "token").write_bytes(b"\xff\xfe")
    assert run("sign", "app", *config(instance), "--identity-token", "token") == 3
    assert "cannot be read" in capsys.readouterr().err
    assert not (tmp_path / "app.sigstore.json").exists()
