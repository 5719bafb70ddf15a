"""`assay verify` and `assay verify-attestation` as users call them, on what real clients signed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from assay.__main__ import main
from conformance.suite import folder

IDENTITY = (
    "--certificate-identity",
    "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/"
    "extremely-dangerous-oidc-beacon.yml@refs/heads/main",
    "--certificate-oidc-issuer",
    "https://token.actions.githubusercontent.com",
)


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """A file with a public-good bundle beside it."""
    suite = folder("sigstore-bundles")
    shutil.copy(suite / "a.txt", tmp_path / "a.txt")
    shutil.copy(suite / "conformance/happy-path-v0.3/bundle.sigstore.json", tmp_path / "a.txt.sigstore.json")
    return tmp_path / "a.txt"


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    seen = capsys.readouterr()
    return code, seen.out, seen.err


def test_a_file_is_verified_with_the_bundle_beside_it(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "verify", signed, *IDENTITY)
    assert code == 0
    assert "verified" in out
    assert "1 time" in out and "6 signature" in out
    assert "days old" in err and "the command line" in err


def test_without_an_identity_the_one_that_is_there_is_told(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "verify", signed)
    assert code == 2
    assert IDENTITY[1] in err and "--unsafe-any-identity" in err
    assert run(capsys, "verify", signed, "--unsafe-any-identity")[0] == 0
    assert run(capsys, "verify", signed, *IDENTITY[:2])[0] == 2


def test_a_wrong_identity_is_refused_with_the_right_one(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "verify", signed, "--certificate-identity", "eve@example.com", *IDENTITY[2:])
    assert code == 1
    assert "step 4 (identity)" in err and f"--certificate-identity {IDENTITY[1]}" in err
    assert "3 certificate log" in out


def test_every_failure_says_what_would_mend_it(
    signed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong trusted root, wrong artifact, wrong key: found, wanted, and the flag."""
    roots = [folder("sigstore-bundles") / f"trusted_root.{name}.json" for name in ("production", "staging")]
    production, staging = (json.loads(path.read_text()) for path in roots)
    mixed = signed.with_name("root.json")
    mixed.write_text(json.dumps({**production, "certificateAuthorities": staging["certificateAuthorities"]}))
    code, _, err = run(capsys, "verify", signed, *IDENTITY, "--trusted-root", mixed)
    assert code == 1
    assert "step 2 (chain)" in err and "sigstage.dev" in err and "CN=sigstore-intermediate" in err
    assert "--trusted-root FILE" in err
    monkeypatch.setenv("COSIGN_PASSWORD", "password")
    key = signed.with_name("other.pub")
    assert main(["key", "generate", "--output-key-prefix", str(signed.with_name("other"))]) == 0
    code, _, err = run(capsys, "verify", signed, "--key", key)
    assert code == 1
    assert "step 5 (log entry)" in err and "--key FILE" in err
    assert main(["sign", str(signed), "--key", str(key.with_suffix(".key")), "--tlog-upload=false"]) == 0
    signed.write_bytes(b"something else")
    code, _, err = run(capsys, "verify", signed, "--key", key, "--insecure-ignore-tlog")
    assert code == 1
    assert "step 6 (signature)" in err and "name the artifact" in err


@pytest.mark.parametrize("option", ["glob", "regexp"])
def test_globs_and_regular_expressions(signed: Path, capsys: pytest.CaptureFixture[str], option: str) -> None:
    pattern = {"glob": "https://github.com/sigstore-conformance/**", "regexp": "^https://github.com/sigstore-.*$"}
    assert run(capsys, "verify", signed, f"--certificate-identity-{option}", pattern[option], *IDENTITY[2:])[0] == 0
    wrong = {"glob": "https://github.com/*", "regexp": "^https://github.com/acme/.*$"}
    assert run(capsys, "verify", signed, f"--certificate-identity-{option}", wrong[option], *IDENTITY[2:])[0] == 1


