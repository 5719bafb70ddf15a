"""`assay key`, `assay sign` and `assay attest` with keys, and `assay verify` on what they made."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

import pytest

from assay.__main__ import main
from assay.adapters import signers
from assay.formats import cosign_key
from conformance.suite import folder
from simulators.unsigned_image import unsigned

LOCAL = ("--tlog-upload=false",)
ALONE = ("--insecure-ignore-tlog",)


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COSIGN_PASSWORD", "correct horse")
    for name in ("SIGSTORE_ID_TOKEN", "GITHUB_ACTIONS", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def run(*words: str | Path) -> int:
    return main([str(word) for word in words])


@pytest.fixture
def image(tmp_path: Path) -> str:
    return unsigned(tmp_path / "image")


@pytest.mark.parametrize("algorithm", ["ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "ed25519", "rsa-2048"])
def test_a_file_signed_with_a_key_of_every_kind(tmp_path: Path, algorithm: str) -> None:
    (tmp_path / "app").write_bytes(b"program")
    assert run("key", "generate", "--algorithm", algorithm) == 0
    assert run("sign", "app", "--key", "cosign.key", *LOCAL) == 0
    assert run("verify", "app", "--key", "cosign.pub", *ALONE) == 0
    (tmp_path / "app").write_bytes(b"another")
    assert run("verify", "app", "--key", "cosign.pub", *ALONE) == 1


def test_a_private_key_is_for_its_owner_and_never_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("key", "generate") == 0
    assert stat.S_IMODE((tmp_path / "cosign.key").stat().st_mode) == 0o600
    before = (tmp_path / "cosign.key").read_bytes()
    assert run("key", "generate") == 2
    assert (tmp_path / "cosign.key").read_bytes() == before
    assert "correct horse" not in capsys.readouterr().err


def test_a_wrong_password_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app").write_bytes(b"program")
    run("key", "generate")
    monkeypatch.setenv("COSIGN_PASSWORD", "wrong")
    assert run("sign", "app", "--key", "cosign.key", *LOCAL) == 1
    assert not (tmp_path / "app.sigstore.json").exists()


def test_keys_are_taken_over_shown_and_written_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("key", "generate")
    assert run("key", "export", "cosign.key", "-o", "plain.pem") == 2
    assert run("key", "export", "cosign.key", "--insecure-plain", "-o", "plain.pem") == 0
    assert run("key", "import", "plain.pem", "--output-key-prefix", "again") == 0
    assert (tmp_path / "again.pub").read_text() == (tmp_path / "cosign.pub").read_text()
    capsys.readouterr()
    assert run("key", "show", "again.key") == 0
    assert capsys.readouterr().out == (tmp_path / "cosign.pub").read_text()


def test_key_files_of_cosign_sign_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = folder("cosign") / "keys"
    monkeypatch.setenv("COSIGN_PASSWORD", "correct horse battery")
    (tmp_path / "app").write_bytes(b"program")
    assert run("sign", "app", "--key", keys / "pass.key", *LOCAL) == 0
    assert run("verify", "app", "--key", keys / "pass.pub", *ALONE) == 0


def test_written_key_files_are_read_again() -> None:
    text = cosign_key.write(b"a key", b"password")
    assert cosign_key.read(text.encode(), b"password") == b"a key"


def test_a_folder_is_signed_as_a_whole(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "sub").mkdir(parents=True)
    (tree / "sub/file").write_bytes(b"1")
    (tree / "link").symlink_to("sub/file")
    run("key", "generate")
    assert run("sign", tree, "--key", "cosign.key", *LOCAL) == 0
    assert run("verify", tree, "--key", "cosign.pub", *ALONE) == 0
    (tree / "sub/file").chmod(0o755)
    assert run("verify", tree, "--key", "cosign.pub", *ALONE) == 1


@pytest.mark.parametrize("form", ["true", "false"])
def test_an_image_is_signed_in_both_forms(image: str, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    run("key", "generate")
    assert run("verify", image, "--key", "cosign.pub", *ALONE) == 1
    assert run("sign", image, "--key", "cosign.key", *LOCAL, "--new-bundle-format", form, "-a", "env=prod") == 0
    capsys.readouterr()
    assert run("verify", image, "--key", "cosign.pub", *ALONE, "-a", "env=prod", "-o", "json") == 0
    found = json.loads(capsys.readouterr().out)["targets"][0]["signatures"][0]
    assert found["form"] == ("bundle 0.3" if form == "true" else "cosign signature")
    assert run("verify", image, "--key", "cosign.pub", *ALONE, "-a", "env=test") == 1


@pytest.mark.parametrize("form", ["true", "false"])
def test_an_image_is_attested_in_both_forms(image: str, tmp_path: Path, form: str) -> None:
    run("key", "generate")
    (tmp_path / "p.json").write_text('{"buildDefinition": {}}')
    flags = ("--predicate", "p.json", "--type", "slsaprovenance1", "--new-bundle-format", form)
    assert run("attest", image, *flags, "--key", "cosign.key", *LOCAL) == 0
    assert run("verify-attestation", image, "--type", "slsaprovenance1", "--key", "cosign.pub", *ALONE) == 0
    assert run("verify-attestation", image, "--type", "spdx", "--key", "cosign.pub", *ALONE) == 1
    assert run("verify", image, "--key", "cosign.pub", *ALONE) == 1


def test_sbom_and_scan_are_attested_straight_from_the_engines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "requirements.txt").write_text("django==3.2.0\n")
    run("key", "generate")
    assert run("attest", "requirements.txt", "--sbom", "--scan", "--key", "cosign.key", *LOCAL) == 0
    verify = ("verify-attestation", "requirements.txt", "--key", "cosign.pub", *ALONE, "--show")
    capsys.readouterr()
    assert run(*verify, "--type", "cyclonedx") == 0
    sbom = json.loads(capsys.readouterr().out)["predicate"]
    assert any(item["name"].lower() == "django" for item in sbom["components"])
    assert run(*verify, "--type", "vuln") == 0
    assert "scanner" in json.loads(capsys.readouterr().out)["predicate"]


def test_rules_inside_of_what_is_attested_hide_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("key", "generate")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "requirements.txt").write_text("django==3.2.0\n")
    monkeypatch.chdir(tree)

    def attested(name: str) -> list[str]:
        flags = ("--scan", "--key", tmp_path / "cosign.key", "--bundle", tmp_path / name, *LOCAL)
        assert run("attest", tree, *flags) == 0
        envelope = json.loads((tmp_path / name).read_text())["dsseEnvelope"]
        results = json.loads(base64.b64decode(envelope["payload"]))["predicate"]["scanner"]["result"]
        return sorted(item["id"] for item in results["findings"])

    before = attested("before.json")
    assert before
    (tree / ".trivyignore").write_text("\n".join(before))
    assert attested("after.json") == before


def test_attestations_of_a_file_do_not_hide_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of other calls stay beside it; a new one takes the place of the one of its type."""
    (tmp_path / "app").write_text("an app")
    (tmp_path / "p.json").write_text('{"round": 1}')
    run("key", "generate")
    attest = ("attest", "app", "--key", "cosign.key", *LOCAL, "--predicate", "p.json", "--type")
    verify = ("verify-attestation", "app", "--key", "cosign.pub", *ALONE, "--show", "--type")
    for kind in ("https://one.example/v1", "https://two.example/v1"):
        assert run(*attest, kind) == 0
    (tmp_path / "p.json").write_text('{"round": 2}')
    assert run(*attest, "https://two.example/v1") == 0
    assert sorted(path.name for path in tmp_path.glob("app.att*")) == [
        "app.att.sigstore.json",
        "app.att1.sigstore.json",
    ]
    for kind, number in (("https://one.example/v1", 1), ("https://two.example/v1", 2)):
        capsys.readouterr()
        assert run(*verify, kind) == 0
        assert json.loads(capsys.readouterr().out)["predicate"]["round"] == number
    assert run(*verify, "https://three.example/v1") == 1
    both = ("--sbom", "--scan", "--bundle", "x.json")
    assert run("attest", "app", *both, "--key", "cosign.key", *LOCAL) == 2
    (tmp_path / "app").write_text("another app")
    assert run(*verify, "https://one.example/v1") == 1


def test_nothing_becomes_public_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app").write_bytes(b"program")
    run("key", "generate")
    assert run("sign", "app", "--key", "cosign.key") == 2
    assert "--yes" in capsys.readouterr().err
    assert run("sign", "app") == 2
    assert "SIGSTORE_ID_TOKEN" in capsys.readouterr().err
    assert run("--offline", "sign", "app", "--key", "cosign.key") == 2


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("not a token", "no JSON web token"),
        ("eyJhbGciOiJub25lIn0.e30.e30", "alg: none"),
        ("eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.e30", "expired"),
        ("eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJvdGhlciJ9.e30", "not for 'sigstore'"),
    ],
)
def test_tokens_that_no_authority_would_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], token: str, said: str
) -> None:
    (tmp_path / "app").write_bytes(b"program")
    assert run("sign", "app", "--identity-token", token) == 1
    assert said in capsys.readouterr().err


def test_damaged_keys_are_told() -> None:
    from assay.errors import InputError, Refused

    for data in (b"", b"junk", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        with pytest.raises((InputError, Refused)):
            signers.of_text(data, lambda: b"")
