"""Lock files that do not say what is for development alone: the manifests beside and below them do (Yarn, Cargo)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from assay.adapters.directory import Directory
from assay.ecosystems import discover
from assay.engines.catalog import catalog

CLASSIC = """
app-tool@^1:
  version "1.0.0"
  dependencies:
    shared "^2"
    deep "^1"

"deep@^1", deep@^1.5:
  version "1.5.0"

fast@^1:
  version "1.0.0"
  optionalDependencies:
    faster "^1"

faster@^1:
  version "1.0.0"

lib@^1:
  version "1.0.0"
  dependencies:
    forced "^3"

forced@1.0.0:
  version "1.0.0"

nobody@^1:
  version "1.0.0"

shared@^2:
  version "2.0.0"
"""
BERRY = """
"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."
  dependencies:
    lib: "npm:^1"
    tool: "npm:^1"

"member@workspace:packages/member":
  version: 0.0.0-use.local
  resolution: "member@workspace:packages/member"
  dependencies:
    helper: "npm:^1"

"helper@npm:^1":
  version: 1.0.0
  resolution: "helper@npm:1.0.0"

"lib@npm:^1":
  version: 1.0.0
  resolution: "lib@npm:1.0.0"

"tool@npm:^1":
  version: 1.0.0
  resolution: "tool@npm:1.0.0"
  dependencies:
    helper: "npm:^1"
"""
APP = {"name": "app", "version": "1.0.0", "dependencies": {"lib": "^1"}, "devDependencies": {"tool": "^1"}}
CARGO = """
[[package]]
name = "app"
version = "0.1.0"
dependencies = ["both 1.0.0", "both 2.0.0", "helper", "lib", "made"]

[[package]]
name = "other"
version = "0.1.0"
dependencies = ["helper"]
"""
MANIFEST = """
[package]
name = "app"
version = "0.1.0"
[dependencies]
lib = "1"
older = { package = "both", version = "1" }
[build-dependencies]
made = "1"
[dev-dependencies]
helper = "1"
both = "2"
"""


def _crate(name: str, version: str = "1.0.0", needs: str = "") -> str:
    source = "registry+https://github.com/rust-lang/crates.io-index"
    return f'\n[[package]]\nname = "{name}"\nversion = "{version}"\nsource = "{source}"\ndependencies = [{needs}]\n'


CRATES = _crate("both") + _crate("both", "2.0.0") + _crate("helper") + _crate("lib") + _crate("made", needs='"deep"')


def scopes(root: Path, files: Mapping[str, object]) -> dict[str, str]:
    """The scopes by name and version, but of what is required."""
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content if isinstance(content, str) else json.dumps(content))
    found = catalog(Directory(str(root)), [item for item in discover() if item.name in ("npm", "cargo")])
    assert found.skipped == ()
    kept = [item for item in found.components if item.scope != "required"]
    return {f"{item.name}@{item.version}": item.scope.value for item in kept}


def test_yarn_classic(tmp_path: Path) -> None:
    """`forced` is a resolution of the project: the range that `lib` has for it is not in the lock file."""
    manifest = {
        "name": "app",
        "dependencies": {"lib": "^1"},
        "devDependencies": {"app-tool": "^1", "forced": "1.0.0"},
        "optionalDependencies": {"fast": "^1"},
    }
    member = {"name": "member", "version": "1.0.0", "dependencies": {"shared": "^2"}}
    files = {"yarn.lock": CLASSIC, "package.json": manifest, "packages/member/package.json": member}
    assert scopes(tmp_path, files) == {
        "app-tool@1.0.0": "excluded",
        "deep@1.5.0": "excluded",
        "fast@1.0.0": "optional",
        "faster@1.0.0": "optional",
    }


def test_a_resolution_of_what_the_project_asks_for(tmp_path: Path) -> None:
    """The manifest asks for another range of `deep` than the lock file knows."""
    manifest = {"name": "app", "dependencies": {"deep": "^9"}, "devDependencies": {"app-tool": "^1"}}
    found = scopes(tmp_path, {"yarn.lock": CLASSIC, "package.json": manifest})
    assert (found["app-tool@1.0.0"], "deep@1.5.0" in found) == ("excluded", False)


@pytest.mark.parametrize("with_member", [True, False])
def test_yarn_berry(with_member: bool, tmp_path: Path) -> None:
    """A member whose manifest is not here needs all that the lock file has for it."""
    member = {"name": "member", "version": "1.0.0", "devDependencies": {"helper": "^1"}}
    files: dict[str, object] = {"app/yarn.lock": BERRY, "app/package.json": APP}
    if with_member:
        files["app/packages/member/package.json"] = member
    more = {"helper@1.0.0": "excluded"} if with_member else {}
    assert scopes(tmp_path, files) == {"tool@1.0.0": "excluded", **more}


def test_a_lock_file_of_yarn_alone_excludes_nothing(tmp_path: Path) -> None:
    assert scopes(tmp_path, {"yarn.lock": BERRY, "elsewhere/yarn.lock": CLASSIC}) == {}


def test_cargo(tmp_path: Path) -> None:
    """A crate that is asked for twice is as much needed as by the stronger; so are the needs of an unknown member."""
    files = {"Cargo.lock": CARGO + CRATES + _crate("deep"), "Cargo.toml": MANIFEST}
    assert scopes(tmp_path, files) == {"deep@1.0.0": "excluded", "made@1.0.0": "excluded"}


def test_a_member_of_a_workspace_of_cargo_needs_its_own(tmp_path: Path) -> None:
    other = '[package]\nname = "other"\nversion = "0.1.0"\n[dev-dependencies]\nhelper = "1"\n'
    files = {"Cargo.lock": CARGO + CRATES + _crate("deep"), "Cargo.toml": MANIFEST, "other/Cargo.toml": other}
    expected = {"deep@1.0.0", "helper@1.0.0", "made@1.0.0"}
    assert scopes(tmp_path, files) == dict.fromkeys(expected, "excluded")


def test_a_crate_of_the_same_name_makes_nothing_less_needed(tmp_path: Path) -> None:
    sample = '[package]\nname = "app"\nversion = "9.0.0"\n[dev-dependencies]\nlib = "1"\n'
    files = {"Cargo.lock": CARGO + CRATES, "Cargo.toml": MANIFEST, "tests/sample/Cargo.toml": sample}
    assert scopes(tmp_path, files) == {"made@1.0.0": "excluded"}


def test_a_lock_file_of_cargo_alone_excludes_nothing(tmp_path: Path) -> None:
    assert scopes(tmp_path, {"Cargo.lock": CARGO + CRATES, "tool/Cargo.toml": '[package]\nname = "tool"\n'}) == {}
