"""`assay config`: what is shown, and where it came from."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from assay.__main__ import main
from assay.cli import Context
from assay.cli._complaints import Complaints
from assay.errors import ExitCode


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ASSAY_DATA_DIR", raising=False)
    monkeypatch.chdir(tmp_path)


def test_show_says_where_each_value_came_from(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "assay.toml").write_text('[sbom]\nscope = "all-layers"\nexclude = ["a", "b"]\n')
    monkeypatch.setenv("ASSAY_DATA_DIR", "of-the-environment")
    assert main(["config", "show", "--json", "--offline"]) == ExitCode.OK
    shown = json.loads(capsys.readouterr().out)
    assert shown["sbom.scope"] == {"value": "all-layers", "origin": str(tmp_path / "assay.toml")}
    assert shown["offline"] == {"value": True, "origin": "flag"}
    assert shown["data-dir"]["origin"] == "environment ASSAY_DATA_DIR"
    assert shown["sbom.strict"] == {"value": False, "origin": "default"}
    assert main(["config", "show"]) == ExitCode.OK
    assert f"a, b                " in capsys.readouterr().out.replace("sbom.exclude", "")  # noqa: F541


def test_show_for_a_source_takes_only_its_ignore_rules(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "assay.toml").write_text('offline = true\n[sbom]\nexclude = ["a"]\n')
    assert main(["config", "show", "--json", "."]) == ExitCode.OK
    out, err = capsys.readouterr()
    assert json.loads(out)["sbom.exclude"]["value"] == ["a"]
    assert json.loads(out)["offline"]["value"] is False
    assert "lies inside the source" in err
    assert "not taken: offline" in err


def test_show_tells_the_places_that_are_used(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASSAY_CACHE_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert main(["config", "show", "--json", "--cache-dir", "~/kept"]) == ExitCode.OK
    shown = json.loads(capsys.readouterr().out)
    assert shown["data-dir"] == {"value": str(tmp_path / "share/assay"), "origin": "default"}
    assert shown["cache-dir"] == {"value": str(tmp_path / "me/kept"), "origin": "flag"}
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.delenv("HOME")
    assert main(["config", "show"]) == ExitCode.OK
    assert "data-dir                      -  " in capsys.readouterr().out


def test_a_variable_that_sets_nothing_is_told_once_without_its_value(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in (("SCAN_FAILON", "s3cret"), ("ZZZ", "s3cret"), ("SBOM_SCOPE", "squashed"), ("SBOM_STRICK", "")):
        monkeypatch.setenv(f"ASSAY_{name}", value)
    (tmp_path / "requirements.txt").write_text("flask==1\n")
    assert main(["sbom", "requirements.txt", "-o", "purls"]) == ExitCode.OK
    out, err = capsys.readouterr()
    assert out == "pkg:pypi/flask@1\n"
    assert err.count("warning: the variable ") == 2
    assert "the variable ASSAY_SCAN_FAILON sets nothing\n  remedy: did you mean ASSAY_SCAN_FAIL_ON? " in err
    assert "the variable ASSAY_ZZZ sets nothing\n  remedy: `assay config show`" in err
    assert "s3cret" not in err
    assert main(["-q", "config", "show"]) == ExitCode.OK
    assert capsys.readouterr().err == ""


def test_a_source_once_named_stays_untrusted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "assay.toml").write_text('data-dir = "of-the-attacker"\n')
    context = Context(argparse.Namespace(verbose=False, quiet=False, no_color=True, config=None), Complaints())
    assert context.settings(Path("elsewhere")).text("data-dir") == str(tmp_path / "of-the-attacker")
    assert context.settings(Path()).text("data-dir") == ""
    assert context.settings().text("data-dir") == ""
    assert context.settings(Path("elsewhere")).text("data-dir") == ""
    assert capsys.readouterr().err.count("lies inside the source") == 1


def test_path(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["config", "path"]) == ExitCode.OK
    assert capsys.readouterr().out == ""
    assert main(["config", "path", "--user"]) == ExitCode.OK
    mine = Path(capsys.readouterr().out.strip())
    assert mine == tmp_path / "home/assay/assay.toml"
    mine.parent.mkdir(parents=True)
    mine.touch()
    (tmp_path / "assay.toml").touch()
    assert main(["config", "path"]) == ExitCode.OK
    assert capsys.readouterr().out.splitlines() == [str(mine), str(tmp_path / "assay.toml")]
