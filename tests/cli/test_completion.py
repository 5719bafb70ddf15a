"""Completion scripts, asked by the real shells."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assay.cli import _commands, _completion

CASES = [
    (["assay", ""], {"sbom", "config", "evidence", "completion"}, {"show", "--quiet"}),
    (["assay", "ev"], {"evidence"}, {"sbom"}),
    (["assay", "evidence", ""], {"list", "show", "export"}, {"sbom"}),
    (["assay", "-q", "config", ""], {"show", "path"}, {"sbom"}),
    (["assay", "config", "show", "--j"], {"--json", "--json-errors"}, {"--quiet"}),
    (["assay", "completion", ""], {"bash", "zsh", "fish"}, {"show"}),
    (["assay", "sbom", "--scope", ""], {"squashed", "all-layers"}, {"convert"}),
    (["assay", "sbom", "-o", ""], {"cyclonedx-json", "cyclonedx-json=", "syft-json"}, {"convert", "sarif"}),
    (["assay", "sbom", "convert", "--output", "spdx"], {"spdx-json", "spdx-yaml="}, {"csv", "purls="}),
    (["assay", "scan", "-o", "s"], {"sarif", "sarif="}, {"cyclonedx-json", "spdx-json"}),
    (["assay", "vex", "merge", "-o", ""], {"openvex", "csaf="}, {"sarif"}),
]


def _name(value: list[str] | set[str]) -> str:
    return " ".join(value if isinstance(value, list) else sorted(value))


def _shell(name: str) -> str:
    return shutil.which(name) or pytest.skip(f"there is no {name}; make system installs it")


def _ask(command: list[str], program: str, tmp_path: Path) -> set[str]:
    env = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(tmp_path), "TERM": "dumb"}
    done = subprocess.run(
        [*command, program], capture_output=True, text=True, check=True, cwd=tmp_path, env=env, timeout=60
    )
    assert done.stderr == ""
    return {line.partition("\t")[0].strip() for line in done.stdout.splitlines() if line.strip()}


@pytest.mark.parametrize(("words", "there", "absent"), CASES, ids=_name)
def test_bash(words: list[str], there: set[str], absent: set[str], tmp_path: Path) -> None:
    (tmp_path / "assay.bash").write_text(_completion.script("bash"))
    quoted = " ".join(f"'{word}'" for word in words)
    program = f"""source assay.bash; COMP_WORDS=({quoted}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _assay
        printf '%s\\n' "${{COMPREPLY[@]}}" """
    found = _ask([_shell("bash"), "--norc", "-c"], program, tmp_path)
    assert there <= found
    assert not absent & found


@pytest.mark.parametrize(("words", "there", "absent"), CASES, ids=_name)
def test_zsh(words: list[str], there: set[str], absent: set[str], tmp_path: Path) -> None:
    (tmp_path / "assay.zsh").write_text(_completion.script("zsh"))
    quoted = " ".join(f"'{word}'" for word in words)
    program = f"""compdef() {{ :; }}; source ./assay.zsh
        _files() {{ :; }}
        compadd() {{
            while [[ "$1" != -- ]]; do shift; done
            shift
            for one in "$@"; do [[ "$one" == "${{words[CURRENT]}}"* ]] && print -r -- "$one"; done; true
        }}
        words=({quoted}); CURRENT=${{#words}}; _assay"""
    found = _ask([_shell("zsh"), "-f", "-c"], program, tmp_path)
    assert there <= found
    assert not absent & found


def test_zsh_registers_itself(tmp_path: Path) -> None:
    (tmp_path / "assay.zsh").write_text(_completion.script("zsh"))
    assert _ask([_shell("zsh"), "-f", "-c"], "source ./assay.zsh; print ${_comps[assay]}", tmp_path) == {"_assay"}


@pytest.mark.parametrize(("words", "there", "absent"), CASES, ids=_name)
def test_fish(words: list[str], there: set[str], absent: set[str], tmp_path: Path) -> None:
    (tmp_path / "assay.fish").write_text(_completion.script("fish"))
    program = f"source assay.fish; complete -C '{' '.join(words)}'"
    found = _ask([_shell("fish"), "--no-config", "-c"], program, tmp_path)
    assert there <= found
    assert not absent & found


@pytest.mark.parametrize(("typed", "found"), [("-o csv = o", ""), ("-o csv =", ""), ("--scope = squ", "squashed")])
def test_bash_completes_files_after_a_format_and_values_after_an_equals_sign(
    typed: str, found: str, tmp_path: Path
) -> None:
    """As bash splits words at ``=``; where it is given nothing it completes files (``complete -o default``)."""
    (tmp_path / "assay.bash").write_text(_completion.script("bash"))
    program = f"""source assay.bash; COMP_WORDS=(assay sbom {typed}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _assay
        echo "${{COMPREPLY[*]}}" """
    assert _ask([_shell("bash"), "--norc", "-c"], program, tmp_path) == ({found} if found else set())


@pytest.mark.parametrize(("typed", "files"), [("csv=o", True), ("nothing=o", False), ("cs", False)])
def test_zsh_completes_files_after_a_format(typed: str, files: bool, tmp_path: Path) -> None:
    (tmp_path / "assay.zsh").write_text(_completion.script("zsh"))
    program = f"""compdef() {{ :; }}; source ./assay.zsh
        compset() {{ print -r -- "cut $2"; }}; _files() {{ print files; }}; compadd() {{ :; }}
        words=(assay sbom -o '{typed}'); CURRENT=4; _assay"""
    assert _ask([_shell("zsh"), "-f", "-c"], program, tmp_path) == ({"cut *=", "files"} if files else set())


@pytest.mark.parametrize(
    ("typed", "found"), [("csv=o", {"csv=out.csv"}), ("nothing=o", set()), ("csv", {"csv", "csv="})]
)
def test_fish_completes_files_after_a_format(typed: str, found: set[str], tmp_path: Path) -> None:
    (tmp_path / "assay.fish").write_text(_completion.script("fish"))
    (tmp_path / "out.csv").touch()
    program = f"source assay.fish; complete -C 'assay sbom -o {typed}'"
    assert _ask([_shell("fish"), "--no-config", "-c"], program, tmp_path) == found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_command_is_in_the_script(shell: str) -> None:
    script = _completion.script(shell)
    for words in _commands.discover():
        assert words[-1] in script
