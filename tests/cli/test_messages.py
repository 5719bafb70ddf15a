"""Messages that a newcomer meets: each names the thing, and what mends it."""

from __future__ import annotations

import os
import pty
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from assay.__main__ import main

HERE = ("--offline",)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ASSAY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("ASSAY_DB_STARTER", "false")
    monkeypatch.setenv("COSIGN_PASSWORD", "right")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main([*HERE, *words])
    return code, capsys.readouterr().err


def test_a_gap_names_its_ecosystem_and_what_fills_it(capsys: pytest.CaptureFixture[str]) -> None:
    code, told = said(capsys, "scan", "pkg:pypi/flask@1", "pkg:pypi/none", "-o", "csv=out.csv")
    assert code == 0
    assert "warning: no advisory data for PyPI (1 of the components)\n" in told
    assert "warning: PyPI: 1 component cannot be judged: no version is known\n" in told
    assert told.count("`assay db update`") == 1


def test_strict_counts_in_plain_words_and_says_what_to_do(alone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (alone / "tree").mkdir()
    (alone / "tree/package.json").write_text("{")
    code, told = said(capsys, "sbom", "--strict", "tree", "-o", "purls")
    assert code == 3
    assert "error: 1 entry could not be read, and --strict asks for all of them\n  remedy: " in told
    assert "--exclude" in told


def test_a_format_that_is_not_there_is_guessed(alone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for wrong, meant in (("cyclonedx", "cyclonedx-json"), ("spdx", "spdx-json"), ("tabel", "table"), ("csvv", "csv")):
        code, told = said(capsys, "sbom", str(alone), "-o", wrong)
        assert code == 2
        assert f"did you mean {meant}? choose one of: csv, " in told


def test_what_a_format_cannot_hold_is_a_sentence(alone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (alone / "requirements.txt").write_text("flask==1\n")
    code, told = said(capsys, "sbom", str(alone), "-o", "purls=a", "-o", "csv=b")
    assert code == 0
    assert "note: purls cannot hold anything but the purls of the components\n" in told
    assert "note: csv cannot hold dependencies\n" in told


def test_a_wrong_password_and_a_missing_key_say_so(
    alone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (alone / "app").write_bytes(b"program")
    assert said(capsys, "key", "generate")[0] == 0
    assert said(capsys, "sign", "app", "--key", "cosign.key", "--tlog-upload=false")[0] == 0
    code, told = said(capsys, "verify", "app")
    assert code == 1
    assert "identity policy: none\n" in told
    assert "name the public key: --key FILE" in told
    monkeypatch.setenv("COSIGN_PASSWORD", "wrong")
    code, told = said(capsys, "sign", "app", "--key", "cosign.key", "--tlog-upload=false")
    assert code == 1
    assert "remedy: check COSIGN_PASSWORD" in told


def test_where_no_configuration_is_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    code, told = said(capsys, "config", "path")
    assert code == 0
    assert "note: no configuration file is there" in told
    Path("assay.toml").write_text("")
    assert "no configuration" not in said(capsys, "config", "path")[1]


def test_faults_of_yaml_tell_their_place_and_no_name_of_a_buffer(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.yaml").write_text("foo: [\n")
    assert main(["policy", "lint", "bad.yaml"]) == 1
    told = capsys.readouterr().out
    assert "at line 2, column 1" in told
    assert "byte string" not in told


def test_a_policy_without_rule_names_has_no_blank_one(capsys: pytest.CaptureFixture[str]) -> None:
    Path("policy.yaml").write_text(
        "{apiVersion: policies.kyverno.io/v1, kind: ValidatingPolicy, metadata: {name: labels}, spec: {"
        "matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], "
        "resources: [pods]}]},"
        " validations: [{expression: 'has(object.metadata.labels)', message: labels are wanted}]}}\n"
    )
    Path("pod.yaml").write_text("{apiVersion: v1, kind: Pod, metadata: {name: bad}, spec: {containers: []}}\n")
    main(["policy", "apply", "policy.yaml", "--resource", "pod.yaml"])
    assert " labels: labels are wanted\n" in capsys.readouterr().out


@pytest.mark.parametrize("words", [("convert", "cut.json", "-o", "purls"), ("diff", "whole.json", "cut.json")])
def test_a_document_that_cannot_be_read_is_named(
    alone: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    (alone / "requirements.txt").write_text("flask==1\n")
    assert said(capsys, "sbom", "requirements.txt", "-o", "cyclonedx-json=whole.json")[0] == 0
    (alone / "cut.json").write_bytes((alone / "whole.json").read_bytes()[:-9])
    code, told = said(capsys, "sbom", *words)
    assert code == 3
    assert "error: cut.json: not JSON: " in told
    assert "  remedy: CycloneDX, SPDX" in told


def _on_a_terminal(*words: str) -> str:
    """What a person sees: both streams on one terminal."""
    mine, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-m", "assay", *HERE, *words], stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        seen = bytearray()
        try:
            while piece := os.read(mine, 4096):
                seen += piece
        except OSError:  # the terminal is gone with its last writer
            pass
    os.close(mine)
    assert process.returncode == 0
    return seen.decode()


def test_a_terminal_says_nothing_twice(alone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (alone / "tree").mkdir()
    (alone / "tree/package.json").write_text("{")
    (alone / "tree/requirements.txt").write_text("flask==1\n")
    assert _on_a_terminal("sbom", "tree").count("package.json") == 1
    assert "skipped package.json" in said(capsys, "sbom", "tree", "-o", "table")[1]
    seen = _on_a_terminal("scan", "tree")
    assert seen.count("no advisory data for ") == 1
    assert seen.count("package.json") == 1
    assert seen.count("`assay db update`") == 1


@pytest.mark.parametrize("command", ["sbom", "scan"])
def test_help_lists_every_format(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "-o", "?", "."]) == 2
    known = capsys.readouterr().err.partition("choose one of: ")[2].split(",")
    assert main([command, "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.partition("FORMAT is ")[2].partition(".")[0].split())
    assert sorted(shown.replace(" or ", ", ").split(", ")) == sorted(name.strip() for name in known)


@pytest.mark.parametrize("words", [("up",), ("status",), ("export", "out"), ("rotate", "ca")])
def test_without_an_instance_no_password_is_asked_for(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASSAY_SIGSTORE_PASSWORD_FILE", raising=False)
    assert main(["sigstore", *words]) == 3
    told = capsys.readouterr().err
    assert "sigstore holds no instance\n  remedy: make one: assay sigstore init\n" in told


def test_what_may_not_be_read_is_an_input_that_cannot_be_read(
    alone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object) -> bool:
        raise PermissionError(13, "Permission denied", "tree")

    (alone / "tree").mkdir()
    with monkeypatch.context() as patched:
        patched.setattr("os.scandir", refused)  # a root may read everything, so that modes prove nothing
        code, told = said(capsys, "sbom", "dir:tree", "-o", "purls")
    assert (code, told.splitlines()[-2:]) == (
        3,
        ["assay: error: tree cannot be read: Permission denied", "  remedy: check its permissions"],
    )
    with monkeypatch.context() as patched:
        patched.setattr(Path, "is_dir", refused)
        code, told = said(capsys, "sbom", "tree", "-o", "purls")
    assert code == 3
    assert "error: tree cannot be read: Permission denied" in told


def test_a_registry_that_does_not_answer_is_named_with_its_port(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{nobody.getsockname()[1]}"
        assert main(["sbom", f"registry:{host}/team/app:1", "-o", "purls"]) == 4
    assert f"{host} cannot be reached: " in capsys.readouterr().err