def test_an_unanchored_regular_expression_warns(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "verify", signed, "--certificate-identity-regexp", "conformance", *IDENTITY[2:])
    assert code == 0
    assert "anchor it" in err


POLICY = """
[verify]
require = {require}
[[verify.identity]]
identity-glob = "https://github.com/sigstore-conformance/**"
issuer = "https://token.actions.githubusercontent.com"
claims = {{ source-repository-ref = "{ref}" }}
[[verify.identity]]
identity = "somebody@example.com"
issuer = "https://accounts.example"
"""


@pytest.mark.parametrize(
    ("require", "ref", "code"),
    [
        ('"any"', "refs/heads/main", 0),
        ('"any"', "refs/heads/other", 1),
        ('"all"', "refs/heads/main", 1),
        ("1", "refs/heads/main", 0),
    ],
)
def test_policies_in_assay_toml(
    signed: Path,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    require: str,
    ref: str,
    code: int,
) -> None:
    elsewhere = tmp_path_factory.mktemp("project")
    (elsewhere / "assay.toml").write_text(POLICY.format(require=require, ref=ref))
    monkeypatch.chdir(elsewhere)
    found, _, err = run(capsys, "verify", signed)
    assert found == code, err
    assert "assay.toml" in err


def test_a_policy_inside_of_the_verified_folder_does_not_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = folder("sigstore-bundles")
    (tmp_path / "assay.toml").write_text(POLICY.format(require='"any"', ref="refs/heads/main"))
    monkeypatch.chdir(tmp_path)
    bundle = suite / "conformance/happy-path-v0.3/bundle.sigstore.json"
    code, _, err = run(capsys, "verify", tmp_path, "--bundle", bundle)
    assert code == 2
    assert "say whom you expect" in err


def test_digests_are_enough(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digest = "sha256:a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf"
    bundle = signed.with_name("a.txt.sigstore.json")
    assert run(capsys, "verify", digest, "--bundle", bundle, *IDENTITY)[0] == 0
    assert run(capsys, "verify", f"sha256:{'0' * 64}", "--bundle", bundle, *IDENTITY)[0] == 1


def test_a_changed_file_is_refused(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    signed.write_bytes(signed.read_bytes() + b".")
    code, _, err = run(capsys, "verify", signed, *IDENTITY)
    assert code == 1
    assert "step" in err and "name the artifact that was signed" in err


def _image(name: str) -> tuple[str, Sequence[str]]:
    return f"oci-dir:{folder('cosign')}/images/{name}:v1", ("--insecure-ignore-tlog", "--key")


def test_images_in_layouts(capsys: pytest.CaptureFixture[str]) -> None:
    keys = folder("cosign") / "keys"
    image, flags = _image("old-key")
    assert run(capsys, "verify", image, *flags, keys / "empty.pub")[0] == 0
    code, out, _ = run(capsys, "verify", image, *flags, keys / "pass.pub", "-o", "json")
    assert code == 1
    report = json.loads(out)
    assert report["targets"][0]["signatures"][0]["failure"]["step"] == "6 (signature)"


def test_an_unsigned_image_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    image, flags = _image("unsigned")
    code, _, err = run(capsys, "verify", image, *flags, folder("cosign") / "keys/empty.pub")
    assert code == 1
    assert "is not signed" in err


def test_attestations_of_a_type(capsys: pytest.CaptureFixture[str]) -> None:
    image, flags = _image("old-attested")
    key = folder("cosign") / "keys/empty.pub"
    code, out, _ = run(capsys, "verify-attestation", image, *flags, key, "--type", "spdxjson", "--show")
    assert code == 0
    assert json.loads(out.splitlines()[0])["predicateType"] == "https://spdx.dev/Document"
    assert run(capsys, "verify-attestation", image, *flags, key, "--type", "link")[0] == 1


def test_a_condition_must_hold_for_the_statement(capsys: pytest.CaptureFixture[str]) -> None:
    image, flags = _image("old-attested")
    key = str(folder("cosign") / "keys/empty.pub")
    words = ["verify-attestation", image, *flags, key, "--type", "spdxjson"]
    assert run(capsys, *words, "--condition", "statement.predicateType.endsWith('spdx.dev/Document')")[0] == 0
    code, out, error = run(capsys, *words, "--condition", "size(statement.subject) > 9")
    assert code == 1
    assert "does not hold" in out + error
    assert run(capsys, *words, "--condition", "1 +")[0] == 2


def test_provenance_of_a_key_is_nobodys(capsys: pytest.CaptureFixture[str]) -> None:
    image, flags = _image("old-attested")
    key = folder("cosign") / "keys/empty.pub"
    code, _, err = run(capsys, "verify-attestation", image, *flags, key, "--source-uri", "github.com/acme/app")
    assert code == 1
    assert "signed with a key" in err


def test_a_timestamp_that_is_asked_for_must_be_there(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "verify", signed, *IDENTITY, "--use-signed-timestamps")
    assert code == 1
    assert "step 1 (time): no timestamp authority" in err


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = folder("cosign") / "keys/empty.pub"
    assert run(capsys, "verify", tmp_path / "nothing", "--key", key)[0] == 3
    assert run(capsys, "verify", "nothing.txt", "--key", key)[0] == 3
    assert run(capsys, "verify", "--offline", "registry.example/a:1", "--key", key)[0] == 2


def test_verdicts_are_kept_as_evidence(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "verify", signed, *IDENTITY, "--record")[0] == 0
    code, out, _ = run(capsys, "evidence", "list", "--kind", "verification", "--json")
    assert code == 0
    assert "a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf" in out


def test_many_files_are_judged_alike(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = []
    for number in range(70):
        copy = signed.with_name(f"{number}.txt")
        shutil.copy(signed, copy)
        shutil.copy(f"{signed}.sigstore.json", f"{copy}.sigstore.json")
        names.append(copy)
    names[40].write_bytes(b"changed")
    code, out, _ = run(capsys, "verify", *names, *IDENTITY, "-o", "json")
    assert code == 1
    verdicts = [item["verified"] for item in json.loads(out)["targets"]]
    assert verdicts.count(True) == 69 and not verdicts[40]


def test_many_attestations_are_held_to_a_condition(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COSIGN_PASSWORD", "")
    monkeypatch.chdir(tmp_path)
    Path("app").write_text("an artifact")
    Path("predicate").write_text('{"passed": true}')
    assert run(capsys, "key", "generate", "--output-key-prefix", "k")[0] == 0
    signing = ("--key", "k.key", "--tlog-upload=false", "--predicate", "predicate")
    assert run(capsys, "attest", "app", *signing)[0] == 0
    names = [f"{number}" for number in range(70)]
    for name in names:
        shutil.copy("app", name)
        shutil.copy("app.att.sigstore.json", f"{name}.att.sigstore.json")
    Path(names[40]).write_text("changed")
    words = ("verify-attestation", *names, "--key", "k.pub", "--insecure-ignore-tlog", "-o", "json")
    for condition, good in (("statement.predicateType != ''", 69), ("size(statement.subject) > 9", 0)):
        code, out, _ = run(capsys, *words, "--condition", condition)
        assert code == 1
        assert [item["verified"] for item in json.loads(out)["targets"]].count(True) == good


def test_trusted_roots_are_shown_and_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "trust-root", "show")
    assert code == 0
    assert "rekor.sigstore.dev" in out and "days old" in out
    assert run(capsys, "trust-root", "export", "-o", tmp_path / "root.json")[0] == 0
    assert run(capsys, "trust-root", "show", "--trusted-root", tmp_path / "root.json")[0] == 0
    assert run(capsys, "--offline", "trust-root", "update")[0] == 2
